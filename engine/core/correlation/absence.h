#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/btree_map.h>

#include "engine/core/correlation/temporal_kind.h"
#include "rules/set/temporal_rule.h"

namespace tocsin {

class ConditionBook;

/// What an absence waits for, and until when.
struct Awaited {
  Hash128 key{};
  std::string by{};  // the values of `by`, as DerivedAlert has them: nothing else says them when nothing comes
  Instant since{};   // of the start; of the last heartbeat
  std::int64_t tier = 0;
  Severity severity{};
  std::uint8_t depth = 0;
};

/// kind: absence. A start without what is expected within a time; or a heartbeat that is not heard for a time.
///
/// A start waits until `within` after it, both ends included; what is expected takes away every start that is not after
/// it, also one that comes later. A heartbeat is heard with every word, so repeats count: they are looked up when it is
/// due, and cost nothing before. When the absence is told, the next word of who was heard is looked at.
///
/// Where the source that would say it is silent, or late so that it may be, it waits until that is known, and then
/// until the source speaks again and a while.
///
/// Invariants: a key that waits has one deadline, the earliest of what it waits for; starts are in order of event time,
/// at most eight of a key: then the one before the newest gives way, since the earliest is told first.
class AbsenceKind final : public TemporalKind {
 public:
  explicit AbsenceKind(const rules::TemporalRule& rule);

  /// What is expected came: `holds` says that no absence is left. Else something waits now, or nothing happened.
  Pattern see(const Sighting& seen, KeyBound& bound) override;
  /// With what is needed when it does not come. Requires: seen before.
  void remember(const Awaited& awaited);
  void parts(Hash128, const Pattern&, WindowParts&) const override {}
  std::size_t key_count() const override { return keys_.count(); }
  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const override;
  void read(CanonicalReader& in, const ConditionNumbers& numbers) override;
  void check() const override;

  Instant next_deadline() const { return due_.empty() ? kNever : due_.begin()->first.first; }
  /// Until when who spoke is not to be taken at his silence: kUnset: he is; kNever: until he speaks again.
  using Doubt = std::function<Instant(std::uint32_t speaker)>;
  /// What is due at `now`: true: it is absent, and `awaited` says what. False: it was heard meanwhile, or is absent
  /// already, or who would have said it is not heard: then it waits on.
  bool meet(Instant now, ConditionBook& conditions, const Doubt& doubt, Awaited& awaited);
  /// A speaker that was silent speaks: what is held for it is looked at within a while.
  void go_on(std::uint32_t speaker, Instant now);
  std::size_t held_count() const { return held_.size(); }
  /// Keys that were absent and had to give way to others: nothing will end what was told of them.
  std::vector<Hash128> take_given_up() { return std::exchange(given_up_, {}); }
  /// Nothing could be heard for `gap` until `now`: what waits goes on waiting for as long, and a while.
  void give_grace(Instant now, Duration gap);

 private:
  static constexpr std::size_t kStartsMax = 8;
  static constexpr std::size_t kSpeakersMax = 8;

  struct Start {
    Instant at{};
    Instant due{};
  };
  struct Waiting {
    std::uint64_t number = 0;  // order of the first sighting
    Hash128 key{};
    Instant due = kNever;                  // the earliest
    Instant expected = kUnset;             // when what is expected was seen last; of a heartbeat: heard
    Instant missed = kUnset;               // the newest start without it; of a heartbeat: since when it is not heard
    std::vector<Start> starts{};           // without it
    std::vector<ConditionRef> speakers{};  // heartbeat: who was heard
    std::string by{};
    std::int64_t tier = 0;
    Severity severity{};
    std::uint8_t depth = 0;
    std::uint32_t speaker = 0;  // of the newest start or heartbeat
    bool is_held = false;       // until its speaker speaks: then it has no deadline
    bool waits() const { return due != kNever; }
    bool is_missed() const { return missed != kUnset; }
  };

  Pattern see_start(Waiting& waiting, const Sighting& seen);
  Pattern see_expected(Waiting& waiting, const Sighting& seen);
  Pattern see_heartbeat(Waiting& waiting, const Sighting& seen);
  void schedule(Waiting& waiting, Instant due);
  void schedule_starts(Waiting& waiting);
  void wait_until(Waiting& waiting, Instant at, Instant now);
  void let_go(Waiting& waiting, Instant now);
  void forget_held(Waiting& waiting);

  const bool is_heartbeat_;
  const Duration within_;
  std::uint64_t number_ = 0;
  KeyTable<Waiting> keys_;
  absl::btree_map<std::pair<Instant, std::uint64_t>, Hash128> due_;         // by (due, number)
  absl::btree_map<std::pair<std::uint32_t, std::uint64_t>, Hash128> held_;  // by (speaker, number)
  std::vector<Hash128> given_up_;                                           // of the sighting in hand
};

}  // namespace tocsin
