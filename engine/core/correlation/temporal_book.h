#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include "engine/core/canonical.h"
#include "engine/core/conditions/condition_book.h"
#include "engine/core/correlation/absence.h"
#include "engine/core/correlation/temporal_kind.h"
#include "engine/core/shard.h"
#include "engine/model/hash.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// A derived alert that fires: what it stands for holds, or has held less than one `within` ago.
struct StandingAlert {
  Hash128 key{};
  std::uint64_t number = 0;  // order of beginning
  std::uint32_t rule = 0;    // place in the rule set
  Instant ends_at = kNever;  // kNever: of an absence, which ends when the expected comes
  std::uint64_t count = 0;   // alerts counted since it began, those that began it included
  Instant first_at{};
  Instant last_at{};
  std::int64_t tier = 0;  // the most important of those that kept it going
  Severity severity{};    // the highest of these
  std::uint8_t depth = 0;
};

/// The temporal rules of a rule set with all that they know, and the derived alerts that fire by them.
///
/// Invariants: a value of its kind for each rule, in their order; a derived alert that fires has an end among the
/// deadlines, unless it is of an absence; what a rule knows survives as long as it says the same.
class TemporalBook {
 public:
  explicit TemporalBook(rules::RuleSetPtr rules);

  /// What a sighting, or time, did.
  struct Outcome {
    enum class Kind : std::uint8_t {
      nothing,
      began,  // a derived alert fires
      grew,   // it did before
      ended,
      found,  // the pattern is there, of a rule that makes no alert
    };
    Kind kind = Kind::nothing;
    std::uint32_t rule = 0;
    Hash128 key{};
    StandingAlert alert{};  // began, grew, ended
    Pattern pattern{};
    std::string by{};  // of a deadline: the values of `by`
  };

  /// Of which alert a sighting is: what derived alerts take over.
  struct Origin {
    std::int64_t tier = 0;
    Severity severity{};
    std::uint8_t depth = 0;
    std::string_view by{};
  };
  /// `outcomes`: what follows, in order.
  void see(std::uint32_t rule, const Sighting& seen, const Origin& of, std::vector<Outcome>& outcomes);
  void parts(const Outcome& outcome, WindowParts& parts) const;

  Instant next_deadline() const;
  /// All that is due at `now`.
  /// `doubt`: see AbsenceKind.
  void meet(Instant now, ConditionBook& conditions, const AbsenceKind::Doubt& doubt, std::vector<Outcome>& outcomes);
  /// A speaker that was silent speaks.
  void go_on(std::uint32_t speaker, Instant now);
  /// The engine could hear nothing for `gap` until `now`.
  void give_grace(Instant now, Duration gap);

  /// Other rules: what those that say the same know stays, the rest begins anew; `ended`: derived alerts of these.
  void adopt(rules::RuleSetPtr next, std::vector<Outcome>& ended);
  /// What stays as long as the rule says the same, and never comes again.
  std::uint64_t serial(std::uint32_t rule) const { return entries_[rule].serial; }
  const rules::TemporalRule& rule(std::uint32_t at) const { return rules_->temporal[at]; }

  const StandingAlert* standing(Hash128 key) const;
  std::size_t standing_count() const { return standing_.size(); }
  /// Of the rule at this place.
  RuleCounts counts(std::uint32_t at) const;
  std::size_t rule_count() const { return entries_.size(); }
  /// The places of rules whose counts may be others than when this was asked last, each once; all of them after a
  /// switch of rules. No part of the state.
  void take_changed(std::vector<std::uint32_t>& places);
  /// Of all rules, also of those that are gone.
  std::uint64_t keys_evicted() const { return evicted_; }
  std::uint64_t alerts_refused() const { return refused_; }
  std::size_t key_count() const;

  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const;
  void read(CanonicalReader& in, const ConditionNumbers& numbers);
  void check() const;

 private:
  struct Entry {
    std::uint64_t serial = 0;
    KeyBound bound;
    std::unique_ptr<TemporalKind> kind;
    AbsenceKind* absence = nullptr;  // the same, where it is one
    Instant due = kNever;            // its next deadline, as `due_` has it
    std::uint64_t fired = 0;
    bool has_changed = true;  // it is among changed_
  };
  Entry make_entry(const rules::TemporalRule& rule);
  void set_bound(const rules::TemporalRule& rule, KeyBound& bound) const;
  StandingAlert& begin(std::uint32_t rule, Hash128 key);
  void end(Hash128 key, std::vector<Outcome>& outcomes);
  void end_at(StandingAlert& alert, Instant at);
  void add_absences();
  void add_all_changed();
  void take_due(std::uint32_t place);
  void changed(std::uint32_t place) {
    if (!std::exchange(entries_[place].has_changed, true)) changed_.push_back(place);
  }

  rules::RuleSetPtr rules_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> changed_;                      // see take_changed
  std::vector<std::uint32_t> absences_;                     // places of the absence rules
  absl::btree_set<std::pair<Instant, std::uint32_t>> due_;  // of absence rules: (next deadline, place)
  std::uint64_t serial_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t evicted_ = 0;
  std::uint64_t refused_ = 0;
  absl::btree_map<std::uint64_t, StandingAlert> standing_;                  // by number
  absl::flat_hash_map<Hash128, std::uint64_t> standing_of_;                 // key → number; looked up, never walked
  absl::btree_map<std::pair<Instant, std::uint64_t>, std::uint64_t> ends_;  // (ends_at, number) → number
};

}  // namespace tocsin
