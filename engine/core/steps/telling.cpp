// When incidents are told, and by which effects. What is said and when is the teller's.
#include <utility>

#include "engine/core/shard_state.h"
#include "engine/core/telling/dead_letter.h"
#include "engine/model/check.h"

namespace tocsin {

void ShardState::touch(std::uint32_t incident_slot, IncidentChange change) {
  // Two turns of its life in one step: the first is told as it was, so that nobody misses an opening or a close.
  if (teller_.must_tell_first(incident_slot, change)) tell(incident_slot);
  teller_.touch(incident_slot, change);
}

void ShardState::tell_touched() {
  for (std::uint32_t slot = teller_.take_touched(); slot != kNoSlot; slot = teller_.take_touched()) {
    tell_if_due(slot);
    incidents_.rank(slot);
  }
}

void ShardState::tell_if_due(std::uint32_t incident_slot) {
  IncidentState& incident = incidents_[incident_slot];
  auto& pending = incident.telling.pending;
  if (!pending) return;
  find_cause(incident);
  look_at_acknowledgement(incident_slot);
  if (raise(incident) && *pending == IncidentChange::updated) pending = IncidentChange::escalated;
  if (teller_.is_due(incident_slot, now_, rules_->defaults)) {
    tell(incident_slot);
  } else {
    look_ahead(incident_slot);
    if (trace_ != nullptr) trace_->folded(incident, incident.telling.fold_due);
  }
}

void ShardState::tell(std::uint32_t incident_slot) {
  IncidentState& incident = incidents_[incident_slot];
  auto& pending = incident.telling.pending;
  TOCSIN_CHECK(pending.has_value(), "what is told is pending");
  find_cause(incident);
  look_at_acknowledgement(incident_slot);
  // What it was to be quiet about is another thing now.
  if (incident.handling.snoozed_until != kUnset && incident.severity() != incident.telling.severity)
    wake(incident_slot);
  const auto escalate = [&] {
    if (!raise(incident)) return false;
    if (*pending == IncidentChange::updated) pending = IncidentChange::escalated;
    return true;
  };
  escalate();
  route(incident);
  // The group that its plan has in reserve is known once it has a plan.
  if (rules_->calls_standby && escalate()) route(incident);
  look_at_update(incident_slot);
  look_ahead(incident_slot);
  const IncidentChange change = *pending;
  auto effect = teller_.tell(incident_slot, next_name(), now_, wall_clock_, conditions_, *rules_, writes_records_);
  if (trace_ != nullptr) trace_->told(incident, change);
  if (is_over(incident)) {
    incident.telling.closed = effect;
    incident.telling.closed_texts.reset();
  }
  emit(std::move(effect));
  if (incident.status == IncidentStatus::closed) {
    count_times(incident);
    let_go(incident_slot);
  }
  incidents_.rank(incident_slot);  // a fold is told without a touch, and may raise it
}

void ShardState::emit(std::shared_ptr<Effect> effect) {
  TOCSIN_CHECK(effects_ != nullptr, "effects are of an input");
  effects_->push_back(std::move(effect));
  ++counts_.effects;
}

void ShardState::tell_dead_letters(const Input& input) {
  auto effect = std::make_shared<Effect>();
  effect->name = next_name();
  effect->kind = EffectKind::dead_letter;
  effect->at = wall_clock_;
  effect->tenant = input.batch != nullptr ? input.batch->tenant : std::string(input.tenant);
  if (writes_records_) write_dead_letter(input, effect->value);
  emit(std::move(effect));
}

}  // namespace tocsin
