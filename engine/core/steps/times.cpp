// How long incidents took: counted when they close, for then nothing of it changes any more. What goes on in another is
// no incident of its own. Drills never count, nor what the rules leave out.
#include "engine/core/shard_state.h"

namespace tocsin {

/// The rules may be others than those that held it back: then it is looked at anew in this step.
bool ShardState::is_maintenance(HoldReason reason) const {
  return reason.kind == HoldReason::Kind::rule && reason.index < rules_->suppress.size() &&
         rules_->suppress[reason.index].during.has_value();
}

void ShardState::mark_maintenance(std::uint32_t slot) {
  conditions_[slot].for_each_membership([this](const Membership& one) {
    if (!is_over(incidents_[one.incident])) incidents_[one.incident].times.in_maintenance = true;
  });
}

void ShardState::count_times(const IncidentState& incident) {
  const rules::IncidentFacts incident_facts = facts_of(incident);
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  const rules::Expression& when = rules_->defaults.times_when;
  const bool counts = when.empty() ? !incident.times.in_maintenance : when.holds(facts, scratch_);
  if (incident.handling.drill || !counts) return times_.leave_out();
  const Instant acknowledged_at = incident.handling.acknowledged_at;
  times_.count(incident.priority(), incident_facts.service, incident_facts.team,
               incident.opened_at - incident.first_event_at,
               acknowledged_at == kUnset ? std::nullopt : std::optional{acknowledged_at - incident.opened_at},
               incident.resolved_at - incident.opened_at, incident.times.reopened);
}

}  // namespace tocsin
