#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/conditions/heard.h"
#include "engine/core/conditions/word_tally.h"
#include "engine/core/incidents/times.h"
#include "engine/model/command.h"
#include "engine/model/effect.h"
#include "engine/model/hash.h"
#include "engine/model/input.h"
#include "engine/model/instant.h"
#include "rules/set/rule_set.h"

namespace tocsin {

class ShardState;

/// Of one rule that sees patterns; `rule` is valid until the next input.
struct RuleCounts {
  std::uint32_t place = 0;  // among these rules, in the order of the rule set
  std::string_view rule{};
  std::uint64_t keys = 0;
  std::uint64_t keys_max = 0;
  std::uint64_t evicted = 0;  // keys, at the bound
  std::uint64_t refused = 0;  // alerts, at the bound
  std::uint64_t fired = 0;    // derived alerts that began; where it makes none, times that the pattern was there
  /// Whether anything ever came of it.
  bool is_used() const { return keys + evicted + refused + fired > 0; }
};

/// What a shard has done since it began, replay included. Alerts: taken = repeats + updates + opened + resolved +
/// stale.
/// A word that is taken is one of these; late ones and closes of earlier lives are stale.
struct ShardCounts {
  std::uint64_t inputs = 0;
  std::uint64_t alerts_taken = 0;
  std::uint64_t alerts_refused = 0;   // one by one, among good ones
  std::uint64_t bodies_refused = 0;   // as a whole
  std::uint64_t alerts_repeated = 0;  // same identity, same content
  std::uint64_t alerts_updated = 0;   // same identity, other content
  std::uint64_t alerts_opened = 0;    // an identity that was not firing
  std::uint64_t alerts_resolved = 0;  // firing → resolved by the source
  std::uint64_t alerts_stale = 0;     // late, of an earlier life, or resolved without ever firing
  std::uint64_t alerts_expired = 0;   // ended by time
  std::uint64_t alerts_firing = 0;    // now
  std::uint64_t alerts_held = 0;      // now: firing and held back
  std::uint64_t alerts_known = 0;     // now, resolved ones that are still remembered included
  std::uint64_t incidents_opened = 0;
  std::uint64_t incidents_resolved = 0;
  std::uint64_t incidents_reopened = 0;
  std::uint64_t incidents_closed = 0;
  std::uint64_t incidents_open = 0;  // now: open or acknowledged
  std::uint64_t groups_evicted = 0;  // keys given up at the bound of their rule: their incidents take no more alerts
  std::uint64_t groups_refused = 0;  // alerts that are in no incident because their rule has as many keys as it may
  std::uint64_t effects = 0;
  std::uint64_t alerts_without_key =
      0;  // words that have none of the fields of `dedup.key`: their source's identity counts
  std::uint64_t alerts_derived = 0;       // made of others by a rule; part of those taken
  std::uint64_t derived_refused = 0;      // too deep
  std::uint64_t patterns_evicted = 0;     // keys of temporal rules given up at the bound of their rule
  std::uint64_t patterns_refused = 0;     // alerts not counted, because their rule has as many keys as it may
  std::uint64_t incidents_merged = 0;     // into others, those included that nobody was told of
  std::uint64_t alerts_dropped = 0;       // words that a rule drops
  std::uint64_t members_let_go = 0;       // had ended, and their open incident has as many of these as it may
  std::uint64_t silences_of_sources = 0;  // times that a source was silent
  std::uint64_t sources_silent = 0;       // now
  std::uint64_t storms_begun = 0;         // shadows too
  std::uint64_t storms_on = 0;            // now
  std::uint64_t alerts_folded = 0;        // into the incidents of storms
  std::array<std::uint64_t, kCommandOutcomeCount> commands{};  // what became of them
  std::uint64_t silences_unmatched = 0;                        // ended, and no alert ever came under them
  std::uint64_t silences_hid_p1 = 0;                           // ended, and had held back an alert of P1

  /// All of them, in this order.
  std::span<std::uint64_t> all() { return {&inputs, sizeof(ShardCounts) / sizeof(std::uint64_t)}; }
  std::span<const std::uint64_t> all() const { return {&inputs, sizeof(ShardCounts) / sizeof(std::uint64_t)}; }
};

/// The pure machine: inputs in, effects out, nothing else. One thread at a time. Equal inputs in equal order give equal
/// effects, byte for byte, on any machine. Invariants: an incident has at least one member; it resolves with the
/// last member that fires; revisions count 1, 2, 3 … without a gap, unless the journal lost something in between.
class Shard {
 public:
  /// `key` must be the journal's and outlive the shard.
  /// `number`: which of several it is; part of the names of its effects.
  Shard(rules::RuleSetPtr rules, const HashKey& key, std::uint32_t number = 0);
  ~Shard();
  Shard(Shard&&) noexcept;
  Shard& operator=(Shard&&) noexcept;

  /// Applies the next input and appends what follows from it to `effects`, named (position, 0), (position, 1) …
  /// Requires: `position` is after the last, `at` is not before the last. Deadlines due at or before `at` come first,
  /// earliest first. All alerts of a body together make at most one revision of an incident.
  void apply(const Input& input, std::vector<EffectPtr>& effects);

  /// Whether effects of the inputs from here on have their record; they do until this says otherwise. Without, `value`
  /// and `flat_value` are empty, and nothing else changes: names, revisions, audiences, state, and every later record
  /// are the same byte for byte. For a replay of what everybody was told already. Not part of the state.
  void write_records(bool wanted);

  /// When a time_passed input is due at the latest if nothing else comes; kNever when nothing is waiting. May be early
  /// (a deadline that has moved), never late.
  Instant next_deadline() const;

  const ShardCounts& counts() const;
  /// What became of the alerts of the input that was applied last.
  const HeardCounts& heard() const;
  /// Words for a severity that no map knows; one of them counts when its alert is categorised, so not at repeats.
  const WordTally& unknown_severities() const;
  /// How long what was closed took.
  const TimesBook& times() const;
  /// What rules that see patterns keep and did, where that may have changed since this was asked last; `changed` is
  /// replaced. Gives how many such rules there are.
  std::size_t take_rule_counts(std::vector<RuleCounts>& changed);

  /// The state in canonical bytes, appended: its definition of equality. Shards that write the same do the same from
  /// here on.
  void write(std::string& out) const;
  /// Of these bytes, under a published key: short enough to be compared by people.
  Hash128 fingerprint() const;
  /// What `write` wrote; null when these are no such bytes or of other rules.
  static std::unique_ptr<Shard> read(std::string_view bytes, rules::RuleSetPtr rules, const HashKey& key,
                                     std::uint32_t number = 0);
  /// Every invariant, by a walk over everything: for tests.
  void check() const;
  ShardState& state() { return *state_; }

  /// For queries and tests.
  const ShardState& state() const { return *state_; }

 private:
  std::unique_ptr<ShardState> state_;
};

}  // namespace tocsin
