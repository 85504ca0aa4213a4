#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "engine/model/check.h"

namespace tocsin {

inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

/// Numbered places for values of `T` (with members `used` and `generation`), reused after release. Addresses stay. A
/// slot is where a value is, not which one: nothing that is seen outside may follow from it. Memory is taken in pieces
/// of some 64 KiB and kept.
template <typename T>
class Slots {
 public:
  Slots() = default;
  Slots(Slots&& other) noexcept { swap(other); }
  Slots& operator=(Slots&& other) noexcept {
    Slots(std::move(other)).swap(*this);
    return *this;
  }
  ~Slots() {
    for (std::uint32_t slot = 0; slot < end_; ++slot) std::destroy_at(&(*this)[slot]);
  }

  void swap(Slots& other) noexcept {
    pieces_.swap(other.pieces_);
    free_.swap(other.free_);
    std::swap(end_, other.end_);
    std::swap(count_, other.count_);
  }

  /// A free slot, value-initialised but for its generation, which is one more than before.
  std::uint32_t take() {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = end_;
      TOCSIN_CHECK(slot != kNoSlot, "slots have 32 bits");
      if (slot % kPerPiece == 0) pieces_.push_back(std::make_unique_for_overwrite<Room[]>(kPerPiece));
      std::construct_at(reinterpret_cast<T*>(pieces_.back()[slot % kPerPiece].bytes));
      ++end_;
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    TOCSIN_CHECK(!(*this)[slot].used, "a free slot holds nothing");
    (*this)[slot].used = true;
    ++count_;
    return slot;
  }

  void release(std::uint32_t slot) {
    TOCSIN_CHECK(holds(slot), "what is released was there");
    const std::uint32_t generation = (*this)[slot].generation;
    (*this)[slot] = T{};
    (*this)[slot].generation = generation + 1;
    free_.push_back(slot);
    --count_;
  }

  /// Requires: below end().
  T& operator[](std::uint32_t slot) {
    return *std::launder(reinterpret_cast<T*>(pieces_[slot / kPerPiece][slot % kPerPiece].bytes));
  }
  const T& operator[](std::uint32_t slot) const {
    return *std::launder(reinterpret_cast<const T*>(pieces_[slot / kPerPiece][slot % kPerPiece].bytes));
  }

  bool holds(std::uint32_t slot) const { return slot < end_ && (*this)[slot].used; }
  /// Whether a deadline of this generation is about what is there now.
  bool is_same(std::uint32_t slot, std::uint32_t generation) const {
    return holds(slot) && (*this)[slot].generation == generation;
  }

  /// Used ones.
  std::size_t count() const { return count_; }
  /// All, free ones included: for walks in order of slot, of which nothing that is seen may follow.
  std::uint32_t end() const { return end_; }

 private:
  static constexpr std::uint32_t kPerPiece =
      static_cast<std::uint32_t>(std::bit_floor(std::max<std::size_t>(64 * 1024 / sizeof(T), 16)));
  struct Room {
    alignas(T) std::byte bytes[sizeof(T)];
  };

  std::vector<std::unique_ptr<Room[]>> pieces_;
  std::uint32_t end_ = 0;  // those below it are constructed
  std::vector<std::uint32_t> free_;
  std::size_t count_ = 0;
};

}  // namespace tocsin
