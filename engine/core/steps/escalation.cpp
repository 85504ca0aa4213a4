// Raise rules: what makes an incident more pressing than its members are, calls a group in, or asks for a step of its
// plan. Each looks at an incident when its clocks have come so far, and at each revision after that. A raise holds
// until somebody acknowledges the incident, whatever becomes of the condition; after that it ends with the first
// revision at which the members' own priority falls. It never lowers. What a rule does besides raising it does once,
// and again when the clock that it goes by has begun anew. While all members that fire are held back, rules wait for
// the first that is released. While the incident is snoozed nobody is called in and the unacknowledged clock stands; a
// raise by other things is told at the end of that.
#include <algorithm>
#include <optional>

#include "engine/core/shard_state.h"

namespace tocsin {
namespace {

using Raise = rules::PriorityPolicy::Raise;

Instant after(Instant at, Duration span) { return span > kNever - at ? kNever : at + span; }

/// When the clocks of a rule have come so far, and when the youngest of those began that can begin anew.
struct Clocks {
  Instant due{};
  Instant of{};

  Clocks(const Raise& rule, const IncidentState& incident, Instant waits_since)
      : due(after(incident.opened_at, rule.after)) {
    if (rule.unacknowledged) wait(waits_since, *rule.unacknowledged);
    if (rule.overdue) wait(update_due(incident), *rule.overdue);
  }

 private:
  /// kUnset: none is asked for. Each word for stakeholders moves it, so what was done of one that was overdue is done
  /// again of the next.
  static Instant update_due(const IncidentState& incident) {
    const bool is_due = incident.progress != nullptr && incident.progress->update_due != kNever;
    return is_due ? incident.progress->update_due : kUnset;
  }
  void wait(Instant since, Duration span) {
    due = since == kUnset ? kNever : std::max(due, after(since, span));
    of = std::max(of, since);
  }
};

/// Of what a rule says that it does, what is still to be done.
struct Goal {
  Priority to = Priority::p5;  // P5: it raises nothing
  std::string_view group{};
  std::string_view plan_step{};
  explicit operator bool() const { return to != Priority::p5 || !group.empty() || !plan_step.empty(); }

  Goal(const Raise& rule, const IncidentState& incident, Instant of, bool asleep) {
    // Unless somebody has said how pressing it is.
    if (rule.to < incident.priority() && !incident.handling.priority) to = rule.to;
    if (asleep || !rule.acts_once() || incident.escalation.has_done(rule.id, of)) return;
    group = rule.group;
    if (rule.calls_standby && incident.plan != nullptr) group = incident.plan->standby_group;
    const bool is_done = incident.progress != nullptr && incident.progress->find_done(rule.plan_step) != nullptr;
    if (!is_done) plan_step = rule.plan_step;
  }
};

/// "P1", "standby group dba", "P1, standby group dba, step call the vendor".
std::string in_words(const Goal& goal) {
  std::string text;
  const auto add = [&text](std::string_view what, std::string_view name) {
    if (name.empty()) return;
    if (!text.empty()) text += ", ";
    (text += what) += name;
  };
  if (goal.to != Priority::p5) add("", name_of(goal.to));
  add("standby group ", goal.group);
  add("step ", goal.plan_step);
  return text;
}

}  // namespace

/// It is snoozed, and nothing has happened that ends that.
bool ShardState::sleeps(const IncidentState& incident) {
  return incident.handling.snoozed_until != kUnset && incident.severity() == incident.telling.severity;
}

/// From now on it is told again, and waits for somebody as if it opened now.
void ShardState::wake(std::uint32_t incident_slot) {
  incidents_.snooze(incident_slot, kUnset);
  IncidentState& incident = incidents_[incident_slot];
  if (incident.status == IncidentStatus::open) incident.escalation.waits_since = now_;
}

/// The first instant from `at` on at which a rule may act as far as its hours go. Requires: `at` is not past.
Instant ShardState::within_hours(const Raise& rule, Instant at) const {
  if (!rule.hours || at == kNever || rule.hours->covers(at - behind())) return at;
  return moment().when(rule.hours->next_change(at - behind()));
}

void ShardState::meet_age(std::uint32_t incident_slot) {
  incidents_.watch_age(incident_slot, kNever);
  aged_.push_back(incident_slot);
}

/// After all that is due at this instant: what ends now is not raised any more.
void ShardState::raise_aged() {
  for (const std::uint32_t slot : aged_) {
    if (raise(incidents_[slot])) {
      touch(slot, IncidentChange::escalated);
    } else {
      look_ahead(slot);
    }
  }
  aged_.clear();
}

/// Applies the rules as of now; true when one of them did something.
bool ShardState::raise(IncidentState& incident) {
  const auto& rules = rules_->priority.raises;
  if (!is_live(incident) || (rules.empty() && !incident.raised)) return false;
  const Priority of_members = incident.members.priority();
  if (incident.raised) {
    const bool fell = of_members > incident.raised->of_members;
    incident.raised->of_members = of_members;
    if (fell && incident.status == IncidentStatus::acknowledged) incident.raised.reset();
  }
  if (incident.members.active() == 0) return false;  // all that fires of it is held back: that stops rising too
  const bool asleep = sleeps(incident);
  const std::uint64_t taken_before = incident.escalation.taken;
  const Duration age = now_ - incident.opened_at;
  if (rules_->reads_spread) count_spread(incident);
  if (rules_->reads_shared_labels) count_shared_labels(incident);
  rules::IncidentFacts incident_facts = facts_of(incident);
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  // The rules that hold, found by the index; they are others once the incident is another one.
  std::optional<rules::Walk> holding;
  std::uint32_t next = 0;
  const auto holds_now = [&](std::uint32_t index) {
    if (!holding) next = holding.emplace(rule_memo_.raises(facts, scratch_)).next();
    while (next < index) next = holding->next();
    return next == index;
  };
  for (std::uint32_t index = 0; index < rules.size(); ++index) {
    const Raise& rule = rules[index];
    const Clocks clocks(rule, incident, asleep ? kUnset : incident.escalation.waits_since);
    if (clocks.due > now_) continue;
    const Goal goal(rule, incident, clocks.of, asleep);
    if (!goal || within_hours(rule, now_) != now_) continue;
    const bool holds = holds_now(index);
    if (trace_ != nullptr) trace_->raise_asked(incident, rule, facts, age, holds);
    if (!holds) continue;
    if (goal.to != Priority::p5) {
      const Duration waited = rule.unacknowledged ? now_ - incident.escalation.waits_since : Duration{0};
      incident.raised = IncidentState::Raise{goal.to, rule.id, age, waited, of_members};
      incident_facts.priority = incident.priority();
    }
    if (rule.acts_once() && !asleep) incident.escalation.mark_done(rule.id, clocks.of);
    incident.escalation.take({now_, rule.id, goal.to, std::string{goal.group}, std::string{goal.plan_step}});
    incident_facts.escalated_to = incident.escalation.group;
    incident_facts.escalations = static_cast<std::int64_t>(incident.escalation.taken);
    holding.reset();
  }
  return incident.escalation.taken != taken_before;
}

/// What comes next if nothing changes, and when rules look at it again: at the next instant at which the clocks of one
/// have come so far, whatever its condition says now.
void ShardState::look_ahead(std::uint32_t incident_slot) {
  IncidentState& incident = incidents_[incident_slot];
  Escalation::Next next;
  Instant looks_at = kNever;
  const auto& rules = rules_->priority.raises;
  if (!rules.empty() && is_live(incident) && incident.members.active() > 0) {
    const bool asleep = sleeps(incident);
    const Instant wakes_at = asleep ? incident.handling.snoozed_until : now_;
    const Instant waits_since =
        asleep && incident.status == IncidentStatus::open ? wakes_at : incident.escalation.waits_since;
    rules::IncidentFacts incident_facts;
    rules::Facts facts;
    for (const Raise& rule : rules) {
      const Clocks clocks(rule, incident, waits_since);
      const Goal goal(rule, incident, clocks.of, false);
      if (!goal) continue;
      const bool can_wait = rule.unacknowledged || goal.to == Priority::p5;
      const Instant at = within_hours(rule, std::max(clocks.due, can_wait ? wakes_at : now_));
      if (at <= now_ || at == kNever) continue;  // it is up to its condition, or one of its clocks stands
      looks_at = std::min(looks_at, at);
      if (at >= next.at) continue;
      if (facts.incident == nullptr) {
        if (rules_->reads_spread) count_spread(incident);
        if (rules_->reads_shared_labels) count_shared_labels(incident);
        incident_facts = facts_of(incident);
        facts.incident = &incident_facts;
        facts.severity = incident_facts.severity;
      }
      if (rule.when.holds(facts, scratch_)) next = {at, rule.id, in_words(goal)};
    }
  }
  incidents_.watch_age(incident_slot, looks_at);
  if (next == incident.escalation.next) return;
  incident.escalation.next = std::move(next);
  incident.telling.is_stale = true;
}

}  // namespace tocsin
