#include "engine/core/explain/standing.h"

#include <algorithm>
#include <utility>

#include "engine/core/explain/known_alert.h"
#include "engine/core/explain/rating.h"
#include "engine/core/shard_state.h"
#include "engine/model/time_text.h"
#include "rules/expressions/condition_parts.h"

namespace tocsin {
namespace {

constexpr std::size_t kGroupRulesMax = 5;
constexpr std::size_t kInhibitorsMax = 3;

std::string why_it_ended(const ShardState& state, const Condition& alert, const TimeForPeople& time) {
  std::string text = "it has ended";
  if (alert.ended_at != kUnset) text += " at " + time(alert.ended_at);
  if (!alert.voice.ever_fired && alert.extra == kNoSlot) return "a close was heard of it, and never that it fires";
  if (alert.voice.lapsed) return text + ": nothing was heard of it since " + time(alert.voice.heard_at);
  return text + ": " + std::string{state.conditions().source_name(alert.voice.source)} + " said so";
}

/// Firing alerts that are inhibitors at one of the points where this one is a target.
std::string inhibitors_of(const ShardState& state, const Condition& alert, std::uint32_t rule) {
  std::string names;
  std::size_t count = 0;
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& other = state.conditions()[slot];
    if (&other == &alert || !other.counts_as_firing()) continue;
    const bool inhibits = std::ranges::any_of(other.roles, [&](const SuppressRole& role) {
      return role.is_inhibitor && state.suppression().rule_at(role.point) == rule &&
             std::ranges::any_of(alert.roles, [&](const SuppressRole& own) { return own.point == role.point; });
    });
    if (!inhibits) continue;
    if (++count > kInhibitorsMax) continue;
    (names += names.empty() ? "" : " and ") += name_for_people(other);
  }
  if (count > kInhibitorsMax) names += " and " + std::to_string(count - kInhibitorsMax) + " more";
  return names;
}

}  // namespace

std::string TimeForPeople::operator()(Instant at) const {
  if (at == kNever) return "never";
  if (at == kUnset) return "an unknown time";
  if (since == kUnset) return to_rfc3339(at);
  const auto whole = [](Duration span) {  // an inclusive bound is met a nanosecond later
    return to_text(Duration{std::chrono::duration_cast<std::chrono::milliseconds>(span)});
  };
  return at < since ? "-" + whole(since - at) : whole(at - since);
}

std::string held_back_by(const ShardState& state, const Condition& alert, const TimeForPeople& time) {
  const rules::RuleSet& rules = state.rules();
  if (alert.held_by.kind == HoldReason::Kind::silence && state.suppression().silences().holds(alert.held_by.index)) {
    const Silence& silence = state.suppression().silences()[alert.held_by.index];
    std::string text = "silence " + silence.id + " of " + silence.by + " until " + time(silence.ends_at);
    return silence.comment.empty() ? text : text + ": " + silence.comment;
  }
  std::string text = rule_for_people(rules, state.held_by(alert));
  if (alert.held_by.kind != HoldReason::Kind::rule || alert.held_by.index >= rules.suppress.size()) return text;
  const rules::SuppressRule& rule = rules.suppress[alert.held_by.index];
  if (rule.during) {
    return text + ", a window that is open until " + time(rule.during->at(state.day()).until);
  }
  const std::string names = inhibitors_of(state, alert, alert.held_by.index);
  if (!names.empty()) return text + ", while " + names + " fires";
  return text + ", which lingers for " + to_text(rule.linger) + " after its inhibitor's end";
}

std::vector<std::string> nearest_group_rules(const ShardState& state, const rules::Facts& facts, std::size_t most) {
  Arena scratch;
  std::vector<std::pair<std::size_t, std::string>> misses;  // how many parts fail, in words
  for (const rules::GroupRule& rule : state.rules().groups) {
    std::size_t failing = 0;
    for (const auto& part : rules::parts_of(rule.when, facts, scratch)) failing += part.holds ? 0U : 1U;
    if (failing == 0) continue;
    misses.emplace_back(failing, rule_for_people(state.rules(), rule.id) + ": " +
                                     rules::what_fails(rule.when, facts, scratch) + " does not hold");
    scratch.clear();
  }
  std::ranges::stable_sort(misses, {}, &std::pair<std::size_t, std::string>::first);
  std::vector<std::string> lines;
  for (auto& [failing, words] : misses) {
    if (lines.size() == most) break;
    lines.push_back(std::move(words));
  }
  return lines;
}

std::vector<std::string> why_it_stands_so(const ShardState& state, std::uint32_t slot, const TimeForPeople& time) {
  const Condition& alert = state.conditions()[slot];
  std::vector<std::string> lines;
  if (!alert.counts_as_firing()) {
    lines.push_back(why_it_ended(state, alert, time));
  } else if (alert.standing == Standing::held) {
    lines.push_back("held back by " + held_back_by(state, alert, time));
  } else if (alert.standing == Standing::waits) {
    lines.push_back("it waits until " + time(alert.settled_at - Duration{1}) +
                    std::string(state.suppression().settle(alert) > Duration{0}
                                    ? " for an inhibitor that may come"
                                    : ": its group opens only what still fires then (`hold`)"));
  }
  if (alert.is_member()) {
    const IncidentState& incident = state.incidents()[alert.primary.incident];
    const bool is_folded = incident.rule_id == rules::kStormRule && alert.depth == 0;
    std::string text = (is_folded ? "folded into storm " : "in incident ") + to_text(incident.id) + " (";
    ((text += name_of(incident.priority())) += ", ") += name_of(incident.status);
    text += ") by " + rule_for_people(state.rules(), incident.rule_id);
    if (!incident.correlation_key.empty()) text += " for " + incident.correlation_key;
    lines.push_back(std::move(text));
    for (std::string& line : why_not_told(state, incident)) lines.push_back(std::move(line));
  } else if (alert.counts_as_firing() && alert.standing == Standing::idle) {
    const KnownAlert known(alert, state.day());
    std::vector<std::string> nearest = nearest_group_rules(state, known.facts(), kGroupRulesMax);
    const std::size_t rules = state.rules().groups.size();
    if (nearest.size() < std::min(rules, kGroupRulesMax)) {
      lines.emplace_back("in no incident, although a group rule holds for it now: it is looked at when it speaks next");
    } else {
      lines.push_back(rules == 0 ? "in no incident: there is no group rule"
                                 : "in no incident: no group rule holds for it");
    }
    for (std::string& line : nearest) lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> why_not_told(const ShardState& state, const IncidentState& incident) {
  std::vector<std::string> lines;
  if (!is_live(incident)) return lines;
  const rules::IncidentFacts incident_facts = state.facts_of(incident);
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  Arena scratch;
  for (const rules::RouteRule& rule : state.rules().routes) {
    if (rule.topic.empty() || rule.when.holds(facts, scratch)) continue;
    if (std::ranges::find(incident.audiences, rule.topic, &Audience::topic) != incident.audiences.end()) continue;
    lines.push_back("not told to " + rule.topic + ": route " + rule_for_people(state.rules(), rule.id) + ": " +
                    rules::what_fails(rule.when, facts, scratch) + " does not hold");
  }
  return lines;
}

}  // namespace tocsin
