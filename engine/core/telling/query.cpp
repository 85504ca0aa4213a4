#include "engine/core/telling/query.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/core/shard_state.h"
#include "engine/core/telling/incident_record.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

using Filters = std::vector<std::pair<std::string, std::string>>;

std::size_t page_limit(const Query& query) {
  return std::min(query.limit == 0 ? limits::kPageItemsDefault : query.limit, limits::kPageItemsMax);
}

QueryAnswer refused(const Query& query, Refusal code, std::string message) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  answer.ok = false;
  answer.found = code != Refusal::not_found;
  answer.error = Error{code, std::move(message), -1, {}};
  return answer;
}

/// The value of a filter's field; nullopt: no such field.
std::optional<std::string_view> field_of(const ShardState& state, const IncidentState& incident,
                                         std::string_view name) {
  if (name == "status") return name_of(incident.status);
  if (name == "priority") return name_of(incident.priority());
  if (name == "severity") return rules::name_of(state.rules(), incident.severity());
  if (name == "rule_id") return incident.rule_id;
  if (name == "tenant")
    return incident.tenant.empty() ? std::string_view{"default"} : std::string_view{incident.tenant};
  if (is_over(incident)) return std::nullopt;
  const auto field = field_from(name == "node" ? "host" : name);
  if (!field) return std::nullopt;
  return state.conditions()[incident.members.lead()].texts[*field];
}

std::optional<std::string_view> field_of(const ShardState& state, const Condition& alert, std::string_view name) {
  if (name == "status") return alert.counts_as_firing() ? "firing" : "resolved";
  if (name == "severity") return rules::name_of(state.rules(), alert.severity);
  if (name == "priority") return name_of(alert.priority);
  if (name == "suppressed_by") return state.held_by(alert);
  if (name == "tenant" && alert.texts[Field::tenant].empty()) return "default";
  const auto field = field_from(name == "node" ? "host" : name);
  if (!field) return std::nullopt;
  return alert.texts[*field];
}

bool is_filter(QueryKind kind, std::string_view name) {
  if (name == "status" || name == "priority" || name == "severity" || name == "node") return true;
  if (kind == QueryKind::incidents && name == "rule_id") return true;
  if (kind == QueryKind::alerts && name == "suppressed_by") return true;
  return field_from(name).has_value();
}

/// A filter may name several values with commas between: `status=open,acknowledged`.
bool one_of(std::string_view values, std::string_view value) {
  while (true) {
    const std::size_t comma = values.find(',');
    if (values.substr(0, comma) == value) return true;
    if (comma == std::string_view::npos) return false;
    values.remove_prefix(comma + 1);
  }
}

template <typename State>
bool matches(const ShardState& shard, const State& state, const Filters& filters) {
  return std::ranges::all_of(filters, [&](const auto& filter) {
    const auto value = field_of(shard, state, filter.first);
    return value && one_of(filter.second, *value);
  });
}

/// Closed incidents are as they were told last; others as they are now, newer counts of repeats included.
void write_incident(const ShardState& state, const IncidentState& incident, std::string& out) {
  if (is_over(incident)) {
    out += incident.telling.closed->value;
    return;
  }
  const Telling& telling = incident.telling;
  write_record({incident, state.conditions()[incident.members.lead()], state.rules(), telling.newest_change,
                telling.change, telling.newest},
               lines_of(incident, state.conditions(), state.rules()), out);
}

std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Newest first; the cursor is the number of the last one told.
QueryAnswer list_incidents(const ShardState& state, const Query& query) {
  const auto& by_number = state.incidents().by_number();
  auto next = by_number.end();
  if (!query.after.empty()) {
    const auto number = number_from(query.after);
    if (!number) return refused(query, Refusal::bad_value, "`after` must be the `next` of an earlier page");
    next = by_number.lower_bound(*number);
  }
  QueryAnswer answer;
  answer.ticket = query.ticket;
  std::string& out = answer.json;
  out = R"({"incidents":[)";
  const std::size_t limit = page_limit(query);
  std::size_t told = 0;
  std::size_t looked_at = 0;
  std::uint64_t last = 0;
  bool more = false;
  while (next != by_number.begin()) {
    --next;
    if (told == limit || ++looked_at > limits::kQueryLookedAtMax) {
      more = true;
      break;
    }
    const IncidentState& incident = state.incidents()[next->second];
    last = next->first;
    if (!matches(state, incident, query.filters)) continue;
    if (told++ > 0) out += ',';
    write_incident(state, incident, out);
  }
  out += R"(],"next":)";
  out += more ? '"' + std::to_string(last) + '"' : "null";
  out += '}';
  return answer;
}

QueryAnswer one_incident(const ShardState& state, const Query& query) {
  IncidentId id;
  const std::uint32_t slot = parse_incident_id(query.id, id) ? state.incidents().find(id) : kNoSlot;
  if (slot == kNoSlot) return refused(query, Refusal::not_found, "no incident with this id is known");
  QueryAnswer answer;
  answer.ticket = query.ticket;
  write_incident(state, state.incidents()[slot], answer.json);
  return answer;
}

void write_labels(JsonWriter& json, std::string_view name, Labels labels) {
  json.key(name).begin_object();
  for (const Label& label : labels) json.field(label.name, label.value);
  json.end_object();
}

void write_alert(const ShardState& state, std::uint32_t slot, std::string& out) {
  const Condition& alert = state.conditions()[slot];
  std::vector<Label> labels;
  std::vector<Label> annotations;
  alert.texts.list(labels, annotations);
  JsonWriter json(out);
  json.begin_object();
  json.field("fingerprint", to_text(fingerprint_of(alert)));
  json.field("name", alert.texts[Field::name]);
  json.field("status", alert.counts_as_firing() ? "firing" : "resolved");
  json.field("flapping", alert.flaps());
  json.field("severity", rules::name_of(state.rules(), alert.severity));
  json.field("impact", name_of(alert.impact));
  json.field("urgency", name_of(alert.urgency));
  json.field("priority", name_of(alert.priority));
  for (const FieldInfo& info : fields()) {
    if (info.field != Field::name && info.field != Field::tenant) json.field(info.name, alert.texts[info.field]);
  }
  json.field("tenant", alert.texts[Field::tenant].empty() ? "default" : alert.texts[Field::tenant]);
  json.key("incident_id");
  if (!alert.primary) {
    json.null();
  } else {
    json.value(to_text(state.incidents()[alert.primary.incident].id));
  }
  json.key("suppressed_by");
  if (alert.held_by) {
    json.value(state.held_by(alert));
  } else {
    json.null();
  }
  json.field("duplicate_count", alert.repeats);
  json.field("starts_at", to_rfc3339(alert.starts_at == kUnset || alert.starts_at == Instant{} ? alert.first_seen
                                                                                               : alert.starts_at));
  json.field("first_seen_at", to_rfc3339(alert.first_seen));
  json.field("last_seen_at", to_rfc3339(state.conditions().last_seen(alert)));
  json.key("expires_at");
  if (const Instant end = state.conditions().expires_at(slot); alert.firing && end != kNever) {
    json.value(to_rfc3339(end));
  } else {
    json.null();
  }
  json.key("ended_at");
  if (alert.ended_at == kUnset) {
    json.null();
  } else {
    json.value(to_rfc3339(alert.ended_at));
  }
  write_labels(json, "labels", labels);
  write_labels(json, "annotations", annotations);
  if (!alert.mended.is_empty()) {
    json.key("mended").begin_array();
    alert.mended.for_each([&](Mending kind) { json.value(name_of(kind)); });
    json.end_array();
  }
  json.end_object();
}

/// In no order that means anything; the cursor is where the next page goes on. A page looks at a bounded number of
/// alerts, so one with a rare filter may have fewer than asked for, or none, and yet a next.
QueryAnswer list_alerts(const ShardState& state, const Query& query) {
  std::uint64_t at = 0;
  if (!query.after.empty()) {
    const auto number = number_from(query.after);
    if (!number) return refused(query, Refusal::bad_value, "`after` must be the `next` of an earlier page");
    at = *number;
  }
  QueryAnswer answer;
  answer.ticket = query.ticket;
  std::string& out = answer.json;
  out = R"({"alerts":[)";
  const std::size_t limit = page_limit(query);
  const ConditionBook& conditions = state.conditions();
  std::size_t told = 0;
  std::size_t looked_at = 0;
  bool more = false;
  for (; at < conditions.end(); ++at) {
    const auto slot = static_cast<std::uint32_t>(at);
    if (told == limit || looked_at == limits::kQueryLookedAtMax) {
      more = true;
      break;
    }
    ++looked_at;
    if (!conditions.holds(slot) || !matches(state, conditions[slot], query.filters)) continue;
    if (told++ > 0) out += ',';
    write_alert(state, slot, out);
  }
  out += R"(],"next":)";
  out += more ? '"' + std::to_string(at) + '"' : "null";
  out += '}';
  return answer;
}

}  // namespace

QueryAnswer answer(const Shard& shard, const Query& query) {
  for (const auto& [name, value] : query.filters) {
    if (!is_filter(query.kind, name)) return refused(query, Refusal::bad_value, "no field `" + name + "` to filter by");
  }
  switch (query.kind) {
    case QueryKind::incidents:
      return list_incidents(shard.state(), query);
    case QueryKind::incident:
      return one_incident(shard.state(), query);
    case QueryKind::alerts:
      return list_alerts(shard.state(), query);
  }
  return refused(query, Refusal::bad_value, "no such query");
}

}  // namespace tocsin
