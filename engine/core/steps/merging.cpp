// Two incidents that turn out to be one. The one that ends is told while its members are still its own; then they, its
// groups and its history go on in the other. What was merged before anybody was told of it leaves no trace but a count.
// The older one goes on, and it may be the smaller: then the two exchange what people know of them, and the members of
// the older move, before those of the other.
#include <algorithm>
#include <utility>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

std::uint32_t ShardState::merge(std::uint32_t from_slot, std::uint32_t into_slot) {
  TOCSIN_CHECK(from_slot != into_slot, "an incident is not merged into itself");
  const Merging merging = begin_merge(from_slot, into_slot);
  const bool exchanges = incidents_[from_slot].members.present() > 2 * incidents_[into_slot].members.present();
  if (exchanges) {
    incidents_.exchange(from_slot, into_slot);
    std::swap(from_slot, into_slot);
  }
  IncidentState& from = incidents_[from_slot];
  IncidentState& into = incidents_[into_slot];
  const auto& [was_told, reopens, closes_at, escalation] = merging;
  move_members(from_slot, into_slot, exchanges);
  groups_.hand_over(from, into_slot, into);
  into.first_event_at = std::min(into.first_event_at, from.first_event_at);
  into.last_event_at = std::max(into.last_event_at, from.last_event_at);
  into.newest_member_at = std::max(into.newest_member_at, from.newest_member_at);
  into.repeats += from.repeats;
  into.times.in_maintenance |= from.times.in_maintenance;
  for (const Note& note : from.notes) add_note(into.notes, note);
  take_over_progress(from, into);
  if (into.handling.owner.empty()) {
    into.handling.owner = from.handling.owner;
    into.handling.owns_by_ack = from.handling.owns_by_ack;
  }
  if (into.status == IncidentStatus::resolved && from.handling.resolved_by_hand) into.handling.resolved_by_hand = true;
  for (const Note& note : from.notes) add_note(into.notes, note);
  into.absorbed += from.absorbed + (was_told ? 1 : 0);
  // Monotonic until somebody acknowledges it.
  if (from.raised && (!into.raised || from.raised->to < into.raised->to)) {
    into.raised = from.raised;
    into.raised->of_members = into.members.priority();
  }
  // It has waited for somebody as long as the one that waits longer.
  Instant waits_since = reopens ? escalation.waits_since : into.escalation.waits_since;
  if (waits_since != kUnset && escalation.waits_since != kUnset)
    waits_since = std::min(waits_since, escalation.waits_since);
  into.escalation.take_in(escalation, waits_since);
  if (was_told) {
    from.telling.lines = {};
    incidents_.keep_closed(from_slot);
  } else {
    incidents_.dissolve(from_slot);
  }
  if (reopens) {
    incidents_.reopen(into_slot, now_);
    ++counts_.incidents_reopened;
    ++counts_.incidents_open;
  } else if (into.status == IncidentStatus::resolved) {
    incidents_.stay_resolved(into_slot, closes_at);
  }
  if (into.members.one_ended_too_many(limits::kEndedMembersMax)) let_go_of_ended(into_slot);
  TOCSIN_CHECK(is_live(into) == into.members.any_fires() || into.status == IncidentStatus::resolved,
               "what fires of it keeps it open");
  return into_slot;
}

/// It is told, its members still its own.
ShardState::Merging ShardState::begin_merge(std::uint32_t from_slot, std::uint32_t into_slot) {
  IncidentState& from = incidents_[from_slot];
  IncidentState& into = incidents_[into_slot];
  TOCSIN_CHECK(!is_over(from) && !is_over(into), "what is merged is not over");
  TOCSIN_CHECK(from.tenant == into.tenant, "tenants share no incidents");
  if (trace_ != nullptr) trace_->merged(from, into);
  topology_.merged(from.number, into.number, now_);
  const bool was_live = is_live(from);
  Merging merging;
  merging.closes_at = from.closes_at;
  merging.escalation = from.escalation;  // before its clock stops
  merging.was_told = from.telling.revision != Revision{};
  merging.reopens = was_live && into.status == IncidentStatus::resolved;
  touch(into_slot, merging.reopens ? IncidentChange::reopened : IncidentChange::updated);
  if (merging.was_told) {
    touch(from_slot, IncidentChange::merged);
    incidents_.end_as_merged(from_slot, into.id, now_);
    tell(from_slot);
  } else {
    TOCSIN_CHECK(from.telling.pending == IncidentChange::opened, "what was never told was opened in this step");
    teller_.forget(from_slot);
  }
  if (was_live) {
    TOCSIN_CHECK(counts_.incidents_open > 0, "what is merged was counted as open");
    --counts_.incidents_open;
  }
  ++counts_.incidents_merged;
  return merging;
}

/// What people did along the plan of the one that ends: nobody does it twice. Who has a role there keeps his.
void ShardState::take_over_progress(const IncidentState& from, IncidentState& into) {
  if (into.plan == nullptr) into.plan = from.plan;
  if (from.progress == nullptr) return;
  PlanProgress& progress = progress_of(into);
  for (const PlanProgress::Done& done : from.progress->done) {
    if (progress.done.size() < limits::kStepsDoneMax && progress.find_done(done.step) == nullptr)
      progress.done.push_back(done);
  }
  for (const PlanProgress::Given& given : from.progress->roles) {
    if (progress.roles.size() < limits::kIncidentRolesMax && who_is(given.role, into.plan.get(), &progress).empty())
      progress.give(given.role, given.who, given.by);
  }
}

/// `comes_before`: its members were there before those of `into`, and stand and rank so.
void ShardState::move_members(std::uint32_t from_slot, std::uint32_t into_slot, bool comes_before) {
  IncidentState& from = incidents_[from_slot];
  IncidentState& into = incidents_[into_slot];
  const auto is_here = [&](std::uint32_t slot) {
    bool found = false;
    conditions_[slot].for_each_membership([&](const Membership& one) { found |= one.incident == into_slot; });
    if (!found) return false;
    if (from.nodes != nullptr && conditions_[slot].node != kNoSlot && conditions_[slot].standing == Standing::active) {
      fire_on_node(from, slot, false);
    }
    // The incident that goes on takes the rank, primary or not, of the one that ends.
    Condition& alert = conditions_[slot];
    const bool was_primary = alert.primary.incident == from_slot;
    const bool had_lost = alert.lost_primary;
    leave_incident(slot, from_slot);
    alert.lost_primary = had_lost;
    if (was_primary && alert.primary.incident != into_slot) {
      const auto other = std::ranges::find(*alert.others, into_slot, &Membership::incident);
      std::swap(alert.primary, *other);
    }
    member_changed(slot);  // the one that goes on may have said that its primary incident is the other
    return true;
  };
  const auto moved = [&](std::uint32_t slot, std::uint32_t place) {
    Condition& alert = conditions_[slot];
    alert.for_each_membership([&](Membership& one) {
      if (one.incident == from_slot) one = {into_slot, place};
    });
    if (alert.others != nullptr) member_changed(slot);  // others say where its primary incident is
    if (into.shared_labels != nullptr) into.shared_labels->add(alert.texts, key_);
    if (into.spread != nullptr && alert.standing == Standing::active) {
      into.spread->services.add(alert.texts[Field::service]);
      into.spread->hosts.add(alert.texts[Field::host]);
    }
  };
  if (comes_before) {
    into.members.take_over_before(from.members, is_here, moved);
    // What was counted of it goes on being counted.
    if (from.spread != nullptr) count_spread(into);
    if (from.shared_labels != nullptr) count_shared_labels(into);
    // Those that did not move are of an incident of another name from here on, which their other incidents say.
    if (has_several_) {
      into.members.for_each([&](std::uint32_t slot) {
        if (conditions_[slot].others != nullptr) member_changed(slot);
      });
    }
  } else {
    into.members.take_over(from.members, is_here, moved);
  }
  from.spread.reset();
  from.shared_labels.reset();
  if (from.nodes != nullptr) {
    if (into.nodes == nullptr) into.nodes = std::make_unique<FiringNodes>();
    into.nodes->take_over(*from.nodes, topology_, comes_before);
    from.nodes.reset();
  } else if (comes_before && into.nodes != nullptr) {
    into.nodes->set_named(kNoSlot);  // the cause that people know is none of theirs
  }
}

}  // namespace tocsin
