#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/model/check.h"

namespace tocsin {

inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

/// Numbered places for values of `T` (with members `used` and `generation`), reused after release. Addresses stay. A
/// slot is where a value is, not which one: nothing that is seen outside may follow from it.
template <typename T>
class Slots {
 public:
  /// A free slot, value-initialised but for its generation, which is one more than before.
  std::uint32_t take() {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(items_.size());
      TOCSIN_CHECK(slot != kNoSlot, "slots have 32 bits");
      items_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    TOCSIN_CHECK(!items_[slot].used, "a free slot holds nothing");
    items_[slot].used = true;
    ++count_;
    return slot;
  }

  void release(std::uint32_t slot) {
    TOCSIN_CHECK(holds(slot), "what is released was there");
    const std::uint32_t generation = items_[slot].generation;
    items_[slot] = T{};
    items_[slot].generation = generation + 1;
    free_.push_back(slot);
    --count_;
  }

  T& operator[](std::uint32_t slot) { return items_[slot]; }
  const T& operator[](std::uint32_t slot) const { return items_[slot]; }

  bool holds(std::uint32_t slot) const { return slot < items_.size() && items_[slot].used; }
  /// Whether a deadline of this generation is about what is there now.
  bool is_same(std::uint32_t slot, std::uint32_t generation) const {
    return holds(slot) && items_[slot].generation == generation;
  }

  /// Used ones.
  std::size_t count() const { return count_; }
  /// All, free ones included: for walks in order of slot, of which nothing that is seen may follow.
  std::uint32_t end() const { return static_cast<std::uint32_t>(items_.size()); }

 private:
  std::deque<T> items_;
  std::vector<std::uint32_t> free_;
  std::size_t count_ = 0;
};

}  // namespace tocsin
