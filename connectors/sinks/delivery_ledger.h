#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/model/effect.h"

namespace tocsin {

/// What becomes of one record of an effect.
enum class RecordFate : std::uint8_t {
  whole,      // sent as it is
  shortened,  // would be too large: sent as short_values has it
  held,       // cannot be delivered in any form: held as undeliverable
};

/// An effect that was taken on and is not confirmed.
struct Delivery {
  std::uint64_t number = 0;  // 0, 1, 2 … in the order of the offers
  EffectPtr effect{};
  std::uint32_t records = 0;                // how many there are
  std::uint32_t handed_on = 0;              // the first so many were given to the producer, or are held
  std::uint32_t settled = 0;                // acknowledged or held
  std::vector<RecordFate> fates{};          // empty: all whole
  std::vector<std::string> short_values{};  // per record, where shortened: lives as long as the producer needs it

  RecordFate fate(std::uint32_t record) const { return fates.empty() ? RecordFate::whole : fates[record]; }
  void set_fate(std::uint32_t record, RecordFate fate);
};

/// Which effects are under way, and up to which all are delivered. Bookkeeping only; a sink's thread. Invariants:
/// deliveries are in order of name; those before next_ are handed on wholly, those after it not at all; the first is
/// not settled wholly after confirm_prefix(). At most window_ are under way at once: one after a failure, so that what
/// fails can be told from what only went along with it and little is sent twice, then one more for each that is
/// confirmed.
class DeliveryLedger {
 public:
  DeliveryLedger(std::size_t effects_max, std::size_t bytes_max);

  /// True: nothing more is taken on until something is confirmed.
  bool is_full() const { return deliveries_.size() >= effects_max_ || bytes_ >= bytes_max_; }
  bool is_empty() const { return deliveries_.empty(); }
  std::size_t size() const { return deliveries_.size(); }

  /// Requires: named after all before, at least one record.
  void add(const EffectPtr& effect, std::uint32_t records);

  /// The next one that is not handed on wholly; null when there is none or the window is full. Valid until
  /// confirm_prefix().
  Delivery* next_to_send();
  /// All records of next_to_send() are handed on.
  void mark_sent();

  /// Null when it was confirmed already.
  Delivery* find(std::uint64_t number);
  /// Whether nothing else is under way.
  bool is_alone(std::uint64_t number) const;

  /// Drops deliveries from the front that are settled wholly; true when there was one.
  bool confirm_prefix();
  EffectName confirmed() const { return confirmed_; }

  /// Everything that is not confirmed is to be sent again, from the first record on, one by one to begin with.
  void restart();
  /// So many at once were too many for one batch: from now on at most half of what is under way.
  void halve_window();
  /// They were not: it was one record that was too large.
  void widen_window() { window_max_ = effects_max_; }

 private:
  std::size_t effects_max_;
  std::size_t bytes_max_;
  std::deque<Delivery> deliveries_;
  std::uint64_t first_number_ = 0;  // of the front
  std::uint64_t next_ = 0;          // number of the next to send
  std::size_t window_;
  std::size_t window_max_;
  std::size_t bytes_ = 0;
  EffectName confirmed_{};
};

}  // namespace tocsin
