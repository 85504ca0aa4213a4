#include <array>
#include <utility>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "rules/rule_changes.h"

namespace tocsin {

// Other rules from now on, with the state of before:
// - A group rule that says the same goes on with its incidents. Those of a rule that says something else, or is gone,
// take
//   nobody in any more; they live on to their close, and their audiences hear of it.
// - Known alerts keep identity and rank; at the next word of their source the new rules look at them, also at a repeat.
// - What holds alerts back is worked out again, and what is held back by nothing any more is looked at. Raise rules
// look at
//   all incidents once.
// - What has ended already is forgotten and closed when it was said to be.

void ShardState::begin_with(rules::RuleSetPtr rules) {
  TOCSIN_CHECK(rules->severity.scale.size() <= kSeverityLevelsMax, "the loader bounds the scale");
  rules_ = std::move(rules);
  rule_memo_ = rules::RuleMemo(rules_);
  keys_.use(rules_->dedup);
  ++rules_number_;
}

void ShardState::switch_rules(rules::RuleSetPtr next) {
  if (rules_->severity.scale != next->severity.scale) move_to_scale(rules_->severity.scale, next->severity.scale);
  forget_groups(*next);
  const bool was_all_labels = keys_.is_all_labels();
  begin_with(std::move(next));
  // Under a key of all labels an alert is found by its labels anyway.
  if (!was_all_labels || !keys_.is_all_labels()) keep_identities();
  suppress_anew();
  raise_anew();
}

/// What holds alerts back follows from those that fire; so it is worked out again from them.
void ShardState::suppress_anew() {
  const bool had_rules = suppression_.has_rules();
  suppression_ = Suppression(rules_, rules_number_);
  if (!had_rules && !suppression_.has_rules()) return;
  for (std::uint32_t slot = 0; slot < alerts_.end(); ++slot) {
    AlertState& alert = alerts_[slot];
    if (!alert.used || !alert.counts_as_firing()) continue;
    alert.roles = {};  // of the rules before
    recall_facts(slot);
    take_roles(slot, categorised_.facts);
  }
  for (std::uint32_t slot = 0; slot < alerts_.end(); ++slot) {
    if (alerts_[slot].used && alerts_[slot].counts_as_firing()) look_again(slot);
  }
  look_at_turned();
}

/// Ages that only the new rules ask for, and those that are reached already.
void ShardState::raise_anew() {
  if (rules_->priority.raises.empty()) return;
  for (const auto& [number, slot] : by_number_) {
    if (!is_live(incidents_[slot])) continue;
    watch_age(slot);
    aged_.push_back(slot);
  }
  raise_aged();
}

void ShardState::move_to_scale(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  std::array<Severity, kSeverityLevelsMax> now{};
  for (std::size_t level = 0; level < from.size(); ++level)
    now[level] = rules::counterpart(from, Severity{static_cast<std::uint8_t>(level)}, to);
  for (std::uint32_t slot = 0; slot < alerts_.end(); ++slot) {
    if (alerts_[slot].used) alerts_[slot].severity = now[alerts_[slot].severity.level];
  }
  for (std::uint32_t slot = 0; slot < incidents_.end(); ++slot) {
    IncidentState& incident = incidents_[slot];
    if (!incident.used) continue;
    std::array<std::uint32_t, kSeverityLevelsMax> counts{};
    for (std::size_t level = 0; level < from.size(); ++level) counts[now[level].level] += incident.by_severity[level];
    incident.by_severity = counts;
    incident.told.severity = now[incident.told.severity.level];
    incident.listed.clear();  // it has names of severities
  }
}

void ShardState::forget_groups(const rules::RuleSet& next) {
  for (const auto& [number, slot] : by_number_) {
    const IncidentState& incident = incidents_[slot];
    if (incident.status == IncidentStatus::closed || rules::is_kept(*rules_, next, incident.rule_id)) continue;
    drop_key(slot);
  }
}

void ShardState::keep_identities() {
  for (std::uint32_t slot = 0; slot < alerts_.end(); ++slot) {
    if (alerts_[slot].used) alerts_[slot].keeps_identity = true;
  }
}

}  // namespace tocsin
