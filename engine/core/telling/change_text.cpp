#include "engine/core/telling/change_text.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/core/telling/incident_record.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

using Slots32 = std::vector<std::uint32_t>;

std::string count_of(std::uint64_t count, std::string_view one) {
  std::string text = std::to_string(count);
  (text += ' ') += one;
  if (count != 1) text += 's';
  return text;
}

/// "PodNotReady on cart-7".
std::string name_of_alert(const Condition& alert) {
  const std::string_view name = alert.texts[Field::name];
  std::string text(name.empty() ? std::string_view{"an alert"} : cut_text(name, 60));
  if (const std::string_view host = alert.texts[Field::host]; !host.empty()) (text += " on ") += cut_text(host, 60);
  return text;
}

/// "A on x, B, C and 9 more"; the same name once. `slots` holds some of them, `count` is how many there are.
std::string list_of(const ConditionBook& conditions, const Slots32& slots, std::uint64_t count) {
  std::vector<std::string> names;
  std::uint64_t named = 0;
  for (const std::uint32_t slot : slots) {
    std::string name = name_of_alert(conditions[slot]);
    const bool is_new = std::ranges::find(names, name) == names.end();
    if (is_new && names.size() == kChangeNamesMax) break;
    if (is_new) names.push_back(std::move(name));
    ++named;
  }
  std::string text;
  for (const std::string& name : names) (text += text.empty() ? "" : ", ") += name;
  if (count > named) text += " and " + std::to_string(count - named) + " more";
  return text;
}

/// "PodNotReady on cart-7 joined", "3 alerts joined: …"; `slots`: the newest of them first.
std::string happened(const ConditionBook& conditions, const Slots32& slots, std::uint64_t count,
                     std::string_view what) {
  if (slots.empty()) return count_of(count, "alert") + " " + std::string(what);
  if (count == 1) return name_of_alert(conditions[slots.front()]) + " " + std::string(what);
  return count_of(count, "alert") + " " + std::string(what) + ": " + list_of(conditions, slots, count);
}

/// Why a condition that has ended did: its source said so, or nothing more was heard of it.
std::string why_ended(const ConditionBook& conditions, std::uint32_t slot, Instant now) {
  const Condition& alert = conditions[slot];
  if (!conditions.ended_in_silence(slot)) return "resolved by its source";
  const Instant heard = conditions.last_seen(alert);
  const auto silence = std::chrono::floor<std::chrono::seconds>(std::max(now - heard, Duration{}));
  return "no word since " + to_rfc3339(heard).substr(11, 5) + ", expired: not heard for " + to_text(silence);
}

std::string ended(const IncidentState& incident, const ConditionBook& conditions, std::uint64_t count, Instant now) {
  Slots32 slots;
  incident.members.last_ended(std::min<std::uint64_t>(count, kChangeNamesMax + 1), slots);
  if (slots.empty()) return count_of(count, "alert") + " ended";
  if (count == 1) return name_of_alert(conditions[slots.front()]) + ": " + why_ended(conditions, slots.front(), now);
  return happened(conditions, slots, count, "ended");
}

/// Whether a rule, and not a member, gives the incident its priority.
bool is_raised(const IncidentState& incident) {
  return !incident.handling.priority && incident.raised && incident.raised->to < incident.members.priority();
}

/// "1 alert flaps", "2 alerts flap no more"; "" when as many flap as before.
std::string flap_change(std::uint64_t before, std::uint64_t now) {
  if (before == now) return {};
  const std::uint64_t count = before < now ? now - before : before - now;
  return count_of(count, "alert") + (count == 1 ? " flaps" : " flap") + (now < before ? " no more" : "");
}

std::string resolved(const IncidentState& incident, const ConditionBook& conditions, Instant now) {
  Slots32 slots;
  incident.members.last_ended(1, slots);
  if (slots.empty()) return "resolved: no alert of it fires any more";
  const std::string last = name_of_alert(conditions[slots.front()]) + ": " + why_ended(conditions, slots.front(), now);
  return std::string("resolved: no alert of it fires any more; ") +
         (incident.members.joined() > 1 ? "the last, " : "") + last;
}

std::string reopened(const IncidentState& incident, const ConditionBook& conditions) {
  const Telling& told = incident.telling;
  std::string text = "reopened: ";
  if (const std::uint64_t joined = incident.members.joined() - told.alerts; joined > 0) {
    Slots32 slots;
    incident.members.last_joined(kChangeNamesMax + 1, slots);
    text += happened(conditions, slots, joined, "joined");
  } else {
    text += "an alert of it fires again";
  }
  return text + (incident.members.flapping() > told.flapping ? ", and flaps" : "");
}

/// What raise rules did since it was told last, besides raising: "standby group dba called in by nobody-took-it".
std::vector<std::string> escalated(const IncidentState& incident) {
  std::vector<std::string> texts;
  const Escalation& escalation = incident.escalation;
  const std::uint64_t untold = escalation.taken - incident.telling.escalations;
  const std::size_t shown = static_cast<std::size_t>(std::min<std::uint64_t>(untold, escalation.steps.size()));
  for (std::size_t i = escalation.steps.size() - shown; i < escalation.steps.size(); ++i) {
    const Escalation::Step& step = escalation.steps[i];
    if (!step.group.empty()) texts.push_back("standby group " + step.group + " called in by " + step.rule);
    if (!step.plan_step.empty())
      texts.push_back("asks for step \"" + std::string{cut_text(step.plan_step, 100)} + "\" by " + step.rule);
  }
  return texts;
}

std::string updated(const IncidentState& incident, const ConditionBook& conditions, const rules::RuleSet& rules,
                    Instant now) {
  const Telling& told = incident.telling;
  std::string text;
  const auto add = [&text](const std::string& part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  if (!told.said.empty()) add(told.said);
  if (is_update_overdue(incident) && !told.update_overdue) {
    add("an update for stakeholders is overdue: due every " + to_text(plan_of(incident).update_every));
  }
  if (incident.cause != told.cause) {
    add(told.cause.empty() ? "cause found: " + incident.cause
                           : "cause " + told.cause + " to " + (incident.cause.empty() ? "none" : incident.cause));
  }
  if (incident.priority() != told.priority) {
    add("priority " + std::string(name_of(told.priority)) + " to " + std::string(name_of(incident.priority())) +
        (incident.priority() < told.priority && is_raised(incident) ? " by " + incident.raised->rule : std::string{}));
  }
  for (const std::string& step : escalated(incident)) add(step);
  if (incident.severity() != told.severity) {
    add("severity " + std::string(rules::name_of(rules, told.severity)) + " to " +
        std::string(rules::name_of(rules, incident.severity())));
  }
  const std::uint64_t joined = incident.members.joined() - told.alerts;
  if (incident.absorbed > told.absorbed) {
    add(count_of(incident.absorbed - told.absorbed, "incident") + " merged into it");
  }
  if (joined > 0) {
    Slots32 slots;
    incident.members.last_joined(std::min<std::uint64_t>(joined, kChangeNamesMax + 1), slots);
    add(happened(conditions, slots, joined, "joined"));
  }
  const std::uint64_t firing_before = told.active + told.held + joined;
  const std::uint64_t firing = incident.members.active() + incident.members.held();
  if (firing < firing_before) add(ended(incident, conditions, firing_before - firing, now));
  if (firing > firing_before) add(count_of(firing - firing_before, "alert") + " fired again");
  if (incident.members.held() > told.held) add(count_of(incident.members.held() - told.held, "alert") + " suppressed");
  if (incident.members.active() > told.active && incident.members.held() < told.held) {
    add(count_of(told.held - incident.members.held(), "alert") + " no longer suppressed");
  }
  if (incident.members.flapping() != told.flapping) add(flap_change(told.flapping, incident.members.flapping()));
  return text.empty() ? "details of an alert changed" : text;
}

std::string describe(const IncidentState& incident, const ConditionBook& conditions, const rules::RuleSet& rules,
                     IncidentChange change, Instant now) {
  switch (change) {
    case IncidentChange::opened:
      if (!incident.telling.said.empty()) return incident.telling.said;
      return "opened by " + name_of_alert(conditions[incident.members.lead()]);
    case IncidentChange::resolved:
      if (!incident.telling.said.empty()) return incident.telling.said;
      return resolved(incident, conditions, now);
    case IncidentChange::reopened:
      if (!incident.telling.said.empty()) return incident.telling.said;
      return reopened(incident, conditions);
    case IncidentChange::merged:
      return "merged into " + to_text(incident.merged_into);
    case IncidentChange::closed:
      return "closed: it stayed resolved";
    default:
      return updated(incident, conditions, rules, now);
  }
}

}  // namespace

std::string describe_change(const IncidentState& incident, const ConditionBook& conditions, const rules::RuleSet& rules,
                            IncidentChange change, Instant now) {
  return std::string(cut_text(describe(incident, conditions, rules, change, now), kChangeBytesMax));
}

}  // namespace tocsin
