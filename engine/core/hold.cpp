// What the phase suppress means for alerts and incidents. What is held back opens, reopens and raises nothing; members
// that are held back keep their incident open until they end, with the rank that they had. What is released is looked
// at as if it arrived then.
#include "engine/core/shard_state.h"

namespace tocsin {

void ShardState::take_roles(std::uint32_t slot, const rules::Facts& facts) {
  suppression_.enter(alerts_[slot], slot, facts, rule_memo_, scratch_, key_, moment(), deadlines_);
}

/// After a firing that may have another rank. A member that is held back does not move its incident: its rank waits for
/// the release.
void ShardState::take_rank(std::uint32_t slot, const AlertRank& old) {
  AlertState& alert = alerts_[slot];
  if (alert.incident == kNoSlot) return;
  if (suppression_.reason(alert)) {
    set_rank(alert, old);
  } else if (alert.severity != old.severity || alert.priority != old.priority) {
    member_ranked(slot, old.severity, old.priority);
  }
}

/// It fires, and is idle.
void ShardState::admit(std::uint32_t slot, const CategorisedAlert& categorised) {
  AlertState& alert = alerts_[slot];
  if (const auto reason = suppression_.reason(alert)) return hold_back(slot, *reason);
  const Duration settle = suppression_.settle(alert);
  const bool opens_nothing = alert.incident != kNoSlot && is_live(incidents_[alert.incident]);
  if (settle == Duration{0} || opens_nothing) return let_in(slot, categorised);
  alert.standing = Standing::waits;
  // The bound is inclusive: an inhibitor that comes at it is in time.
  alert.settled_at = now_ + settle + Duration{1};
  deadlines_.add(alert.settled_at, DeadlineKind::alert_settles, slot, alert.generation);
}

void ShardState::let_in(std::uint32_t slot, const CategorisedAlert& categorised) {
  const AlertState& alert = alerts_[slot];
  if (alert.incident != kNoSlot && incidents_[alert.incident].status != IncidentStatus::closed) {
    member_fires_again(slot);
  } else {
    join(slot, categorised);
  }
}

/// It fires as before, but its words have changed: other rules may take it.
void ShardState::reconsider(std::uint32_t slot, const CategorisedAlert& categorised) {
  if (alerts_[slot].standing == Standing::idle) return admit(slot, categorised);
  look_again(slot);
}

void ShardState::settle(std::uint32_t slot) {
  AlertState& alert = alerts_[slot];
  if (alert.settled_at != now_) return;  // it ended or was held back meanwhile
  alert.settled_at = kNever;
  alert.standing = Standing::idle;
  recall(slot);
  let_in(slot, categorised_);
}

void ShardState::look_at_turned() {
  for (std::uint32_t slot = suppression_.take_turned(); slot != kNoSlot; slot = suppression_.take_turned()) {
    look_again(slot);
  }
}

void ShardState::look_again(std::uint32_t slot) {
  const AlertState& alert = alerts_[slot];
  if (const auto reason = suppression_.reason(alert)) return hold_back(slot, *reason);
  if (alert.standing == Standing::held) release(slot);
}

void ShardState::hold_back(std::uint32_t slot, HoldReason reason) {
  AlertState& alert = alerts_[slot];
  alert.held_by = reason;
  if (alert.standing == Standing::held) return;
  const bool was_active = alert.standing == Standing::active;
  alert.standing = Standing::held;
  alert.settled_at = kNever;
  ++counts_.alerts_held;
  if (alert.incident == kNoSlot) return;
  IncidentState& incident = incidents_[alert.incident];
  if (is_live(incident)) touch(alert.incident, IncidentChange::updated);
  if (was_active) --incident.active;
  ++incident.held;
}

void ShardState::release(std::uint32_t slot) {
  AlertState& alert = alerts_[slot];
  alert.standing = Standing::idle;
  alert.held_by = {};
  --counts_.alerts_held;
  if (alert.incident != kNoSlot) --incidents_[alert.incident].held;
  recall(slot);
  admit(slot, categorised_);
}

/// Makes `categorised_` what it would be if the alert arrived now, and gives the alert the rank that follows.
void ShardState::recall(std::uint32_t slot) {
  AlertState& alert = alerts_[slot];
  recall_facts(slot);
  categorise(rule_memo_, scratch_, categorised_);
  const rules::Facts& facts = categorised_.facts;
  const AlertRank old = rank_of(alert);
  set_rank(alert, {facts.severity, categorised_.impact, categorised_.urgency, categorised_.priority});
  if (alert.incident != kNoSlot && (alert.severity != old.severity || alert.priority != old.priority)) {
    member_ranked(slot, old.severity, old.priority);
  }
}

/// Makes the facts of `categorised_` what is remembered of the alert.
void ShardState::recall_facts(std::uint32_t slot) {
  const AlertState& alert = alerts_[slot];
  scratch_.clear();
  categorised_ = CategorisedAlert{};
  rules::Facts& facts = categorised_.facts;
  for (const FieldInfo& info : fields()) facts[info.field] = alert.texts[info.field];
  facts.tier = alert.tier;
  facts.starts_at = alert.starts_at;
  facts.received_at = moment().wall;
  facts.severity = alert.severity;
  alert.texts.list(recalled_labels_, recalled_annotations_);
  rule_memo_.set_labels(facts, recalled_labels_, recalled_annotations_);
}

std::string_view ShardState::held_by(const AlertState& alert) const {
  return alert.held_by ? suppression_.name_of(alert.held_by) : std::string_view{};
}

}  // namespace tocsin
