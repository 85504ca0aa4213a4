#include "engine/core/telling/teller.h"

#include <algorithm>

#include "engine/core/telling/change_text.h"
#include "engine/core/telling/incident_record.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

bool Teller::must_tell_first(std::uint32_t slot, IncidentChange change) const {
  const auto& pending = incidents_[slot].telling.pending;
  return pending && *pending != IncidentChange::updated && change != IncidentChange::updated;
}

void Teller::touch(std::uint32_t slot, IncidentChange change) {
  TOCSIN_CHECK(!must_tell_first(slot, change), "a turn of its life is told before the next");
  Telling& telling = incidents_[slot].telling;
  if (!telling.pending || *telling.pending == IncidentChange::updated) telling.pending = change;
  if (telling.is_touched) return;
  telling.is_touched = true;
  touched_.push_back({slot, incidents_[slot].number});
}

void Teller::say(std::uint32_t slot, std::string text) {
  Telling& telling = incidents_[slot].telling;
  TOCSIN_CHECK(telling.pending.has_value(), "what is said is told in the step");
  if (!telling.said.empty()) telling.said += ", ";
  telling.said += text;
}

std::uint32_t Teller::take_touched() {
  while (taken_ < touched_.size()) {
    const Touched& next = touched_[taken_++];
    const std::uint32_t slot = incidents_.slot_of(next.number, next.slot);
    if (slot == kNoSlot || !incidents_[slot].telling.is_touched) continue;
    incidents_[slot].telling.is_touched = false;
    return slot;
  }
  touched_.clear();
  taken_ = 0;
  return kNoSlot;
}

void Teller::forget(std::uint32_t slot) {
  TOCSIN_CHECK(incidents_[slot].telling.revision == Revision{}, "what was told is not forgotten");
  incidents_[slot].telling.is_touched = false;
}

bool Teller::is_urgent(const IncidentState& incident) {
  const Telling& telling = incident.telling;
  return !telling.said.empty() || *telling.pending != IncidentChange::updated ||
         incident.priority() < telling.priority || incident.severity() > telling.severity ||
         incident.cause != telling.cause || (is_update_overdue(incident) && !telling.update_overdue);
}

/// It is snoozed, and what is pending can wait for the end of that.
bool Teller::is_asleep(const IncidentState& incident) {
  const Telling& telling = incident.telling;
  const bool can_wait = *telling.pending == IncidentChange::updated || *telling.pending == IncidentChange::escalated;
  return incident.handling.snoozed_until != kUnset && can_wait && telling.said.empty() &&
         incident.severity() == telling.severity;
}

bool Teller::is_due(std::uint32_t slot, Instant now, const rules::Defaults& defaults) {
  IncidentState& incident = incidents_[slot];
  Telling& telling = incident.telling;
  if (!telling.pending) return false;  // it was told within the step
  telling.span = std::clamp(telling.span, defaults.fold_min, defaults.fold_max);
  if (now - telling.changed_at >= defaults.fold_max) telling.span = defaults.fold_min;
  telling.changed_at = now;
  if (is_asleep(incident)) {
    if (telling.fold_due == incident.handling.snoozed_until) return false;
    telling.fold_due = incident.handling.snoozed_until;
    folds_.add(telling.fold_due, incident.number, slot, incident.generation);
    return false;
  }
  if (is_urgent(incident)) return true;
  const Instant due = telling.told_at + telling.span;
  if (due <= now) return true;
  if (telling.fold_due == due) return false;
  telling.fold_due = due;
  folds_.add(due, incident.number, slot, incident.generation);
  return false;
}

std::uint32_t Teller::take_fold(Instant now) {
  const Deadline due = folds_.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  const std::uint32_t slot = incidents_.slot_of(due);
  if (slot == kNoSlot || incidents_[slot].telling.fold_due != now) return kNoSlot;
  TOCSIN_CHECK(incidents_[slot].telling.pending.has_value(), "a fold has something to tell");
  return slot;
}

std::shared_ptr<Effect> Teller::tell(std::uint32_t slot, const EffectName& name, Instant now, Instant day,
                                     const ConditionBook& conditions, const rules::RuleSet& rules, bool writes_record) {
  IncidentState& incident = incidents_[slot];
  Telling& telling = incident.telling;
  TOCSIN_CHECK(telling.pending.has_value(), "a revision says something");
  TOCSIN_CHECK((*telling.pending == IncidentChange::opened) == (telling.revision.value() == 0),
               "the first revision tells the opening, and no other does");
  TOCSIN_CHECK(incident.status != IncidentStatus::closed || *telling.pending == IncidentChange::closed,
               "the close is the last that is told");
  TOCSIN_CHECK((incident.status == IncidentStatus::merged) == (*telling.pending == IncidentChange::merged),
               "that it is merged is the last that is told");
  if (!is_urgent(incident)) {
    // Folded: the next gathers for twice as long.
    telling.span = std::min(std::max(telling.span, rules.defaults.fold_min) * 2, rules.defaults.fold_max);
  }
  const Condition& lead = conditions[incident.members.lead()];
  telling.revision = Revision{telling.revision.value() + 1};
  incident.updated_at = now;

  auto effect = std::make_shared<Effect>();
  effect->name = name;
  effect->kind = EffectKind::incident;
  effect->at = day;
  effect->incident = incident.id;
  effect->revision = telling.revision;
  effect->change = *telling.pending;
  effect->priority = incident.priority();
  effect->tenant = incident.tenant;
  effect->audiences = incident.audiences;
  telling.change = describe_change(incident, conditions, rules, *telling.pending, now);
  telling.reason = reason_of(incident, lead, rules);
  telling.newest = name;
  telling.newest_change = *telling.pending;
  telling.severity = incident.severity();
  telling.priority = incident.priority();
  telling.alerts = incident.members.joined();
  telling.active = incident.members.active();
  telling.held = incident.members.held();
  telling.flapping = incident.members.flapping();
  telling.absorbed = incident.absorbed;
  telling.escalations = incident.escalation.taken;
  telling.cause = incident.cause;
  telling.repeats = incident.repeats;
  telling.update_overdue = is_update_overdue(incident);
  telling.is_stale = false;
  telling.pending.reset();
  telling.said.clear();
  telling.told_at = now;
  telling.fold_due = kNever;
  // The lines that are kept are no part of what is remembered: the next record that is written makes those it lacks.
  if (!writes_record && !is_over(incident)) return effect;
  keep_lines(incident, incidents_, conditions, rules);
  const std::string title = title_of(incident, conditions);
  const std::size_t flat_bytes = write_record(
      {incident, title, lead, rules, effect->change, telling.change, telling.reason, effect->name}, effect->value);
  if (std::ranges::any_of(effect->audiences, &Audience::flat)) {
    (effect->flat_value = effect->value.substr(0, flat_bytes)) += '}';
  }
  return effect;
}

void Teller::skip_revisions() {
  for (const auto& [number, slot] : incidents_.by_number()) {
    IncidentState& incident = incidents_[slot];
    if (is_over(incident)) continue;
    Revision& revision = incident.telling.revision;
    revision = Revision{revision.value() + limits::kRevisionsSkippedByLoss};
  }
}

void Teller::member_changed(std::uint32_t incident, std::uint32_t condition) {
  Telling& telling = incidents_[incident].telling;
  telling.is_stale = true;
  std::erase_if(telling.lines, [&](const auto& line) { return line.first == condition; });
}

void Teller::take_up(std::uint32_t slot) {
  const IncidentState& incident = incidents_[slot];
  if (incident.telling.fold_due != kNever)
    folds_.add(incident.telling.fold_due, incident.number, slot, incident.generation);
}

void Teller::check() const {
  TOCSIN_CHECK(touched_.empty(), "all that was touched was looked at");
  for (const auto& [number, slot] : incidents_.by_number()) {
    const Telling& telling = incidents_[slot].telling;
    TOCSIN_CHECK(telling.pending.has_value() == (telling.fold_due != kNever), "what is pending has a fold");
    TOCSIN_CHECK(
        !telling.pending || *telling.pending == IncidentChange::updated ||
            (*telling.pending == IncidentChange::escalated && incidents_[slot].handling.snoozed_until != kUnset),
        "turns of a life are not folded");
    TOCSIN_CHECK(telling.said.empty(), "what was said is told in its step");
    TOCSIN_CHECK(
        incidents_[slot].status == IncidentStatus::merged || telling.alerts <= incidents_[slot].members.joined(),
        "what was told has happened");
  }
}

}  // namespace tocsin
