// One incident that turns out to be two: some of its alerts go on in another, by hand. Each goes as it stands; what is
// left behind is resolved when nothing of it fires any more. Rules decide nothing here: an alert that was moved stays
// where people put it, new ones of the group join the incident that the group had.
#include <algorithm>

#include "engine/core/commands/command_words.h"
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/hash.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

/// Sixteen hex digits, as queries write a fingerprint.
bool is_fingerprint(std::string_view text) {
  return text.size() == kFingerprintDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

/// Members whose name or fingerprint is among those that are wanted, in the order of joining. Each of these must be
/// there, and somebody must stay.
CommandOutcome ShardState::choose_members(const IncidentState& incident, const std::vector<std::string>& wanted,
                                          std::vector<std::uint32_t>& slots) const {
  std::vector<bool> is_there(wanted.size(), false);
  const bool has_fingerprints = std::ranges::any_of(wanted, is_fingerprint);
  incident.members.for_each([&](std::uint32_t slot) {
    const Condition& alert = conditions_[slot];
    const std::string fingerprint = has_fingerprints ? to_text(fingerprint_of(alert)) : std::string{};
    bool is_wanted = false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] != alert.texts[Field::name] && wanted[i] != fingerprint) continue;
      is_there[i] = is_wanted = true;
    }
    if (is_wanted) slots.push_back(slot);
  });
  if (std::ranges::find(is_there, false) != is_there.end()) return CommandOutcome::unknown_alert;
  // All of it is a merge, or nothing.
  return slots.size() == incident.members.present() ? CommandOutcome::not_possible : CommandOutcome::applied;
}

/// It has the rule and key of the one that it comes from, and takes in nobody by itself.
std::uint32_t ShardState::open_by_hand(const IncidentState& from) {
  const std::string of = to_text(from.id);
  const std::uint32_t slot = incidents_.add(now_);
  IncidentState& incident = incidents_[slot];
  incident.opening = position_;
  std::string text =
      "split\xff" + of + '\xff' + std::to_string(position_.value()) + '\xff' + std::to_string(incident.number);
  if (life_.epoch > 0) {
    for (const std::uint64_t part : {life_.journal, std::uint64_t{life_.epoch}})
      (text += '\xff') += std::to_string(part);
  }
  incident.id = IncidentId{published_key().hash(text)};
  incident.group_key = published_key().hash(text);
  incident.by_hand = true;
  incident.rule_id = from.rule_id;
  incident.rule_set = from.rule_set;
  incident.correlation_key = from.correlation_key;
  incident.tenant = from.tenant;
  incident.first_event_at = incident.last_event_at = incident.newest_member_at = now_;
  incident.handling.drill = from.handling.drill;
  incidents_.name(slot);
  ++counts_.incidents_opened;
  ++counts_.incidents_open;
  touch(slot, IncidentChange::opened);
  return slot;
}

CommandOutcome ShardState::split(std::uint32_t from_slot, const Command& command) {
  if (incidents_[from_slot].rule_id == rules::kStormRule) return CommandOutcome::not_possible;  // it adds up
  std::vector<std::uint32_t> slots;
  if (const auto outcome = choose_members(incidents_[from_slot], command.alerts, slots);
      outcome != CommandOutcome::applied)
    return outcome;
  const auto fires = [this](std::uint32_t slot) {
    return conditions_[slot].standing == Standing::active || conditions_[slot].standing == Standing::held;
  };
  if (std::ranges::none_of(slots, fires)) return CommandOutcome::nothing_fires;
  const std::uint32_t into_slot = open_by_hand(incidents_[from_slot]);
  move_some(from_slot, into_slot, slots);
  teller_.say(into_slot, "split off " + to_text(incidents_[from_slot].id) + by_and_why(command));
  teller_.say(from_slot, std::to_string(slots.size()) + (slots.size() == 1 ? " alert" : " alerts") + " split off as " +
                             to_text(incidents_[into_slot].id) + by_and_why(command));
  return CommandOutcome::applied;
}

CommandOutcome ShardState::move_alerts(std::uint32_t from_slot, const Command& command) {
  CommandOutcome outcome{};
  const std::uint32_t into_slot = find_incident(command.to, outcome);
  if (into_slot == kNoSlot) return outcome;
  if (incidents_[into_slot].status == IncidentStatus::merged) return CommandOutcome::already_merged;
  if (incidents_[into_slot].status == IncidentStatus::closed) return CommandOutcome::already_closed;
  if (into_slot == from_slot || incidents_[into_slot].tenant != incidents_[from_slot].tenant)
    return CommandOutcome::not_possible;
  for (const std::uint32_t slot : {from_slot, into_slot}) {
    if (incidents_[slot].rule_id == rules::kStormRule) return CommandOutcome::not_possible;  // it adds up
  }
  std::vector<std::uint32_t> slots;
  outcome = choose_members(incidents_[from_slot], command.alerts, slots);
  if (outcome != CommandOutcome::applied) return outcome;
  move_some(from_slot, into_slot, slots);
  const std::string what = std::to_string(slots.size()) + (slots.size() == 1 ? " alert" : " alerts") + " moved ";
  teller_.say(into_slot, what + "from " + to_text(incidents_[from_slot].id) + by_and_why(command));
  teller_.say(from_slot, what + "to " + to_text(incidents_[into_slot].id) + by_and_why(command));
  return CommandOutcome::applied;
}

/// Requires: both are not over; each of `slots` is a member of the first, where somebody else stays.
void ShardState::move_some(std::uint32_t from_slot, std::uint32_t into_slot, const std::vector<std::uint32_t>& slots) {
  const auto still_fires = [&](std::uint32_t slot) {
    return conditions_[slot].standing == Standing::active || conditions_[slot].standing == Standing::held;
  };
  const auto firing = static_cast<std::uint64_t>(std::ranges::count_if(slots, still_fires));
  const bool was_live = is_live(incidents_[from_slot]);
  const std::uint64_t fired = incidents_[from_slot].members.active() + incidents_[from_slot].members.held();
  TOCSIN_CHECK(firing <= fired, "who fires was counted where it was a member");
  const bool resolves = was_live && fired == firing;
  const bool reopens = firing > 0 && incidents_[into_slot].status == IncidentStatus::resolved;
  touch(from_slot, resolves ? IncidentChange::resolved : IncidentChange::updated);
  touch(into_slot, reopens ? IncidentChange::reopened : IncidentChange::updated);
  IncidentState& from = incidents_[from_slot];
  IncidentState& into = incidents_[into_slot];
  for (const std::uint32_t slot : slots) {
    Condition& alert = conditions_[slot];
    const bool counts = alert.standing == Standing::active;
    Membership* membership = nullptr;
    alert.for_each_membership([&](Membership& one) {
      if (one.incident == from_slot) membership = &one;
    });
    TOCSIN_CHECK(membership != nullptr, "who is moved was a member");
    if (counts && alert.node != kNoSlot) fire_on_node(from, slot, false);
    if (counts && from.spread != nullptr) {
      from.spread->services.remove(alert.texts[Field::service]);
      from.spread->hosts.remove(alert.texts[Field::host]);
    }
    teller_.member_changed(from_slot, slot);
    const MemberList::Member taken = from.members.take_out(membership->place);
    // What was told of it there was told of another incident, as it turns out.
    Telling& told = from.telling;
    if (taken.standing == MemberList::Standing::active && told.active > 0) --told.active;
    if (taken.standing == MemberList::Standing::held && told.held > 0) --told.held;
    if (taken.flaps && told.flapping > 0) --told.flapping;
    if (is_in(alert, into_slot)) {
      leave_incident(slot, from_slot);
      continue;
    }
    if (from.shared_labels != nullptr) from.shared_labels->remove(alert.texts, key_);
    *membership = {into_slot, into.members.take_in(taken)};
    if (into.shared_labels != nullptr) into.shared_labels->add(alert.texts, key_);
    if (counts && alert.node != kNoSlot) fire_on_node(into, slot, true);
    if (counts && into.spread != nullptr) {
      into.spread->services.add(alert.texts[Field::service]);
      into.spread->hosts.add(alert.texts[Field::host]);
    }
    into.first_event_at = std::min(into.first_event_at, event_time_of(alert));
    into.newest_member_at = std::max(into.newest_member_at, event_time_of(alert));
    if (alert.notes != nullptr) {
      for (const Note& note : *alert.notes) add_note(into.notes, note);
    }
    member_changed(slot);
    if (trace_ != nullptr) trace_->joined(alert, into);
  }
  from.telling.alerts = std::min(from.telling.alerts, from.members.joined());
  from.members.compact([&](std::uint32_t slot, std::uint32_t place) {
    conditions_[slot].for_each_membership([&](Membership& one) {
      if (one.incident == from_slot) one.place = place;
    });
  });
  if (resolves) {
    incidents_.resolve(from_slot, now_, rules_->dedup.reopen_within);
    ++counts_.incidents_resolved;
    TOCSIN_CHECK(counts_.incidents_open > 0, "what resolves was counted as open");
    --counts_.incidents_open;
  }
  if (reopens) reopen_incident(into_slot);
  if (into.members.one_ended_too_many(limits::kEndedMembersMax)) let_go_of_ended(into_slot);
}

}  // namespace tocsin
