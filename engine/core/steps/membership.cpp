// Which incident an alert joins, and what its members do to an incident's life.
#include <algorithm>
#include <utility>

#include "engine/core/correlation/event_time.h"
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/hash.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

MemberList::Standing as_member(Standing standing) {
  if (standing == Standing::active) return MemberList::Standing::active;
  return standing == Standing::held ? MemberList::Standing::held : MemberList::Standing::idle;
}

}  // namespace

/// The first group rule that holds for it decides; where that says `continue`, those below are looked at too. The
/// incident of the first is its primary one, and what topology finds is merged with that.
void ShardState::join(std::uint32_t slot, const CategorisedAlert& subject) {
  Condition& alert = conditions_[slot];
  if (is_storm_alert(alert)) {
    alert.later.reset();
    join_storm(slot, *storms_.of_alert(alert.identity));
    return fire_as_member(slot);
  }
  if (is_silence_alert(alert)) {
    static const rules::GroupRule kSilences = rules::own_group_rule(rules::kSilenceRule, {}, {"origin", "speaker"});
    alert.later.reset();
    join_by(kSilences, slot, true, {});
    if (alert.is_member()) fire_as_member(slot);
    return;
  }
  // Who joins further groups fires already, and stays where it stands.
  const bool joins_later = alert.standing == Standing::active;
  const TopologyPlace place = joins_later ? TopologyPlace{} : stand_on_node(alert, subject.facts);
  std::vector<std::uint32_t>& taken = taken_by_;
  taken.clear();
  rules::Walk walk = rule_memo_.groups(subject.facts, scratch_);
  for (std::uint32_t index = walk.next(); index != rules::Walk::kEnd; index = walk.next()) {
    taken.push_back(index);
    if (!rules_->groups[index].goes_on) break;
  }
  if (trace_ != nullptr) {
    trace_->grouped(alert, subject.facts, taken.empty() ? nullptr : &rules_->groups[taken.front()]);
  }
  Instant joins_at = kNever;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const rules::GroupRule& rule = rules_->groups[taken[i]];
    if (alert.later != nullptr) {
      const Instant due = alert.later->admitted_at + hold_of(rule, alert) + Duration{1};
      if (due > now_ + Duration{1}) {  // those without a hold are due at once
        joins_at = std::min(joins_at, due);
        continue;
      }
    }
    join_by(rule, slot, i == 0, i == 0 ? place : TopologyPlace{});
  }
  if (joins_at == kNever) {
    alert.later.reset();
  } else {
    alert.later->joins_at = joins_at;
    conditions_.add_settle(slot, joins_at);
  }
  alert.lost_primary = false;
  if (alert.is_member()) fire_as_member(slot);
}

void ShardState::join_by(const rules::GroupRule& rule, std::uint32_t slot, bool is_primary,
                         const TopologyPlace& place) {
  const Condition& alert = conditions_[slot];
  GroupKey key = GroupBook::key_of(rule, alert.texts, key_, scratch_text_);
  std::uint32_t incident = find_group(rule, key, alert);
  const bool has_group = incident != kNoSlot;
  if (place) incident = merge_neighbours(slot, place, incident, rule.max);
  if (incident == kNoSlot) {
    // What is a member already opens nothing more in a storm.
    const bool joins_later = alert.later != nullptr && alert.is_member();
    if (storms_.has_any() && fold(slot, is_primary && !joins_later)) return;
    if (!make_room(rule, alert)) return;
    incident = open_incident(slot, rule, std::move(key));
  } else if (!has_group && make_room(rule, alert)) {
    groups_.keep(incident, incidents_[incident], {key.key, key.similarity_key, std::move(key.words), rule.id});
  }
  if (!is_in(alert, incident)) add_member(incident, slot, is_primary);
  if (place) remember_place(slot, place);
}

/// The incident that takes in what is of this group now; kNoSlot: none.
std::uint32_t ShardState::find_group(const rules::GroupRule& rule, const GroupKey& key, const Condition& alert) {
  if (const std::uint32_t newest = groups_.newest(key.key); newest != kNoSlot) {
    if (takes(rule, incidents_[newest], alert)) return newest;
    groups_.drop(key.key, incidents_[newest]);
  }
  if (rule.similar_percent == 0) return kNoSlot;
  return groups_.most_alike(
      key, rule.similar_percent,
      [this](std::uint32_t one, std::uint64_t order) -> const Words& {
        return incidents_[one].claims.find(order)->second.words;
      },
      [&](std::uint32_t one) { return takes(rule, incidents_[one], alert); });
}

bool ShardState::is_in(const Condition& alert, std::uint32_t incident) {
  if (alert.primary.incident == incident) return true;
  return alert.others != nullptr &&
         std::ranges::find(*alert.others, incident, &Membership::incident) != alert.others->end();
}

Instant ShardState::event_time_of(const Condition& alert) const {
  return window_time(alert, now_, rules_->defaults.clock);
}

/// While something of an incident fires it takes in its own worsening, however long it lasts; after that the window is
/// open for `idle`.
bool ShardState::takes(const rules::GroupRule& rule, const IncidentState& incident, const Condition& alert) const {
  if (is_over(incident)) return false;
  const Instant at = event_time_of(alert);
  const Duration age = at - incident.first_event_at;
  const Duration idle = at - incident.newest_member_at;
  const bool is_open = age <= rule.max && (is_live(incident) || idle <= rule.idle);
  if (trace_ != nullptr && !is_open) trace_->not_taken(alert, incident, age, idle);
  return is_open;
}

/// How many groups a rule may have: each is a key whose newest incident may still take alerts. At the bound the oldest
/// key is given up, and its incident lives on without new members; or the new one is refused, and its alert is in no
/// incident. Either is counted. No incident is ended by it: what was told open is told closed when its alerts end.
bool ShardState::make_room(const rules::GroupRule& rule, const Condition& alert) {
  const std::size_t bound = rule.max_keys.value_or(rules_->defaults.max_keys);
  while (groups_.count_of(rule.id) >= bound) {
    if (trace_ != nullptr) trace_->no_room(alert, rule, bound);
    if (rules_->defaults.on_overflow == rules::Overflow::refuse_new) {
      ++counts_.groups_refused;
      return false;
    }
    ++counts_.groups_evicted;
    const Hash128 oldest = groups_.oldest_of(rule.id);
    groups_.drop(oldest, incidents_[groups_.newest(oldest)]);
  }
  return true;
}

std::uint32_t ShardState::open_incident(std::uint32_t slot, const rules::GroupRule& rule, GroupKey key) {
  const Condition& alert = conditions_[slot];
  const std::uint32_t incident_slot = incidents_.add(now_);
  IncidentState& incident = incidents_[incident_slot];
  incident.opening = position_;
  // The name is the same on every machine, so it is hashed under the published key. The number tells apart two
  // incidents of one group that one body opens.
  std::string& text = scratch_text_;  // what the group's key was hashed of
  text += std::to_string(position_.value());
  text += '\xff';
  text += std::to_string(incident.number);
  if (life_.epoch > 0) {
    for (const std::uint64_t part : {life_.journal, std::uint64_t{life_.epoch}})
      (text += '\xff') += std::to_string(part);
  }
  incident.id = IncidentId{published_key().hash(text)};
  incident.group_key = key.key;
  incident.rule_id = rule.id;
  incident.rule_set = rules_->name;
  incident.correlation_key = GroupBook::correlation_key(rule, alert.texts);
  incident.tenant = alert.texts[Field::tenant];
  incident.first_event_at = incident.last_event_at = incident.newest_member_at = event_time_of(alert);
  incident.handling.drill = is_drill(alert.texts);
  incidents_.name(incident_slot);
  groups_.keep(incident_slot, incident, {key.key, key.similarity_key, std::move(key.words), rule.id});
  ++counts_.incidents_opened;
  ++counts_.incidents_open;
  if (storms_.has_any() && rule.id != rules::kStormRule) count_opened_in_storm(alert);
  touch(incident_slot, IncidentChange::opened);
  return incident_slot;
}

/// It joins, and does not fire there yet.
void ShardState::add_member(std::uint32_t incident_slot, std::uint32_t slot, bool is_primary) {
  IncidentState& incident = incidents_[incident_slot];
  Condition& alert = conditions_[slot];
  TOCSIN_CHECK(!is_over(incident), "nobody joins what is over");
  TOCSIN_CHECK(!is_in(alert, incident_slot), "nobody joins twice");
  TOCSIN_CHECK(alert.standing == Standing::idle || alert.later != nullptr, "who joins fires afterwards");
  Membership membership{incident_slot, incident.members.join(slot, alert.severity, alert.priority, alert.flaps())};
  if (!alert.primary) {
    alert.primary = membership;
  } else {
    if (is_primary) std::swap(alert.primary, membership);
    if (alert.others == nullptr) alert.others = std::make_unique<std::vector<Membership>>();
    alert.others->push_back(membership);
    has_several_ = true;
  }
  incident.first_event_at = std::min(incident.first_event_at, event_time_of(alert));
  if (incident.shared_labels != nullptr) incident.shared_labels->add(alert.texts, key_);
  if (alert.notes != nullptr) {
    for (const Note& note : *alert.notes) add_note(incident.notes, note);
  }
  if (trace_ != nullptr) trace_->joined(alert, incident);
}

/// It stands so, in all incidents that it is a member of.
void ShardState::stand(std::uint32_t slot, Standing standing, StormExit exit) {
  Condition& alert = conditions_[slot];
  const bool was_active = alert.standing == Standing::active;
  const bool fired = was_active || alert.standing == Standing::held;
  const bool fires = standing == Standing::active || standing == Standing::held;
  if (fired != fires && is_folded(alert)) count_folded(alert, fires, exit);
  alert.standing = standing;
  alert.for_each_membership([&](const Membership& one) {
    IncidentState& incident = incidents_[one.incident];
    const bool counts = incident.members[one.place].standing == MemberList::Standing::active;
    incident.members.stand(one.place, as_member(standing));
    if (counts == (standing == Standing::active)) return;
    if (alert.node != kNoSlot) fire_on_node(incident, slot, !counts);
    if (incident.spread == nullptr) return;
    for (auto [values, field] :
         {std::pair{&incident.spread->services, Field::service}, std::pair{&incident.spread->hosts, Field::host}}) {
      counts ? values->remove(alert.texts[field]) : values->add(alert.texts[field]);
    }
  });
  if (was_active || standing == Standing::active) member_changed(slot);
}

void ShardState::fire_as_member(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  TOCSIN_CHECK(alert.is_member(), "a member fires in an incident");
  alert.for_each_membership([this](const Membership& one) {
    const IncidentState& incident = incidents_[one.incident];
    // It was there already, and joins another now.
    if (incident.members[one.place].standing == MemberList::Standing::active) return;
    const bool reopens = incident.status == IncidentStatus::resolved;
    touch(one.incident, reopens ? IncidentChange::reopened : IncidentChange::updated);
  });
  stand(slot, Standing::active);
  member_changed(slot);
  count_as_heard(slot);
  alert.for_each_membership([this](const Membership& one) {
    if (incidents_[one.incident].status != IncidentStatus::resolved) return;
    reopen_incident(one.incident);
  });
}

/// A member fires anew, or does again what it did before: the group is not idle.
void ShardState::count_as_heard(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  const Instant at = event_time_of(alert);
  alert.for_each_membership([&](const Membership& one) {
    IncidentState& incident = incidents_[one.incident];
    incident.last_event_at = std::max(incident.last_event_at, at);
    incident.newest_member_at = std::max(incident.newest_member_at, at);
  });
}

void ShardState::end_as_member(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  const bool fired = alert.standing == Standing::active || alert.standing == Standing::held;
  if (alert.standing == Standing::held) --counts_.alerts_held;
  alert.held_by = {};
  alert.settled_at = kNever;
  alert.later.reset();
  if (fired) {
    alert.for_each_membership([this](const Membership& one) {
      const IncidentState& incident = incidents_[one.incident];
      if (!is_live(incident)) return;  // it was held back from reopening it
      const bool is_last = incident.members.active() + incident.members.held() == 1;
      touch(one.incident, is_last ? IncidentChange::resolved : IncidentChange::updated);
    });
  }
  stand(slot, Standing::idle);
  member_changed(slot);
  std::vector<std::uint32_t> grown;
  alert.for_each_membership([&](const Membership& one) {
    IncidentState& incident = incidents_[one.incident];
    incident.members.end(one.place);
    if (fired && is_live(incident)) {
      incident.last_event_at = std::max(incident.last_event_at, now_);
      if (!incident.members.any_fires()) {
        incidents_.resolve(one.incident, now_, rules_->dedup.reopen_within);
        ++counts_.incidents_resolved;
        TOCSIN_CHECK(counts_.incidents_open > 0, "what resolves was counted as open");
        --counts_.incidents_open;
      }
    }
    if (incident.members.one_ended_too_many(limits::kEndedMembersMax)) grown.push_back(one.incident);
  });
  for (const std::uint32_t incident : grown) let_go_of_ended(incident);
}

/// It may rank otherwise than when it joined or was ranked last.
void ShardState::rank_as_member(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  alert.for_each_membership([&](const Membership& one) {
    IncidentState& incident = incidents_[one.incident];
    const MemberList::Member& member = incident.members[one.place];
    if (member.severity == alert.severity && member.priority == alert.priority) return;
    // What was resolved by hand while it fires is there again when it gets worse.
    const bool reopens = incident.status == IncidentStatus::resolved &&
                         member.standing == MemberList::Standing::active &&
                         (alert.severity > incident.members.severity() || alert.priority < incident.members.priority());
    if (reopens) touch(one.incident, IncidentChange::reopened);
    incident.members.rank(one.place, alert.severity, alert.priority);
    incident.newest_member_at = std::max(incident.newest_member_at, event_time_of(alert));
    teller_.member_changed(one.incident, slot);
    if (reopens) {
      reopen_incident(one.incident);
    } else {
      touch(one.incident, IncidentChange::updated);
    }
  });
}

void ShardState::member_changed(std::uint32_t slot) {
  conditions_[slot].for_each_membership([&](const Membership& one) { teller_.member_changed(one.incident, slot); });
}

/// Those that ended first are let go when an incident has too many of them. They stay counted.
void ShardState::let_go_of_ended(std::uint32_t incident_slot) {
  IncidentState& incident = incidents_[incident_slot];
  while (const auto place = incident.members.one_ended_too_many(limits::kEndedMembersMax)) {
    const std::uint32_t slot = incident.members[*place].condition;
    teller_.member_changed(incident_slot, slot);
    incident.members.let_go(*place);
    leave_incident(slot, incident_slot);
    ++counts_.members_let_go;
    if (!conditions_[slot].counts_as_firing()) forget_later(slot);
  }
  incident.members.compact([&](std::uint32_t slot, std::uint32_t place) {
    conditions_[slot].for_each_membership([&](Membership& one) {
      if (one.incident == incident_slot) one.place = place;
    });
  });
}

/// The condition forgets that it was a member; the next of its incidents is the primary one.
void ShardState::leave_incident(std::uint32_t slot, std::uint32_t incident_slot) {
  Condition& alert = conditions_[slot];
  if (IncidentState& left = incidents_[incident_slot]; left.shared_labels != nullptr && !is_over(left))
    left.shared_labels->remove(alert.texts, key_);
  if (alert.others != nullptr) {
    std::erase_if(*alert.others, [&](const Membership& one) { return one.incident == incident_slot; });
  }
  if (alert.primary.incident == incident_slot) {
    alert.primary = {};
    if (alert.others != nullptr && !alert.others->empty()) {
      alert.primary = alert.others->front();
      alert.others->erase(alert.others->begin());
      alert.lost_primary = true;
      member_changed(slot);
    }
  }
  if (alert.others != nullptr && alert.others->empty()) alert.others.reset();
  if (!alert.primary) alert.lost_primary = false;
}

void ShardState::close_incident(std::uint32_t slot) {
  touch(slot, IncidentChange::closed);
  incidents_.close(slot, now_);
  ++counts_.incidents_closed;
}

/// It has been told closed. Its members go on by themselves, or are forgotten.
void ShardState::let_go(std::uint32_t incident_slot) {
  IncidentState& incident = incidents_[incident_slot];
  incident.members.for_each([&](std::uint32_t slot) {
    Condition& alert = conditions_[slot];
    const bool fires = alert.standing == Standing::active || alert.standing == Standing::held;
    if (fires && alert.primary.incident == incident_slot && is_folded(alert))
      count_folded(alert, false, StormExit::dismissed);
    leave_incident(slot, incident_slot);
    if (alert.counts_as_firing()) {
      if (!incident.handling.resolved_by_hand || alert.is_member()) return;
      // People are done with it, though it fires.
      if (alert.standing == Standing::active) alert.standing = Standing::idle;
      if (alert.standing != Standing::waits) alert.dismissed = true;
    } else if (!alert.is_member()) {
      forget(slot);
    }
  });
  incident.members.clear();
  incident.telling.lines = {};
  incident.nodes.reset();
  groups_.drop_all(incident);
  incidents_.keep_closed(incident_slot);
}

/// Which labels all of its members have, counted from here on.
void ShardState::count_shared_labels(IncidentState& incident) {
  if (incident.shared_labels != nullptr) return;
  incident.shared_labels = std::make_unique<SharedLabels>();
  incident.members.for_each([&](std::uint32_t slot) { incident.shared_labels->add(conditions_[slot].texts, key_); });
}

/// How far it has spread, counted from here on.
void ShardState::count_spread(IncidentState& incident) {
  if (incident.spread != nullptr) return;
  incident.spread = std::make_unique<Spread>();
  incident.members.for_each([&](std::uint32_t slot) {
    const Condition& alert = conditions_[slot];
    if (alert.standing != Standing::active) return;
    incident.spread->services.add(alert.texts[Field::service]);
    incident.spread->hosts.add(alert.texts[Field::host]);
  });
}

}  // namespace tocsin
