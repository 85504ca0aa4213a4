#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/conditions/condition_book.h"
#include "engine/core/deadlines.h"
#include "engine/core/incidents/incident_book.h"
#include "engine/model/effect.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// What is due to be said of incidents, and when. What people act on is told in the step in which it happens, with all
/// that is known by then; what they do not is folded: gathered for `fold.min` after the newest revision, for twice as
/// long after each that was gathered, at most for `fold.max`; from the beginning again when nothing changed
/// for `fold.max`.
///
/// Invariants: revisions count 1, 2, 3 … without a gap but where an epoch begins; what is pending between two inputs
/// has a deadline; the first revision and every turn of an incident's life are told in their step.
class Teller {
 public:
  explicit Teller(IncidentBook& incidents) : incidents_(incidents) {}

  /// Something changed. True: two turns of its life meet in one step, and the first must be told before the second
  /// happens; then tell and touch again.
  bool must_tell_first(std::uint32_t slot, IncidentChange change) const;
  void touch(std::uint32_t slot, IncidentChange change);
  /// Nothing is said of an incident that was opened in this step. Requires: `take_touched` has not begun.
  void forget(std::uint32_t slot);
  /// What people are told of it besides what can be seen of it; it makes the next revision urgent. Requires: touched.
  void say(std::uint32_t slot, std::string text);
  /// The next incident that was touched in this step; kNoSlot: none.
  std::uint32_t take_touched();

  /// Whether what is pending is told now. Else it waits for its fold, which has a deadline from here on.
  bool is_due(std::uint32_t slot, Instant now, const rules::Defaults& defaults);
  /// What `is_due` decides by, but for what is snoozed: of that only turns of its life, what was said and another
  /// severity are told.
  static bool is_urgent(const IncidentState& incident);
  static bool is_asleep(const IncidentState& incident);

  /// Makes the next revision of what is pending. `day`: the time of day of the input. Without `writes_record` it has no
  /// text, unless it is the close: that is kept and shown.
  std::shared_ptr<Effect> tell(std::uint32_t slot, const EffectName& name, Instant now, Instant day,
                               const ConditionBook& conditions, const rules::RuleSet& rules, bool writes_record = true);

  /// The journal begins another epoch: it lost something, or an earlier version wrote what came before. Consumers may
  /// have been told revisions that are not known here, and would take another content under one of their numbers for a
  /// copy: a close could go by unseen. So the numbers of all that is not closed go on far above.
  void skip_revisions();

  /// A member's line is not what it was.
  void member_changed(std::uint32_t incident, std::uint32_t condition);

  Instant next_deadline() const { return folds_.next(); }
  /// The incident whose fold is due at `now`; kNoSlot: it was told since.
  std::uint32_t take_fold(Instant now);
  /// After a restore.
  void take_up(std::uint32_t slot);
  void check() const;

 private:
  IncidentBook& incidents_;
  Deadlines folds_;
  struct Touched {
    std::uint32_t slot = kNoSlot;  // where it was then
    std::uint64_t number = 0;
  };
  std::vector<Touched> touched_;  // of this step, in order; what was forgotten since is not known any more
  std::size_t taken_ = 0;
};

}  // namespace tocsin
