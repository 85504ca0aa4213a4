// What people want done: commands on incidents, and the end of a snooze. Each is applied or refused by name, written to
// the audit log and told at once. Commands on silences are in silencing.cpp.
#include <algorithm>
#include <charconv>

#include "engine/core/commands/command_words.h"
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/command.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {

void ShardState::obey(const Command& command) {
  if (command.kind == CommandKind::heartbeat) return beat(command);
  AuditEntry entry;
  entry.position = position_;
  entry.at = moment().wall;
  entry.kind = command.kind;
  entry.command_id = command.command_id;
  entry.by = command.by;
  entry.from = command.from;
  entry.text = command.text;
  if (log_.knows(command.command_id)) {
    entry.outcome = CommandOutcome::repeated;
  } else if (is_of_incident(command.kind)) {
    entry.outcome = obey_for_incident(command, entry);
  } else {
    entry.outcome = obey_for_silence(command, entry);
  }
  take_facts();
  tell_touched();
  write_down(std::move(entry));
}

/// Into the audit log, and out to those who read along.
void ShardState::write_down(AuditEntry entry) {
  ++counts_.commands[static_cast<std::size_t>(entry.outcome)];
  const AuditEntry& kept = log_.add(std::move(entry));
  if (trace_ != nullptr) trace_->obeyed(kept);
  auto effect = std::make_shared<Effect>();
  effect->name = next_name();
  effect->kind = EffectKind::audit;
  effect->at = wall_clock_;
  effect->incident = kept.incident;
  write_audit(kept, effect->value);
  emit(std::move(effect));
}

/// By number in order of opening, by id, or by the beginning of an id that no other has.
std::uint32_t ShardState::find_incident(std::string_view which, CommandOutcome& outcome) const {
  outcome = CommandOutcome::unknown_incident;
  if (std::ranges::all_of(which, [](char c) { return c >= '0' && c <= '9'; })) {
    std::uint64_t number = 0;
    std::from_chars(which.data(), which.data() + which.size(), number);
    const auto found = incidents_.by_number().find(number);
    return found == incidents_.by_number().end() ? kNoSlot : found->second;
  }
  IncidentId id;
  if (parse_incident_id(which, id)) return incidents_.find(id);
  const std::vector<std::uint32_t> found = incidents_.find_by_prefix(which);
  if (found.size() > 1) outcome = CommandOutcome::ambiguous_incident;
  return found.size() == 1 ? found.front() : kNoSlot;
}

CommandOutcome ShardState::obey_for_incident(const Command& command, AuditEntry& entry) {
  CommandOutcome outcome{};
  const std::uint32_t slot = find_incident(command.incident, outcome);
  if (slot == kNoSlot) return outcome;
  const IncidentState& incident = incidents_[slot];
  entry.incident = incident.id;
  if (incident.status == IncidentStatus::merged) return CommandOutcome::already_merged;
  if (incident.status == IncidentStatus::closed && command.kind != CommandKind::score)
    return CommandOutcome::already_closed;
  if (command.if_revision && *command.if_revision != incident.telling.revision.value())
    return CommandOutcome::stale_revision;
  const HandledTexts before(incident, *rules_);
  const std::uint64_t number = incident.number;
  outcome = act_on(slot, command);
  // What was merged may be gone, or told already, and lie elsewhere.
  const std::uint32_t now_at = incidents_.slot_of(number, slot);
  if (outcome == CommandOutcome::applied && now_at != kNoSlot)
    entry.change = before.difference(HandledTexts(incidents_[now_at], *rules_));
  return outcome;
}

/// Requires: the incident is neither closed nor merged, or it is scored.
CommandOutcome ShardState::act_on(std::uint32_t slot, const Command& command) {
  using enum CommandOutcome;
  IncidentState& incident = incidents_[slot];
  Handling& handling = incident.handling;
  const bool is_resolved = incident.status == IncidentStatus::resolved;
  const auto say = [&](IncidentChange change, std::string text) {
    touch(slot, change);
    teller_.say(slot, std::move(text));
  };
  switch (command.kind) {
    case CommandKind::ack:
      if (is_resolved) return already_resolved;
      if (incident.status == IncidentStatus::acknowledged) return unchanged;
      say(IncidentChange::acknowledged, "acknowledged" + by_and_why(command));
      incident.status = IncidentStatus::acknowledged;
      incident.escalation.waits_since = kUnset;
      if (handling.acknowledged_at == kUnset) handling.acknowledged_at = now_;
      handling.acknowledged_by = command.by;
      handling.acknowledged_severity = incident.members.severity();
      if (handling.owner.empty() && !command.by.empty()) {
        handling.owner = command.by;
        handling.owns_by_ack = true;
      }
      return applied;
    case CommandKind::unack:
      if (is_resolved) return already_resolved;
      if (incident.status != IncidentStatus::acknowledged) return unchanged;
      say(IncidentChange::updated, "acknowledgement taken back" + by_and_why(command));
      incident.status = IncidentStatus::open;
      incident.escalation.waits_since = now_;
      handling.acknowledged_at = kUnset;
      handling.acknowledged_by.clear();
      if (handling.owns_by_ack) handling.owner.clear();
      handling.owns_by_ack = false;
      return applied;
    case CommandKind::resolve:
      if (is_resolved) return unchanged;
      say(IncidentChange::resolved, "resolved" + by_and_why(command));
      incidents_.resolve(slot, now_, rules_->dedup.reopen_within, true);
      ++counts_.incidents_resolved;
      TOCSIN_CHECK(counts_.incidents_open > 0, "what resolves was counted as open");
      --counts_.incidents_open;
      return applied;
    case CommandKind::reopen:
      if (!is_resolved) return not_resolved;
      if (!incident.members.any_fires()) return nothing_fires;
      say(IncidentChange::reopened, "reopened" + by_and_why(command));
      reopen_incident(slot);
      return applied;
    case CommandKind::assign:
      if (handling.owner == command.to && !handling.owns_by_ack) return unchanged;
      say(IncidentChange::updated, "assigned to " + command.to + by_and_why(command));
      handling.owner = command.to;
      handling.owns_by_ack = false;
      return applied;
    case CommandKind::note:
      say(IncidentChange::updated, "note" + by_and_why(command));
      handling.notes.push_back({now_, command.by, command.text});
      if (handling.notes.size() > limits::kIncidentNotesMax) handling.notes.pop_front();
      count_as_update(slot, command.by);
      return applied;
    case CommandKind::snooze: {
      if (is_resolved) return already_resolved;
      const Instant until = command.until != kUnset ? from_day(command.until) : now_ + *command.span;
      if (until <= now_) return bad_time;
      if (handling.snoozed_until == until) return unchanged;
      say(IncidentChange::updated, "snoozed until " + to_rfc3339(until) + by_and_why(command));
      incidents_.snooze(slot, until);
      return applied;
    }
    case CommandKind::unsnooze:
      if (handling.snoozed_until == kUnset) return unchanged;
      say(IncidentChange::updated, "snooze ended" + by_and_why(command));
      wake(slot);
      return applied;
    case CommandKind::priority:
      if (handling.priority == command.priority) return unchanged;
      say(IncidentChange::updated, "priority set to " + std::string{name_of(*command.priority)} + by_and_why(command));
      handling.priority = command.priority;
      handling.ranked_by = command.by;
      return applied;
    case CommandKind::severity: {
      const auto& scale = rules_->severity.scale;
      const auto named = std::ranges::find(scale, command.to);
      if (named == scale.end()) return bad_value;
      const Severity severity{static_cast<std::uint8_t>(named - scale.begin())};
      if (handling.severity == severity) return unchanged;
      say(IncidentChange::updated, "severity set to " + command.to + by_and_why(command));
      handling.severity = severity;
      handling.ranked_by = command.by;
      return applied;
    }
    case CommandKind::drill: {
      const bool on = command.on.value_or(true);
      if (handling.drill == on) return unchanged;
      say(IncidentChange::updated, (on ? "marked as a drill" : "marked as no drill") + by_and_why(command));
      handling.drill = on;
      return applied;
    }
    case CommandKind::merge: {
      CommandOutcome outcome{};
      const std::uint32_t into = find_incident(command.to, outcome);
      if (into == kNoSlot) return outcome;
      if (incidents_[into].status == IncidentStatus::merged) return already_merged;
      if (incidents_[into].status == IncidentStatus::closed) return already_closed;
      if (into == slot || incidents_[into].tenant != incident.tenant) return not_possible;
      // Who is folded into a storm goes on by himself when it is over.
      if (incident.rule_id == rules::kStormRule || incidents_[into].rule_id == rules::kStormRule) return not_possible;
      const std::string what = to_text(incident.id) + " merged into it" + by_and_why(command);
      const std::uint32_t one = merge(slot, into);
      touch(one, IncidentChange::updated);
      teller_.say(one, what);
      return applied;
    }
    case CommandKind::split:
      return split(slot, command);
    case CommandKind::move:
      return move_alerts(slot, command);
    case CommandKind::plan_step:
      return do_step(slot, command);
    case CommandKind::roles:
      return give_roles(slot, command);
    case CommandKind::score:
      return score(slot, command);
    default:
      return not_possible;
  }
}

/// Requires: it is resolved, and something of it fires.
void ShardState::reopen_incident(std::uint32_t slot) {
  incidents_.reopen(slot, now_);
  ++counts_.incidents_reopened;
  ++counts_.incidents_open;
}

/// An acknowledgement is of what there was by then: above that severity somebody has to look again.
void ShardState::look_at_acknowledgement(std::uint32_t slot) {
  IncidentState& incident = incidents_[slot];
  if (incident.status != IncidentStatus::acknowledged) return;
  if (incident.members.severity() <= incident.handling.acknowledged_severity) return;
  incident.status = IncidentStatus::open;
  incident.escalation.waits_since = now_;
  teller_.say(slot, "no longer acknowledged: it is more severe");
}

/// What happened meanwhile is told now, and that it is still there.
void ShardState::end_snooze(std::uint32_t slot) {
  wake(slot);
  if (!is_live(incidents_[slot])) return;
  touch(slot, IncidentChange::updated);
  teller_.say(slot, "snooze ended");
}

/// An instant of the day as one of ours; what is not ahead is now.
Instant ShardState::from_day(Instant day) const { return day > moment().wall ? moment().when(day) : now_; }

}  // namespace tocsin
