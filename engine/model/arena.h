#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tocsin {

/// Bytes that live as long as the arena, given out from large blocks and freed together. One thread at a time.
class Arena {
 public:
  explicit Arena(std::size_t block_bytes = 64 * 1024) : block_bytes_(block_bytes) {}

  /// A copy of `text` that lives as long as the arena (or until clear()).
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* at = allocate(text.size());
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }

  /// `bytes` bytes without alignment. Blocks are kept over clear(), so a warm arena does not allocate.
  char* allocate(std::size_t bytes) {
    while (block_ < blocks_.size()) {
      if (blocks_[block_].size - used_ >= bytes) {
        char* at = blocks_[block_].bytes.get() + used_;
        used_ += bytes;
        return at;
      }
      ++block_;
      used_ = 0;
    }
    const std::size_t size = bytes > block_bytes_ ? bytes : block_bytes_;
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = bytes;
    return blocks_.back().bytes.get();
  }

  /// Bytes of all blocks, used or not.
  std::size_t cost_bytes() const {
    std::size_t bytes = 0;
    for (const Block& block : blocks_) bytes += block.size;
    return bytes;
  }

  /// Everything given out is invalid afterwards; the blocks stay for the next use.
  void clear() { block_ = used_ = 0; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
  std::size_t block_bytes_;
};

}  // namespace tocsin
