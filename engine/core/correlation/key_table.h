#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/core/slots.h"
#include "engine/model/check.h"
#include "engine/model/hash.h"

namespace tocsin {

/// How many keys a rule may have, and what came of it.
struct KeyBound {
  std::size_t max = 0;
  bool refuses_new = false;   // else the key that was seen longest ago is given up
  std::uint64_t evicted = 0;  // keys
  std::uint64_t refused = 0;  // alerts
};

/// What a rule knows of each key, in order of when the key was seen last. 24 bytes a key beside `T`, and 8 to 16 of
/// the index.
///
/// Invariants: each key is there once; the order is the order of sightings, a function of the inputs; the index is only
/// looked up.
template <typename T>
class KeyTable {
 public:
  T* find(Hash128 key) {
    const std::uint32_t slot = slot_of(key);
    return slot == kNoSlot ? nullptr : &entries_[slot].state;
  }
  const T* find(Hash128 key) const { return const_cast<KeyTable*>(this)->find(key); }
  std::size_t count() const { return count_; }

  /// The state of `key`, which is the one seen last now; null: there is no room for another. `is_over(T)`: nothing can
  /// follow from it any more. `leaves(T)` hears of each that goes, before it does.
  template <typename IsOver, typename Leaves>
  T* enter(Hash128 key, KeyBound& bound, IsOver&& is_over, Leaves&& leaves) {
    if (const std::uint32_t slot = slot_of(key); slot != kNoSlot) {
      unlink(slot);
      link(slot);
      return &entries_[slot].state;
    }
    // Two for each that comes: so many never lie around.
    for (int i = 0; i < 2 && oldest_ != kNoSlot && is_over(entries_[oldest_].state); ++i) drop_oldest(leaves);
    while (count_ >= bound.max) {
      TOCSIN_CHECK(oldest_ != kNoSlot, "a bound is at least one");
      if (!is_over(entries_[oldest_].state)) {
        if (bound.refuses_new) {
          ++bound.refused;
          return nullptr;
        }
        ++bound.evicted;
      }
      drop_oldest(leaves);
    }
    return &add(key);
  }

  /// `f(Hash128, T&)` from the key seen longest ago on.
  template <typename F>
  void for_each(F&& f) {
    for (std::uint32_t slot = oldest_; slot != kNoSlot; slot = entries_[slot].newer) {
      f(entries_[slot].key, entries_[slot].state);
    }
  }
  template <typename F>
  void for_each(F&& f) const {
    const_cast<KeyTable*>(this)->for_each([&](Hash128 key, T& state) { f(key, std::as_const(state)); });
  }

  /// `write_one(T)`.
  template <typename F>
  void write(CanonicalWriter& out, F&& write_one) const {
    out.u64(count_);
    for_each([&](Hash128 key, const T& state) {
      out.hash(key);
      write_one(state);
    });
  }
  /// `read_one(T&)`. Requires: empty.
  template <typename F>
  void read(CanonicalReader& in, F&& read_one) {
    const std::uint64_t count = in.u64();
    for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
      const Hash128 key = in.hash();
      if (in.failed() || slot_of(key) != kNoSlot) return in.fail();
      read_one(add(key));
    }
  }

  void check() const {
    std::size_t seen = 0;
    std::uint32_t before = kNoSlot;
    for (std::uint32_t slot = oldest_; slot != kNoSlot; slot = entries_[slot].newer) {
      TOCSIN_CHECK(entries_[slot].older == before, "each knows who was seen before it");
      TOCSIN_CHECK(slot_of(entries_[slot].key) == slot, "each key is found");
      before = slot;
      ++seen;
    }
    TOCSIN_CHECK(before == newest_ && seen == count_, "keys in order are those that are there");
  }

 private:
  struct Entry {
    Hash128 key{};
    std::uint32_t older = kNoSlot;
    std::uint32_t newer = kNoSlot;
    T state{};
  };

  std::size_t home_of(Hash128 key) const { return key.low & (index_.size() - 1); }

  std::uint32_t slot_of(Hash128 key) const {
    if (index_.empty()) return kNoSlot;
    for (std::size_t at = home_of(key);; at = (at + 1) & (index_.size() - 1)) {
      if (index_[at] == kNoSlot || entries_[index_[at]].key == key) return index_[at];
    }
  }

  T& add(Hash128 key) {
    if ((count_ + 1) * 4 > index_.size() * 3) grow();
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    entries_[slot].key = key;
    put(slot);
    link(slot);
    ++count_;
    return entries_[slot].state;
  }

  void put(std::uint32_t slot) {
    std::size_t at = home_of(entries_[slot].key);
    while (index_[at] != kNoSlot) at = (at + 1) & (index_.size() - 1);
    index_[at] = slot;
  }

  void grow() {
    index_.assign(index_.empty() ? 16 : index_.size() * 2, kNoSlot);
    for (std::uint32_t slot = oldest_; slot != kNoSlot; slot = entries_[slot].newer) put(slot);
  }

  template <typename Leaves>
  void drop_oldest(Leaves&& leaves) {
    const std::uint32_t slot = oldest_;
    leaves(entries_[slot].state);
    unlink(slot);
    take_from_index(entries_[slot].key);
    entries_[slot] = Entry{};
    free_.push_back(slot);
    --count_;
  }

  /// Linear probing without marks: those behind it move up.
  void take_from_index(Hash128 key) {
    const std::size_t mask = index_.size() - 1;
    std::size_t hole = home_of(key);
    while (entries_[index_[hole]].key != key) hole = (hole + 1) & mask;
    for (std::size_t at = (hole + 1) & mask; index_[at] != kNoSlot; at = (at + 1) & mask) {
      const std::size_t home = home_of(entries_[index_[at]].key);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      index_[hole] = index_[at];
      hole = at;
    }
    index_[hole] = kNoSlot;
  }

  void link(std::uint32_t slot) {
    entries_[slot].older = newest_;
    entries_[slot].newer = kNoSlot;
    (newest_ == kNoSlot ? oldest_ : entries_[newest_].newer) = slot;
    newest_ = slot;
  }
  void unlink(std::uint32_t slot) {
    Entry& entry = entries_[slot];
    (entry.older == kNoSlot ? oldest_ : entries_[entry.older].newer) = entry.newer;
    (entry.newer == kNoSlot ? newest_ : entries_[entry.newer].older) = entry.older;
  }

  std::deque<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> index_;  // open addressing, a power of two, at most three quarters full
  std::uint32_t oldest_ = kNoSlot;
  std::uint32_t newest_ = kNoSlot;
  std::size_t count_ = 0;
};

}  // namespace tocsin
