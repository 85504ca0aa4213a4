// Raise rules: what makes an incident more pressing than its members are. A raise holds until somebody acknowledges the
// incident, whatever becomes of the condition; after that it ends with the first revision at which the members' own
// priority falls. It never lowers. While all members that fire are held back, rules wait for the first that is
// released.
#include <algorithm>

#include "engine/core/shard_state.h"

namespace tocsin {

/// Sets the deadline of the next age that a rule asks for, counted from the opening; reopening does not make it young.
void ShardState::watch_age(std::uint32_t incident_slot) {
  const IncidentState& incident = incidents_[incident_slot];
  const Duration age = now_ - incident.opened_at;
  Duration next = Duration::max();
  for (const auto& rule : rules_->priority.raises) {
    if (rule.after > age) next = std::min(next, rule.after);
  }
  incidents_.watch_age(incident_slot, next > kNever - incident.opened_at ? kNever : incident.opened_at + next);
}

void ShardState::meet_age(std::uint32_t incident_slot) {
  watch_age(incident_slot);
  aged_.push_back(incident_slot);
}

/// After all that is due at this instant: what ends now is not raised any more.
void ShardState::raise_aged() {
  for (const std::uint32_t slot : aged_) {
    if (raise(incidents_[slot])) touch(slot, IncidentChange::escalated);
  }
  aged_.clear();
}

/// Applies the rules as of now; true when the incident is more pressing than before.
bool ShardState::raise(IncidentState& incident) {
  const auto& rules = rules_->priority.raises;
  if (!is_live(incident) || (rules.empty() && !incident.raised)) return false;
  const Priority of_members = incident.members.priority();
  if (incident.raised) {
    const bool fell = of_members > incident.raised->of_members;
    incident.raised->of_members = of_members;
    if (fell && incident.status == IncidentStatus::acknowledged) incident.raised.reset();
  }
  if (incident.handling.priority) return false;      // somebody has said how pressing it is
  if (incident.members.active() == 0) return false;  // all that fires of it is held back: that stops rising too
  const Priority before = incident.priority();
  const Duration age = now_ - incident.opened_at;
  if (rules_->reads_spread) count_spread(incident);
  rules::IncidentFacts incident_facts = facts_of(incident);
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  for (const auto& rule : rules) {
    if (rule.to >= incident_facts.priority || rule.after > age) continue;
    const bool holds = rule.when.holds(facts, scratch_);
    if (trace_ != nullptr) trace_->raise_asked(incident, rule, facts, age, holds);
    if (!holds) continue;
    incident.raised = IncidentState::Raise{rule.to, rule.id, age, of_members};
    incident_facts.priority = rule.to;
  }
  return incident.priority() < before;
}

}  // namespace tocsin
