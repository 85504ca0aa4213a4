// kind: topology. An alert that fires looks for incidents that have one within reach of its node; they and its own are
// one from then on, the oldest. The cause of an incident is picked of the nodes on which it fires, when it is told.
#include <algorithm>

#include "engine/core/correlation/event_time.h"
#include "engine/core/shard_state.h"
#include "engine/model/check.h"

namespace tocsin {

/// Where it stands from here on, while it fires.
TopologyPlace ShardState::stand_on_node(Condition& alert, const rules::Facts& facts) {
  TOCSIN_CHECK(alert.standing == Standing::idle, "who fires stays where it stands");
  alert.node = kNoSlot;
  if (!topology_.has_rules()) return {};
  const TopologyPlace place = topology_.place(alert.texts, facts, rule_memo_.values(), scratch_, key_);
  alert.node = place.node;
  return place;
}

/// What an incident of which a point speaks is now; 0: over.
std::uint64_t ShardState::number_now(std::uint64_t incident) const {
  const std::uint64_t now = topology_.became(incident);
  const auto found = incidents_.by_number().find(now);
  return found == incidents_.by_number().end() || is_over(incidents_[found->second]) ? 0 : now;
}

/// All incidents that are near, and `incident`, the alert's own if it has one, become the oldest of them; gives that;
/// kNoSlot: there is none. Those that are more than `max` old do not count.
std::uint32_t ShardState::merge_neighbours(std::uint32_t slot, const TopologyPlace& place, std::uint32_t incident,
                                           Duration max) {
  const Condition& alert = conditions_[slot];
  if (incident != kNoSlot && incidents_[incident].by_hand) return incident;
  const Instant at = event_time_of(alert);
  topology_.find(
      place, at, now_,
      [&](std::uint64_t number) -> std::uint64_t {
        const std::uint64_t now = number_now(number);
        if (now == 0) return 0;
        const IncidentState& near = incidents_[incidents_.by_number().find(now)->second];
        return !near.by_hand && at - near.first_event_at <= max ? now : 0;
      },
      neighbours_);
  if (trace_ != nullptr && !neighbours_.empty()) {
    trace_->neighbours(alert, topology_.rule_of(place.node), neighbours_.size());
  }
  if (incident != kNoSlot) {
    const std::uint64_t own = incidents_[incident].number;
    const auto at_own = std::ranges::lower_bound(neighbours_, own);
    if (at_own == neighbours_.end() || *at_own != own) neighbours_.insert(at_own, own);
  }
  if (neighbours_.empty()) return kNoSlot;
  std::uint32_t oldest = incidents_.by_number().find(neighbours_.front())->second;
  for (std::size_t i = 1; i < neighbours_.size(); ++i) {
    oldest = merge(incidents_.by_number().find(neighbours_[i])->second, oldest);
  }
  return oldest;
}

void ShardState::remember_place(std::uint32_t slot, const TopologyPlace& place) {
  const Condition& alert = conditions_[slot];
  if (!alert.primary) return;
  const bool has_room = topology_.add(place, event_time_of(alert), now_, incidents_[alert.primary.incident].number,
                                      [this](std::uint64_t incident) { return number_now(incident); });
  if (!has_room) ++counts_.groups_refused;
}

/// A member fires again. It does so before its incident is merged: what is merged is what fires.
void ShardState::meet_neighbours(std::uint32_t slot, const CategorisedAlert& subject) {
  const TopologyPlace place = stand_on_node(conditions_[slot], subject.facts);
  fire_as_member(slot);
  if (!place) return;
  merge_neighbours(slot, place, conditions_[slot].primary.incident, Duration::max());
  remember_place(slot, place);
}

void ShardState::fire_on_node(IncidentState& incident, std::uint32_t slot, bool fires) {
  const Condition& alert = conditions_[slot];
  if (incident.nodes == nullptr) incident.nodes = std::make_unique<FiringNodes>();
  if (fires) {
    incident.nodes->add(alert.node, event_time_of(alert), slot, topology_);
  } else {
    incident.nodes->remove(alert.node, slot);
  }
}

/// A walk over its members, for once: the name is kept while it is the cause.
std::uint32_t ShardState::first_on(const IncidentState& incident, std::uint32_t node) const {
  std::uint32_t first = kNoSlot;
  incident.members.for_each([&](std::uint32_t slot) {
    const Condition& alert = conditions_[slot];
    if (first == kNoSlot && alert.node == node && alert.standing == Standing::active) first = slot;
  });
  TOCSIN_CHECK(first != kNoSlot, "on a node that fires there is a member that does");
  return first;
}

/// An incident of which nothing fires any more keeps the cause that it had.
void ShardState::find_cause(IncidentState& incident) {
  if (incident.nodes == nullptr) return;
  const std::uint32_t node = incident.nodes->cause(topology_);
  if (node == kNoSlot) return;
  std::string_view cause = topology_.name_of(node);
  incident.cause_is_called = topology_.rule_of(node).called.has_value();
  if (incident.cause_is_called) {
    // By the alert that fires there first; when that has ended and others fire there it is called as before, or, where
    // it was not the cause then, by the first that joined of those that do.
    std::uint32_t on_it = incident.nodes->condition_on(node);
    if (on_it == kNoSlot && incident.nodes->named() != node) on_it = first_on(incident, node);
    const std::string_view called =
        on_it == kNoSlot ? std::string_view{incident.cause} : conditions_[on_it].texts[*topology_.rule_of(node).called];
    if (!called.empty()) cause = called;
    incident.nodes->set_named(node);
  }
  if (incident.cause == cause) return;
  if (trace_ != nullptr) trace_->cause_found(incident, cause);
  incident.cause = cause;
}

/// Under other rules or tables.
void ShardState::place_anew() {
  topology_ = Topology(rules_, kOldestEventTime);
  std::vector<std::uint32_t> told;
  for (const auto& [number, slot] : incidents_.by_number()) {
    if (incidents_[slot].nodes == nullptr) continue;
    incidents_[slot].nodes.reset();
  }
  for (const std::uint32_t slot : conditions_.in_order()) {
    Condition& alert = conditions_[slot];
    alert.node = kNoSlot;
    if (alert.standing != Standing::active || !topology_.has_rules()) continue;
    recall_facts(slot, recalled_);
    const TopologyPlace place = topology_.place(alert.texts, recalled_.facts, rule_memo_.values(), scratch_, key_);
    if (!place) continue;
    alert.node = place.node;
    alert.for_each_membership([&](const Membership& one) { fire_on_node(incidents_[one.incident], slot, true); });
    if (!is_folded(alert)) remember_place(slot, place);
  }
  for (const auto& [number, slot] : incidents_.by_number()) {
    IncidentState& incident = incidents_[slot];
    const std::string before = incident.cause;
    find_cause(incident);
    if (is_live(incident) && incident.cause != before) touch(slot, IncidentChange::updated);
  }
}

}  // namespace tocsin
