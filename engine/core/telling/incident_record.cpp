#include "engine/core/telling/incident_record.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

void time_field(JsonWriter& json, std::string_view name, Instant at) {
  json.plain_key(name);
  if (at == kUnset) {
    json.null();
  } else {
    std::array<char, kRfc3339Bytes> text{};
    json.value(write_rfc3339(at, text));
  }
}

/// `primary`: the incident of which it is first of all a member, where that is another one.
void write_alert(JsonWriter& json, const Condition& alert, const IncidentState* primary, const rules::RuleSet& rules) {
  json.begin_object();
  std::array<char, kFingerprintDigits> fingerprint{};
  json.field("fingerprint", write_text(fingerprint_of(alert), fingerprint));
  json.field("name", alert.texts[Field::name]);
  json.field("status", alert.counts_as_firing() ? "firing" : "resolved");
  if (alert.flaps()) json.field("flapping", true);
  json.field("severity", rules::name_of(rules, alert.severity));
  json.field("service", alert.texts[Field::service]);
  json.field("node", alert.texts[Field::host]);
  json.field("title", cut_text(alert.texts[Field::title], limits::kTitleBytesMax));
  json.field("source", alert.texts[Field::source]);
  time_field(json, "starts_at", alert.starts_at);
  time_field(json, "ends_at", alert.ended_at);
  // Only those that are there: a line is written for each of twenty alerts.
  for (const Field field : {Field::url, Field::runbook_url, Field::dashboard_url}) {
    if (!alert.texts[field].empty()) json.field(name_of(field), alert.texts[field]);
  }
  if (primary != nullptr) json.field("primary_incident_id", to_text(primary->id));
  json.end_object();
}

/// Whether a rule, and not a member, gives the incident its priority.
bool is_raised(const IncidentState& incident) {
  return !incident.handling.priority && incident.raised && incident.raised->to < incident.members.priority();
}

/// "environment is production, tier is 1": what a choice went by, in words for people.
std::string values_of(const std::vector<rules::FactPlace>& places, const Condition& lead) {
  using Kind = rules::FactPlace::Kind;
  constexpr std::size_t kPlacesMax = 3;
  constexpr std::size_t kValueBytesMax = 60;
  std::string text;
  std::size_t told = 0;
  for (const rules::FactPlace& place : places) {
    // Its name and severity stand before it.
    if (place.kind == Kind::severity || place.kind == Kind::status || place.kind == Kind::incident) continue;
    if (place.kind == Kind::field && static_cast<Field>(place.index) == Field::name) continue;
    std::string value;
    if (place.kind == Kind::field) {
      value = lead.texts[static_cast<Field>(place.index)];
    } else if (place.kind == Kind::label) {
      value = lead.texts.label_value(place.key);
    } else if (place.kind == Kind::tier) {
      if (lead.tier != 0) value = std::to_string(lead.tier);
    } else {
      for (std::size_t i = 0; i < lead.texts.annotation_count(); ++i)
        if (lead.texts.annotation(i).name == place.key) value = lead.texts.annotation(i).value;
    }
    if (told == kPlacesMax) return text += ", …";
    if (told++ > 0) text += ", ";
    const std::string name = rules::name_for_people(place);
    if (value.empty()) {
      (text += "no ") += name;
      continue;
    }
    const std::string_view shown = cut_text(value, kValueBytesMax);
    ((text += name) += " is ") += shown;
    if (shown.size() < value.size()) text += "…";
  }
  return text;
}

/// "; impact high: tier == 1": the condition of the choice that it comes from, while the rules are those that it was
/// rated by. What holds always is no reason.
template <typename Choices, typename Degree>
void add_why(std::string& reason, std::string_view what, const Condition& lead, const rules::RuleSet& rules,
             const Choices& choices, std::uint8_t by, Degree is) {
  const bool is_known = lead.rated_by == digest_part(rules) && by < choices.size() && choices[by].is == is;
  if (!is_known) return;
  const std::string values = values_of(choices[by].reads, lead);
  const std::string& because = choices[by].because;
  if (values.empty() && because.empty()) return;
  (((reason += "; ") += what) += ' ') += name_of(is);
  (reason += ": ") += because.empty() ? values : because;
  if (!because.empty() && !values.empty()) ((reason += " (") += values) += ')';
}

/// With an address of our own people are led to the incident; the alert at its source is among the links.
std::string url_of(const RecordParts& parts) {
  if (parts.rules.defaults.external_url.empty()) return std::string(parts.lead.texts[Field::url]);
  return parts.rules.defaults.external_url + "/v1/incidents/" + to_text(parts.incident.id);
}

/// One step a line.
std::string plain_steps(const rules::Plan& plan) {
  std::string text;
  for (const std::string& step : plan.steps) (text += text.empty() ? "" : "\n") += step;
  return std::string{cut_text(text, limits::kDescriptionBytesMax)};
}

/// How long it took to be seen, and its reopenings where there are some.
void write_times(JsonWriter& json, const IncidentState& incident) {
  const auto seconds = [](Duration span) {
    return std::int64_t{std::chrono::floor<std::chrono::seconds>(std::max(span, Duration{0})).count()};
  };
  json.field("time_to_detect_s", seconds(incident.opened_at - incident.first_event_at));
  if (incident.times.in_maintenance) json.field("in_maintenance", true);
  if (incident.times.reopened == 0) return;
  json.field("reopen_count", incident.times.reopened);
  time_field(json, "reopened_at", incident.times.reopened_at);
  json.field("time_to_reopen_s", seconds(incident.times.to_reopen));
}

/// What it was escalated to, and what comes next: only what there is, but for the group.
void write_escalation(JsonWriter& json, const Escalation& escalation, const rules::Plan& plan) {
  json.field("standby_group", escalation.group.empty() ? plan.standby_group : escalation.group);
  if (escalation.taken > 0) json.field("escalation_count", escalation.taken);
  if (!escalation.group.empty()) json.field("escalated_to", escalation.group);
  if (!escalation.plan_step.empty())
    json.field("escalated_step", cut_text(escalation.plan_step, limits::kTitleBytesMax));
  if (escalation.next.at == kNever) return;
  time_field(json, "next_escalation_at", escalation.next.at);
  json.field("next_escalation", escalation.next.what + " by " + escalation.next.rule);
}

/// The plan's runbook comes first, the alert's stands beside it.
void write_links(JsonWriter& json, const AlertTexts& texts, const rules::Plan& plan) {
  json.key("links").begin_array();
  const std::string_view own_runbook =
      texts[Field::runbook_url] == plan.runbook ? std::string_view{} : texts[Field::runbook_url];
  const std::string_view own_title = plan.runbook.empty() ? "runbook" : "runbook of the alert";
  for (const auto& [title, url] : {std::pair<std::string_view, std::string_view>{"source", texts[Field::url]},
                                   {"runbook", plan.runbook},
                                   {own_title, own_runbook},
                                   {"dashboard", texts[Field::dashboard_url]}}) {
    if (url.empty()) continue;
    json.begin_object().field("title", title).field("url", url).end_object();
  }
  json.end_array();
}

}  // namespace

std::string_view owner_of(const IncidentState& incident, const Condition& lead) {
  return incident.handling.owner.empty() ? lead.texts[Field::owner] : std::string_view{incident.handling.owner};
}

std::vector<std::pair<std::uint32_t, std::string>> lines_of(const IncidentState& incident,
                                                            const IncidentBook& incidents,
                                                            const ConditionBook& conditions,
                                                            const rules::RuleSet& rules) {
  std::vector<std::uint32_t> listed;
  incident.members.newest(limits::kRecordAlertsMax, listed);
  std::vector<std::pair<std::uint32_t, std::string>> lines;
  lines.reserve(listed.size());
  for (const std::uint32_t slot : listed) {
    std::string& line = lines.emplace_back(slot, std::string{}).second;
    const auto known = std::ranges::find(incident.telling.lines, slot, &std::pair<std::uint32_t, std::string>::first);
    if (known != incident.telling.lines.end()) {
      line = known->second;
    } else {
      JsonWriter json(line);
      const Condition& alert = conditions[slot];
      const IncidentState* primary = alert.primary ? &incidents[alert.primary.incident] : nullptr;
      write_alert(json, alert, primary == &incident ? nullptr : primary, rules);
    }
  }
  return lines;
}

void keep_lines(IncidentState& incident, const IncidentBook& incidents, const ConditionBook& conditions,
                const rules::RuleSet& rules) {
  incident.telling.lines = lines_of(incident, incidents, conditions, rules);
}

namespace {

std::string count_of(std::uint64_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

std::string_view title_of(const Condition& alert) {
  if (!alert.texts[Field::title].empty()) return alert.texts[Field::title];
  return alert.texts[Field::name].empty() ? std::string_view{"alert without a name"} : alert.texts[Field::name];
}

/// How many services fail besides the cause. Nodes are services; those of a rule that says how a cause is called may be
/// anything, and then services are counted where a rule asks for their number.
std::size_t others_than_cause(const IncidentState& incident, const ConditionBook& conditions, std::uint32_t on_cause) {
  if (!incident.cause_is_called || incident.spread == nullptr) return incident.nodes->count() - 1;
  const std::size_t services = incident.spread->services.different();
  const bool counts_cause = on_cause == kNoSlot || !conditions[on_cause].texts[Field::service].empty();
  return services > 0 && counts_cause ? services - 1 : services;
}

}  // namespace

std::string title_of(const IncidentState& incident, const ConditionBook& conditions) {
  if (incident.nodes == nullptr || incident.nodes->count() < 2 || incident.nodes->known_cause() == kNoSlot) {
    return incident.title.empty() ? std::string{title_of(conditions[incident.members.lead()])} : incident.title;
  }
  const std::uint32_t on_it = incident.nodes->condition_on(incident.nodes->known_cause());
  const std::string_view said = !incident.title.empty() ? std::string_view{incident.title}
                                : on_it == kNoSlot      ? std::string_view{"fails"}
                                                        : title_of(conditions[on_it]);
  const std::size_t others = others_than_cause(incident, conditions, on_it);
  const std::string affected = others == 0 ? "" : ": " + count_of(others, "service") + " affected";
  std::string title;
  if (said.find(incident.cause) == std::string_view::npos) (title += incident.cause) += on_it == kNoSlot ? " " : ": ";
  // What it is about may be cut, how many are affected not.
  title += said;
  title.resize(cut_text(title, limits::kTitleBytesMax - affected.size()).size());
  return title += affected;
}

std::string_view cut_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return text.substr(0, end);
}

std::string reason_of(const IncidentState& incident, const Condition& lead, const rules::RuleSet& rules) {
  const Priority priority = incident.priority();
  std::string reason;
  if (incident.handling.priority) {
    (reason += "set to ") += name_of(priority);
    if (!incident.handling.ranked_by.empty()) (reason += " by ") += incident.handling.ranked_by;
    reason += "; ";
  } else if (is_raised(incident)) {
    ((reason += "raised from ") += name_of(incident.members.priority())) += " to ";
    ((reason += name_of(priority)) += " by ") += incident.raised->rule;
    const auto rule =
        std::ranges::find(rules.priority.raises, incident.raised->rule, &rules::PriorityPolicy::Raise::id);
    if (rule != rules.priority.raises.end() && !rule->because.empty()) ((reason += " (") += rule->because) += ')';
    (reason += ", open for ") += to_text(std::chrono::floor<std::chrono::seconds>(incident.raised->age));
    if (incident.raised->waited != Duration{0})
      (reason += ", unacknowledged for ") += to_text(std::chrono::floor<std::chrono::seconds>(incident.raised->waited));
    reason += "; ";
  }
  reason += "impact ";
  ((reason += name_of(lead.impact)) += ", urgency ") += name_of(lead.urgency);
  ((reason += ": ") += lead.texts[Field::name]) += " is ";
  reason += rules::name_of(rules, lead.severity);
  add_why(reason, "impact", lead, rules, rules.priority.impact, lead.impact_by, lead.impact);
  add_why(reason, "urgency", lead, rules, rules.priority.urgency, lead.urgency_by, lead.urgency);
  return reason;
}

std::size_t write_record(const RecordParts& parts, std::string& out) {
  return write_record(parts, parts.incident.telling.lines, out);
}

std::size_t write_record(const RecordParts& parts, const std::vector<std::pair<std::uint32_t, std::string>>& lines,
                         std::string& out) {
  const IncidentState& incident = parts.incident;
  const AlertTexts& lead = parts.lead.texts;
  const Severity severity = incident.severity();
  const Priority priority = incident.priority();
  std::size_t line_bytes = 0;
  for (const auto& line : lines) line_bytes += line.second.size() + 1;
  out.reserve(out.size() + 3072 + line_bytes);
  JsonWriter json(out);
  std::array<std::string_view, kFieldCount> texts;
  lead.list(texts);
  const auto text = [&](const auto& name, Field field) { json.field(name, texts[static_cast<std::size_t>(field)]); };
  const auto ticket_text = [&](const auto& name, Field field) {
    json.field(name, cut_text(texts[static_cast<std::size_t>(field)], limits::kTicketFieldBytesMax));
  };

  json.begin_object();
  json.field("schema_version", 1);
  json.field("incident_id", to_text(incident.id));
  json.field("revision", incident.telling.revision.value());
  json.field("event_id", to_text(parts.name));
  json.field("event_type", name_of(parts.change));
  json.field("change", parts.change_text);
  json.field("status", name_of(incident.status));
  json.field("title", cut_text(parts.title, limits::kTitleBytesMax));
  json.field("description",
             cut_text(incident.description.empty() ? lead[Field::description] : std::string_view{incident.description},
                      limits::kDescriptionBytesMax));
  json.field("severity", rules::name_of(parts.rules, severity));
  json.field("severity_num", severity.level);
  json.field("impact", name_of(parts.lead.impact));
  json.field("urgency", name_of(parts.lead.urgency));
  json.field("priority", name_of(priority));
  json.field("priority_reason", parts.reason);
  text("category", Field::category);

  time_field(json, "opened_at", incident.opened_at);
  time_field(json, "updated_at", incident.updated_at);
  time_field(json, "acknowledged_at", incident.handling.acknowledged_at);
  time_field(json, "resolved_at", incident.resolved_at);
  time_field(json, "closed_at", incident.closed_at);
  time_field(json, "first_event_at", incident.first_event_at);
  time_field(json, "last_event_at", incident.last_event_at);
  write_times(json, incident);
  json.key("time_to_acknowledge_s");
  if (incident.handling.acknowledged_at == kUnset) {
    json.null();
  } else {
    json.value(std::int64_t{
        std::chrono::floor<std::chrono::seconds>(incident.handling.acknowledged_at - incident.opened_at).count()});
  }
  json.key("time_to_resolve_s");
  if (incident.resolved_at == kUnset) {
    json.null();
  } else {
    json.value(
        std::int64_t{std::chrono::floor<std::chrono::seconds>(incident.resolved_at - incident.opened_at).count()});
  }

  text("service", Field::service);
  text("component", Field::component);
  text("environment", Field::environment);
  text("region", Field::region);
  text("team", Field::team);
  json.field("owner", owner_of(incident, parts.lead));
  if (!incident.handling.acknowledged_by.empty()) json.field("acknowledged_by", incident.handling.acknowledged_by);
  if (incident.handling.snoozed_until != kUnset) time_field(json, "snoozed_until", incident.handling.snoozed_until);
  if (incident.handling.drill) json.field("drill", true);
  text("assignment_group", Field::assignment_group);
  const rules::Plan& plan = plan_of(incident);
  write_escalation(json, incident.escalation, plan);
  const PlanProgress* progress = incident.progress.get();
  json.field("commander", who_is("commander", incident.plan.get(), progress));
  json.field("plan", plan.id);
  if (!plan.steps.empty()) {
    json.field("plan_steps", plain_steps(plan));
    json.field("plan_progress", cut_text(steps_text(plan, progress), limits::kDescriptionBytesMax));
    json.field("plan_steps_count", plan.steps.size());
    json.field("plan_steps_done", steps_done(plan, progress));
  }
  json.field("channel", plan.channel);
  if (plan.update_every != Duration{0}) {
    json.field("update_every_s", std::int64_t{std::chrono::floor<std::chrono::seconds>(plan.update_every).count()});
    // Without it nobody hears that a plan asks for updates before the first one is late.
    time_field(json, "next_update_at",
               progress == nullptr || progress->update_due == kNever ? kUnset : progress->update_due);
    json.field("update_overdue", is_update_overdue(incident));
  }
  if (incident.handling.score) {
    json.field("score", incident.handling.score->points);
    json.field("score_by", incident.handling.score->by);
    json.field("score_comment", cut_text(incident.handling.score->comment, limits::kDescriptionBytesMax));
  }
  ticket_text("source", Field::source);
  ticket_text("node", Field::host);
  ticket_text("resource", Field::resource);
  ticket_text("alert_class", Field::alert_class);

  json.field("correlation_key", incident.correlation_key);
  json.field("rule_id", incident.rule_id);
  json.field("rule_set", incident.rule_set);
  json.field("cause", incident.cause);
  json.field("alert_count", incident.members.joined());
  json.field("active_alert_count", incident.members.active());
  json.field("flapping_alert_count", incident.members.flapping());
  json.field("duplicate_count", incident.repeats);
  json.field("suppressed_count", incident.members.held());
  json.field("tenant", incident.tenant.empty() ? "default" : std::string_view{incident.tenant});
  json.field("shard", parts.name.shard);
  json.field("position", parts.name.position.value());
  json.field("url", url_of(parts));
  const std::string_view runbook = plan.runbook.empty() ? lead[Field::runbook_url] : std::string_view{plan.runbook};
  json.field("runbook_url", runbook);
  text("dashboard_url", Field::dashboard_url);
  json.field("merged_into", incident.merged_into == IncidentId{} ? std::string{} : to_text(incident.merged_into));
  json.field("parent_incident_id", "");

  if (!incident.notes.empty()) {
    std::string tags;
    std::string related_change;
    for (const Note& note : incident.notes) {
      if (!note.tag.empty() && tags.find(note.tag) == std::string::npos) (tags += tags.empty() ? "" : ",") += note.tag;
      if (!note.change.empty()) related_change = note.change;
    }
    json.field("tags", tags);
    json.field("related_change", cut_text(related_change, limits::kTitleBytesMax));
  }
  for (const auto& [name, value] : incident.fields) json.field("x_" + name, value);
  const std::size_t flat_bytes = out.size();
  json.key("alerts").begin_array();
  for (const auto& line : lines) json.raw(line.second);
  json.end_array();
  json.field("alerts_truncated", incident.members.joined() - lines.size());
  json.key("labels").begin_object();
  for (std::size_t i = 0; i < lead.label_count(); ++i) json.field(lead.label(i).name, lead.label(i).value);
  json.end_object();
  write_links(json, lead, plan);
  json.key("roles").begin_object();
  for (const auto& [role, who] : roles_of(incident.plan.get(), progress)) json.field(role, who);
  json.end_object();
  json.end_object();
  return flat_bytes;
}

}  // namespace tocsin
