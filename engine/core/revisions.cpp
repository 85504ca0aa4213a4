#include <algorithm>

#include "engine/core/dead_letter.h"
#include "engine/core/record.h"
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

void ShardState::touch(std::uint32_t incident_slot, IncidentChange change) {
  IncidentState& incident = incidents_[incident_slot];
  if (!incident.pending) {
    incident.pending = change;
    touched_.push_back(incident_slot);
  } else if (*incident.pending == IncidentChange::updated) {
    incident.pending = change;
  } else if (change != IncidentChange::updated) {
    // Two turns of its life in one step: the first is told as it was, so that nobody misses an opening or a close.
    tell(incident_slot);
    incident.pending = change;
  }
}

void ShardState::tell_touched() {
  for (const std::uint32_t slot : touched_) tell(slot);
  touched_.clear();
}

/// One more than the last; behind a loss far more. Consumers may have been told revisions that are not known here any
/// more, and would take another content under one of their numbers for a copy: a close could go by unseen.
Revision ShardState::next_revision(IncidentState& incident) const {
  const std::uint64_t skipped = (losses_ - incident.losses) * limits::kRevisionsSkippedByLoss;
  incident.losses = losses_;
  return Revision{incident.revision.value() + skipped + 1};
}

void ShardState::tell(std::uint32_t incident_slot) {
  IncidentState& incident = incidents_[incident_slot];
  const AlertState& lead = alerts_[incident.lead];
  if (raise(incident) && incident.pending == IncidentChange::updated) incident.pending = IncidentChange::escalated;
  incident.revision = next_revision(incident);
  incident.updated_at = now_;
  route(incident);

  auto effect = std::make_shared<Effect>();
  effect->name = next_name();
  effect->kind = EffectKind::incident;
  effect->at = wall_clock_;
  effect->incident = incident.id;
  effect->revision = incident.revision;
  effect->change = *incident.pending;
  effect->priority = incident.priority();
  effect->tenant = incident.tenant;
  effect->audiences = incident.audiences;
  incident.told = {incident.severity(),
                   incident.priority(),
                   incident.members.size(),
                   incident.active,
                   incident.held,
                   incident.flapping,
                   describe_change(incident, lead, *rules_, *incident.pending)};
  if (incident.listed.empty()) write_listed(incident, alerts_, *rules_, incident.listed);
  const std::size_t flat_bytes = write_record(
      {incident, lead, incident.listed, *rules_, *incident.pending, incident.told.change, effect->name}, effect->value);
  if (std::ranges::any_of(effect->audiences, &Audience::flat)) {
    (effect->flat_value = effect->value.substr(0, flat_bytes)) += '}';
  }
  incident.pending.reset();
  incident.newest = effect;
  effects_->push_back(std::move(effect));
  ++counts_.effects;

  if (incident.status == IncidentStatus::closed) let_go(incident_slot);
}

void ShardState::let_go(std::uint32_t incident_slot) {
  IncidentState& incident = incidents_[incident_slot];
  for (const std::uint32_t member : incident.members) {
    AlertState& alert = alerts_[member];
    if (alert.incident != incident_slot) continue;  // it has gone to another
    if (alert.firing) {
      TOCSIN_CHECK(alert.standing != Standing::active, "an incident with an active member does not close");
      alert.incident = kNoSlot;  // held back from it: it goes on by itself
    } else {
      forget(member);
    }
  }
  incident.members.clear();
  incident.members.shrink_to_fit();
  incident.listed = {};
  drop_key(incident_slot);
  incident.words = {};
  closed_.push_back(incident_slot);
  if (closed_.size() <= kClosedIncidentsKept) return;
  const IncidentState& oldest = incidents_[closed_.front()];
  by_incident_id_.erase(oldest.id.bits);
  by_number_.erase(oldest.number);
  incidents_.release(closed_.front());
  closed_.pop_front();
}

void ShardState::tell_dead_letters(const Input& input) {
  auto effect = std::make_shared<Effect>();
  effect->name = next_name();
  effect->kind = EffectKind::dead_letter;
  effect->at = wall_clock_;
  effect->tenant = input.batch != nullptr ? input.batch->tenant : std::string(input.tenant);
  write_dead_letter(input, effect->value);
  effects_->push_back(std::move(effect));
  ++counts_.effects;
}

}  // namespace tocsin
