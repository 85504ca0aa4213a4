#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/slots.h"
#include "engine/model/check.h"

namespace tocsin {

/// Memory for many small blocks that come and go, known by numbers of 32 bits. It is taken from the system in large
/// pieces and kept: a block that was given back is given out again for one of its size. So a warm shard asks the system
/// for nothing, and one that grows asks once for some hundred alerts.
class PieceHeap {
 public:
  static constexpr std::size_t kBlockBytesMax = 4096;

  PieceHeap() = default;
  PieceHeap(const PieceHeap&) = delete;
  PieceHeap& operator=(const PieceHeap&) = delete;
  ~PieceHeap() { TOCSIN_CHECK(used_bytes_ == 0, "who takes a block gives it back before the heap ends"); }

  /// A block of at least `bytes`, at most kBlockBytesMax; aligned to 16.
  std::uint32_t take(std::size_t bytes) {
    const std::size_t grains = grains_of(bytes);
    used_bytes_ += grains * kGrain;
    std::uint32_t& free = free_[grains];
    if (free != kNoSlot) {
      const std::uint32_t block = free;
      free = next_free(block);
      return block;
    }
    if (left_ < grains) begin_piece();
    const auto block = static_cast<std::uint32_t>((pieces_.size() - 1) * kPerPiece + (kPerPiece - left_));
    left_ -= grains;
    return block;
  }

  /// Requires: it was taken with as many bytes.
  void give_back(std::uint32_t block, std::size_t bytes) {
    const std::size_t grains = grains_of(bytes);
    TOCSIN_CHECK(used_bytes_ >= grains * kGrain, "what is given back was taken");
    used_bytes_ -= grains * kGrain;
    add_free(block, grains);
  }

  /// Valid until it is given back.
  char* operator[](std::uint32_t block) { return pieces_[block / kPerPiece][block % kPerPiece].bytes; }
  const char* operator[](std::uint32_t block) const { return pieces_[block / kPerPiece][block % kPerPiece].bytes; }

  std::size_t used_bytes() const { return used_bytes_; }

 private:
  static constexpr std::size_t kGrain = 16;
  static constexpr std::size_t kPerPiece = 16 * 1024;  // 256 KiB: beyond what the system's allocator cuts from others
  struct alignas(kGrain) Grain {
    char bytes[kGrain];
  };

  static std::size_t grains_of(std::size_t bytes) {
    TOCSIN_CHECK(bytes > 0 && bytes <= kBlockBytesMax, "blocks are small");
    return (bytes + kGrain - 1) / kGrain;
  }
  /// What a free block has in its first bytes.
  std::uint32_t& next_free(std::uint32_t block) { return *reinterpret_cast<std::uint32_t*>((*this)[block]); }
  void add_free(std::uint32_t block, std::size_t grains) {
    next_free(block) = free_[grains];
    free_[grains] = block;
  }
  void begin_piece() {
    // What is left of the last one is a block, too.
    if (left_ > 0) add_free(static_cast<std::uint32_t>(pieces_.size() * kPerPiece - left_), left_);
    TOCSIN_CHECK(pieces_.size() < UINT32_MAX / kPerPiece, "blocks have 32 bits");
    pieces_.push_back(std::make_unique_for_overwrite<Grain[]>(kPerPiece));
    left_ = kPerPiece;
  }
  static constexpr std::array<std::uint32_t, kBlockBytesMax / kGrain + 1> nothing_free() {
    std::array<std::uint32_t, kBlockBytesMax / kGrain + 1> free{};
    free.fill(kNoSlot);
    return free;
  }

  std::vector<std::unique_ptr<Grain[]>> pieces_;
  std::array<std::uint32_t, kBlockBytesMax / kGrain + 1> free_ = nothing_free();  // by size in grains, the newest first
  std::size_t left_ = 0;                                                          // grains of the last piece
  std::size_t used_bytes_ = 0;
};

}  // namespace tocsin
