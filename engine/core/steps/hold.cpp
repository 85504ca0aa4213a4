// What the phase suppress means for alerts and incidents. What is held back opens, reopens and raises nothing; members
// that are held back keep their incident open until they end, with the rank that they had. What is released is looked
// at as if it arrived then.
#include <algorithm>
#include <optional>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/command.h"

namespace tocsin {

/// Whether it waits before it is let in: for inhibitors that may come, or for what its group holds. What its own
/// incident knows already as firing opens nothing, so nobody waits for it.
bool ShardState::would_wait(const Condition& alert) const {
  if (alert.standing == Standing::waits) return true;
  if (alert.standing != Standing::idle) return false;
  if (alert.primary && is_live(incidents_[alert.primary.incident])) return false;
  if (suppression_.settle(alert) > Duration{0}) return true;
  if (!rules_->has_hold || !alert.primary) return false;
  const auto rule =
      std::ranges::find(rules_->groups, incidents_[alert.primary.incident].rule_id, &rules::GroupRule::id);
  return rule != rules_->groups.end() && rule->hold > Duration{0};
}

/// After words that may have given it another rank. A member that is held back, or may be before it is let in, does not
/// move its incident: its rank waits for the release.
void ShardState::take_rank(std::uint32_t slot, const AlertRank& before) {
  Condition& alert = conditions_[slot];
  if (!alert.is_member()) return;
  if (suppression_.reason(alert) || would_wait(alert)) {
    const MemberList::Member& member = incidents_[alert.primary.incident].members[alert.primary.place];
    set_rank(alert, {member.severity, before.impact, before.urgency, member.priority});
  } else {
    rank_as_member(slot);
  }
}

/// It fires, and is idle.
void ShardState::admit(std::uint32_t slot, const CategorisedAlert& subject) {
  Condition& alert = conditions_[slot];
  TOCSIN_CHECK(alert.standing == Standing::idle && alert.counts_as_firing(),
               "who asks for admission fires and is idle");
  if (const auto reason = suppression_.reason(alert)) return hold_back(slot, *reason);
  if (alert.dismissed) return;
  const bool opens_nothing = alert.primary && is_live(incidents_[alert.primary.incident]);
  if (opens_nothing) return let_in(slot, subject);
  const Duration settle = suppression_.settle(alert);
  const Duration hold = hold_of_groups(alert, subject);
  const Duration span = std::max(settle, hold);
  if (span == Duration{0}) {
    if (!alert.is_member() || !would_wait(alert)) return let_in(slot, subject);
    // Its rank was left as it was for the wait that is none after all.
    const CategorisedAlert& again = recall(slot);
    rank_as_member(slot);
    return let_in(slot, again);
  }
  alert.standing = Standing::waits;
  // The bound is inclusive: an inhibitor that comes at it is in time.
  alert.settled_at = now_ + span + Duration{1};
  conditions_.add_settle(slot, alert.settled_at);
  if (trace_ != nullptr) trace_->waits(alert, settle, hold);
}

/// How long a group rule that would open an incident of it wants it to fire first; nothing where it joins a live one.
Duration ShardState::hold_of(const rules::GroupRule& rule, const Condition& alert) {
  if (rule.hold == Duration{0} || rule.similar_percent > 0) return rule.hold;
  const std::uint32_t newest = groups_.newest(GroupBook::key_of(rule, alert.texts, key_, scratch_text_).key);
  const bool joins = newest != kNoSlot && is_live(incidents_[newest]) && takes(rule, incidents_[newest], alert);
  return joins ? Duration{} : rule.hold;
}

/// The shortest of those that take it; the others are joined as their time comes.
Duration ShardState::hold_of_groups(Condition& alert, const CategorisedAlert& subject) {
  alert.later.reset();
  if (!rules_->has_hold) return {};
  rules::Walk walk = rule_memo_.groups(subject.facts, scratch_);
  std::optional<Duration> shortest;
  bool differ = false;
  for (std::uint32_t index = walk.next(); index != rules::Walk::kEnd; index = walk.next()) {
    const rules::GroupRule& rule = rules_->groups[index];
    const Duration hold = hold_of(rule, alert);
    differ |= shortest && hold != *shortest;
    shortest = std::min(shortest.value_or(hold), hold);
    if (!rule.goes_on) break;
  }
  if (differ) alert.later = std::make_unique<LaterGroups>(LaterGroups{now_, kNever});
  return shortest.value_or(Duration{});
}

void ShardState::let_in(std::uint32_t slot, const CategorisedAlert& subject) {
  see_in_time(slot, subject, false);
  Condition& alert = conditions_[slot];
  const bool has_primary = alert.primary && !is_over(incidents_[alert.primary.incident]);
  // Those that close at this very instant.
  while (true) {
    std::uint32_t over = kNoSlot;
    alert.for_each_membership([&](const Membership& one) {
      if (is_over(incidents_[one.incident])) over = one.incident;
    });
    if (over == kNoSlot) break;
    leave_incident(slot, over);
  }
  if (alert.texts[Field::source] == kHeartbeatSource)
    return alert.later.reset();  // that it stays out is an alert, not that it comes
  if (!has_primary || alert.lost_primary) return join(slot, subject);
  alert.later.reset();  // it fires again where it was
  if (is_folded(alert)) return fire_as_member(slot);
  meet_neighbours(slot, subject);
}

/// It fires still, and groups that hold it want it now.
void ShardState::join_later(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  TOCSIN_CHECK(alert.later != nullptr && alert.later->joins_at == now_, "what is due is due now");
  alert.later->joins_at = kNever;
  if (alert.standing != Standing::active) return alert.later.reset();
  const CategorisedAlert& subject = recall(slot);
  rank_as_member(slot);  // rules may have changed since
  join(slot, subject);
}

void ShardState::settle(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  if (alert.later != nullptr && alert.later->joins_at == now_) return join_later(slot);
  if (alert.settled_at != now_) return;  // it ended or was held back meanwhile
  TOCSIN_CHECK(alert.standing == Standing::waits, "who has settled has waited");
  alert.settled_at = kNever;
  alert.standing = Standing::idle;
  const CategorisedAlert& subject = recall(slot);
  if (alert.is_member()) rank_as_member(slot);
  let_in(slot, subject);
}

void ShardState::look_again(std::uint32_t slot) {
  const Condition& alert = conditions_[slot];
  if (const auto reason = suppression_.reason(alert)) return hold_back(slot, *reason);
  if (alert.standing == Standing::held) release(slot);
}

void ShardState::hold_back(std::uint32_t slot, HoldReason reason) {
  Condition& alert = conditions_[slot];
  if (alert.held_by != reason) suppression_.count_held(reason, alert.priority);
  alert.held_by = reason;
  if (is_maintenance(reason)) mark_maintenance(slot);
  if (alert.standing == Standing::held) return;
  if (trace_ != nullptr) trace_->held_back(alert, suppression_.name_of(reason));
  alert.settled_at = kNever;
  alert.later.reset();
  ++counts_.alerts_held;
  alert.for_each_membership([this](const Membership& one) {
    if (is_live(incidents_[one.incident])) touch(one.incident, IncidentChange::updated);
  });
  stand(slot, Standing::held);
}

void ShardState::release(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  TOCSIN_CHECK(counts_.alerts_held > 0, "who is released was counted");
  const bool was_maintained = is_maintenance(alert.held_by);
  alert.held_by = {};
  --counts_.alerts_held;
  stand(slot, Standing::idle, StormExit::again);
  if (trace_ != nullptr) trace_->held_back(alert, {});
  const AlertRank before = rank_of(alert);
  const CategorisedAlert& subject = recall(slot);
  if (!suppression_.reason(alert)) rise_out_of_storm(slot);
  take_rank(slot, before);
  admit(slot, subject);
  if (was_maintained) mark_maintenance(slot);
}

std::string_view ShardState::held_by(const Condition& alert) const {
  return alert.held_by ? suppression_.name_of(alert.held_by) : std::string_view{};
}

}  // namespace tocsin
