// Other rules from now on, with the state of before:
// - A group rule that says the same goes on with its incidents. Those of a rule that says something else, or is gone,
// take
//   nobody in any more; they live on to their close, and their audiences hear of it.
// - Known alerts keep identity and rank; at the next word of their source the new rules look at them, also at a repeat.
// A
//   severity of another scale is moved when it is looked at next.
// - Where the suppress rules are other ones, what holds alerts back is worked out again, and what is held back by
// nothing
//   any more is looked at. Raise rules look at all open incidents once.
// - Without a flap policy nothing flaps: the true status takes effect now.
// - A temporal rule that says the same goes on with what it knows; the derived alerts of others end.
// - Under another topology what fires is placed anew, and causes are picked anew; incidents stay as they are.
// - What has ended already is forgotten and closed when it was said to be.
#include <utility>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "rules/set/rule_changes.h"

namespace tocsin {

void ShardState::switch_rules(rules::RuleSetPtr next) {
  for (const auto& [number, slot] : incidents_.by_number()) {
    IncidentState& incident = incidents_[slot];
    std::vector<Hash128> gone;
    for (const auto& [order, claim] : incident.claims) {
      // Those of storms go with their storm, and that a source is silent is no rule of a file.
      if (claim.rule_id != rules::kStormRule && claim.rule_id != rules::kSilenceRule &&
          !rules::is_kept(*rules_, *next, claim.rule_id))
        gone.push_back(claim.key);
    }
    for (const Hash128 key : gone) groups_.drop(key, incident);
  }
  const bool was_of_source = conditions_.keys().is_of_source();
  const bool has_same_topology = topology_.says_the_same(*next);
  const bool suppresses_the_same = suppression_.says_the_same(*next);
  rules_ = std::move(next);
  rule_memo_ = rules::RuleMemo(rules_);
  ++rules_number_;
  conditions_.use_scale(rules_->severity.scale);
  conditions_.keys().use(rules_->dedup);
  // Under the source's own identity an alert is found by its voice anyway.
  if (!was_of_source || !conditions_.keys().is_of_source()) conditions_.keep_identities();
  if (suppresses_the_same) {
    suppression_.adopt(rules_);
  } else {
    suppress_anew();
  }
  if (has_same_topology) {
    topology_.adopt(rules_);
  } else {
    place_anew();
  }
  temporal_.adopt(rules_, outcomes_);
  take_outcomes({});
  take_facts();  // only now: what is let in is seen by the new rules of every room
  storms_anew();
  sources_anew();
  if (!rules_->dedup.flap) end_flaps();
  raise_anew();
}

/// What holds alerts back follows from those that fire; so it is worked out again from them. Who has another answer by
/// it is a fact that waits.
void ShardState::suppress_anew() {
  const bool had_any = suppression_.has_rules() || suppression_.has_silences();
  Suppression before = std::exchange(suppression_, Suppression(rules_));
  suppression_.take_silences(before, now_);
  if (!had_any && !suppression_.has_rules()) return suppression_.count_matches();
  const std::vector<std::uint32_t> slots = conditions_.in_order();
  for (const std::uint32_t slot : slots) {
    Condition& alert = conditions_[slot];
    if (!alert.counts_as_firing()) continue;
    alert.roles = {};  // of the rules before
    recall_facts(slot, recalled_);
    suppression_.enter(alert, slot, recalled_.facts, rule_memo_, scratch_, key_, moment());
  }
  suppression_.count_matches();
  while (suppression_.take_turned() != kNoSlot) {
  }
  for (const std::uint32_t slot : slots) {
    if (conditions_.holds(slot) && conditions_[slot].counts_as_firing()) add_fact(Fact::Kind::turned, slot);
  }
}

void ShardState::end_flaps() {
  while (!conditions_.flapping().empty()) end_flap(conditions_.flapping().begin()->second);
}

/// Ages that only the new rules ask for, and those that are reached already.
void ShardState::raise_anew() {
  for (const auto& [number, slot] : incidents_.by_number()) {
    if (!is_live(incidents_[slot])) continue;
    aged_.push_back(slot);
  }
  raise_aged();
}

}  // namespace tocsin
