#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/core/canonical.h"
#include "engine/core/deadlines.h"
#include "engine/core/slots.h"
#include "engine/core/suppression/matcher.h"
#include "engine/model/instant.h"

namespace tocsin {

/// Alerts that an operator does not want to hear of for a while.
struct Silence {
  bool used = false;
  std::uint32_t generation = 0;
  std::uint64_t number = 0;  // order of making
  std::string id{};
  std::string by{};
  std::string comment{};
  std::vector<Matcher> matchers{};  // all must hold
  Instant created_at{};
  Instant starts_at{};
  Instant ends_at{};              // from here on it holds nothing back
  Instant ended_at = kUnset;      // it is over; then only remembered
  std::uint32_t point = kNoSlot;  // of Inhibition, while it has not ended
  std::uint64_t matched = 0;      // alerts that came under it
  std::uint64_t held = 0;         // times that it held one back
  bool hid_p1 = false;            // one of them was a P1

  bool is_over() const { return ended_at != kUnset; }
  bool holds_at(Instant now) const { return !is_over() && starts_at <= now && now < ends_at; }
  bool holds_for(const MatchedTexts& alert) const;
};

/// All silences: those that have not ended, which an alert is looked up among, and the newest that have. An alert finds
/// its silences by a value that one of their matchers asks for, or by how it begins; only those without such a matcher
/// (`!=`, `.*x`) are asked one by one.
///
/// Invariants: an id is of one silence; ended ones are bounded; what has not ended has a deadline at its start, if that
/// lies ahead, and at its end.
class SilenceBook {
 public:
  Silence& operator[](std::uint32_t slot) { return silences_[slot]; }
  const Silence& operator[](std::uint32_t slot) const { return silences_[slot]; }
  bool holds(std::uint32_t slot) const { return silences_.holds(slot); }
  /// In order of making: number → slot; ended ones too.
  const std::map<std::uint64_t, std::uint32_t>& by_number() const { return by_number_; }
  std::size_t live() const { return by_number_.size() - ended_.size(); }
  std::uint64_t next_number() const { return number_ + 1; }
  /// By its id, or its number; kNoSlot: none.
  std::uint32_t find(std::string_view id) const;

  /// Takes one in; numbers it.
  std::uint32_t add(Silence silence, Instant now);
  void set_end(std::uint32_t slot, Instant ends_at);
  /// It is over, and remembered for a while.
  void end(std::uint32_t slot, Instant now);

  /// Those that hold for the alert, not ended, started or not, in order of making.
  void find_for(const MatchedTexts& alert, std::vector<std::uint32_t>& slots) const;

  Instant next_turn() const { return turns_.next(); }
  /// The silence that starts or ends at `now`; kNoSlot: the deadline is void.
  std::uint32_t take_turn(Instant now);

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in, Instant now);
  void check() const;

 private:
  using Bucket = std::vector<std::uint32_t>;
  /// Silences that ask for a value of one name.
  struct OfName {
    std::string name;
    std::optional<Field> field;
    absl::flat_hash_map<std::string, Bucket> by_value;  // looked up, never walked
    // The same by how values begin, for each length.
    std::array<absl::flat_hash_map<std::string, Bucket>, Matcher::kPrefixBytesMax + 1> by_prefix;
    std::size_t count = 0;
  };

  void enter(std::uint32_t slot);
  void schedule(std::uint32_t slot, Instant now);
  void put_into_index(std::uint32_t slot);
  void take_from_index(std::uint32_t slot);
  std::size_t crowd_at(const Matcher& matcher) const;
  OfName& names_with(const Matcher& matcher);

  Slots<Silence> silences_;
  std::map<std::uint64_t, std::uint32_t> by_number_;
  absl::flat_hash_map<std::string, std::uint32_t> by_id_;  // looked up, never walked
  std::deque<std::uint32_t> ended_;                        // in order of ending
  std::vector<OfName> names_;
  Bucket others_;                                               // asked one by one
  absl::flat_hash_map<std::uint32_t, std::size_t> indexed_by_;  // slot → which of its matchers
  Deadlines turns_;
  std::uint64_t number_ = 0;
};

}  // namespace tocsin
