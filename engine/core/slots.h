#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace tocsin {

/// Numbered places for values of `T` (with members `used` and `generation`), reused after release in a fixed order.
/// Addresses stay.
template <typename T>
class Slots {
 public:
  /// A free slot, value-initialised but for its generation, which is one more than before.
  std::uint32_t take() {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(items_.size());
      items_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    items_[slot].used = true;
    ++count_;
    return slot;
  }

  void release(std::uint32_t slot) {
    const std::uint32_t generation = items_[slot].generation;
    items_[slot] = T{};
    items_[slot].generation = generation + 1;
    free_.push_back(slot);
    --count_;
  }

  T& operator[](std::uint32_t slot) { return items_[slot]; }
  const T& operator[](std::uint32_t slot) const { return items_[slot]; }

  /// Used ones.
  std::size_t count() const { return count_; }
  /// All, free ones included: for walks in order of slot.
  std::uint32_t end() const { return static_cast<std::uint32_t>(items_.size()); }

 private:
  std::deque<T> items_;
  std::vector<std::uint32_t> free_;
  std::size_t count_ = 0;
};

}  // namespace tocsin
