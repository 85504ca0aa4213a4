#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/core/slots.h"
#include "engine/model/check.h"

namespace tocsin {

/// Finds numbers (of slots, mostly) by a hash of what they stand for, where whoever has the number can say what it
/// stands for: so the table has 32 bits of the hash and the number, and not the key a second time. Eight entries lie in
/// a cache line, and a look-up of what is not there touches no other memory.
///
/// Open addressing from the place that the hash's high bits name, in the order of these places: whoever meets an entry
/// that is nearer to its own place than he is knows that what he looks for is not there. A number may be there under
/// several hashes. The order in the table is nothing that may be seen.
class TagTable {
 public:
  /// The 32 bits of a hash that count here.
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  /// The number under this tag of which `is_it(number)` says so; kNoSlot: there is none.
  template <typename IsIt>
  std::uint32_t find(std::uint32_t tag, IsIt&& is_it) const {
    if (size_ == 0) return kNoSlot;
    std::uint32_t at = home_of(tag);
    for (std::uint32_t distance = 0;; ++distance, at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.number == kNoSlot || distance_of(entry.tag, at) < distance) return kNoSlot;
      if (entry.tag == tag && is_it(entry.number)) return entry.number;
    }
  }

  /// Asks for the memory that find() looks at first.
  void prefetch(std::uint32_t tag) const {
    if (size_ != 0) __builtin_prefetch(&entries_[home_of(tag)]);
  }

  /// Requires: this number is not there under this tag.
  void add(std::uint32_t tag, std::uint32_t number) {
    TOCSIN_CHECK(number != kNoSlot, "what is found is somewhere");
    if ((size_ + 1) * 8 > entries_.size() * 7) grow();
    insert({tag, number});
    ++size_;
  }

  /// Requires: it is there.
  void remove(std::uint32_t tag, std::uint32_t number) {
    TOCSIN_CHECK(size_ > 0, "what is removed was there");
    std::uint32_t at = home_of(tag);
    while (entries_[at].tag != tag || entries_[at].number != number) {
      TOCSIN_CHECK(entries_[at].number != kNoSlot, "what is removed was there");
      at = (at + 1) & mask_;
    }
    // Those behind it that are not at home move up.
    for (std::uint32_t next = (at + 1) & mask_;; at = next, next = (next + 1) & mask_) {
      if (entries_[next].number == kNoSlot || distance_of(entries_[next].tag, next) == 0) break;
      entries_[at] = entries_[next];
    }
    entries_[at].number = kNoSlot;
    --size_;
  }

  std::size_t size() const { return size_; }
  void clear() { *this = TagTable(); }

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t number = kNoSlot;
  };

  std::uint32_t home_of(std::uint32_t tag) const { return tag >> shift_; }
  std::uint32_t distance_of(std::uint32_t tag, std::uint32_t at) const { return (at - home_of(tag)) & mask_; }

  void insert(Entry entry) {
    std::uint32_t at = home_of(entry.tag);
    for (std::uint32_t distance = 0; entries_[at].number != kNoSlot; ++distance, at = (at + 1) & mask_) {
      const std::uint32_t other = distance_of(entries_[at].tag, at);
      if (other >= distance) continue;
      std::swap(entry, entries_[at]);
      distance = other;
    }
    entries_[at] = entry;
  }

  void grow() {
    const std::vector<Entry> before = std::move(entries_);
    const std::size_t size = before.empty() ? 16 : 2 * before.size();
    TOCSIN_CHECK(size <= std::size_t{1} << 32, "places have 32 bits");
    entries_ = std::vector<Entry>(size);
    mask_ = static_cast<std::uint32_t>(size - 1);
    shift_ = 32 - static_cast<std::uint32_t>(std::countr_zero(size));
    for (const Entry& entry : before) {
      if (entry.number != kNoSlot) insert(entry);
    }
  }

  std::vector<Entry> entries_;  // as many as a power of two
  std::size_t size_ = 0;
  std::uint32_t mask_ = 0;
  std::uint32_t shift_ = 31;
};

}  // namespace tocsin
