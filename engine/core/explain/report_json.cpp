#include "engine/core/explain/report.h"
#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

void time_field(JsonWriter& json, std::string_view name, Instant at) {
  json.key(name);
  if (at == kUnset || at == kNever) {
    json.null();
  } else {
    json.value(std::string_view{to_rfc3339(at)});
  }
}

void write(JsonWriter& json, const ChronicleEntry& entry) {
  json.begin_object();
  time_field(json, "at", entry.at);
  time_field(json, "event_at", entry.event_at);
  json.field("position", entry.position.value()).field("kind", name_of(entry.kind));
  if (!entry.alert.empty()) json.field("alert", entry.alert);
  if (!entry.incident.empty()) json.field("incident_id", entry.incident);
  if (!entry.rule.empty()) json.field("rule", entry.rule);
  if (entry.revision > 0) json.field("revision", entry.revision);
  json.field("words", entry.words).end_object();
}

void write(JsonWriter& json, std::string_view name, const std::vector<ChronicleEntry>& entries) {
  json.key(name).begin_array();
  for (const ChronicleEntry& entry : entries) write(json, entry);
  json.end_array();
}

void write(JsonWriter& json, std::string_view name, const std::vector<std::string>& lines) {
  json.key(name).begin_array();
  for (const std::string& line : lines) json.value(std::string_view{line});
  json.end_array();
}

std::string of_incident(const IncidentReport& report, std::string_view entries, bool with_record) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("incident_id", report.id);
  if (with_record) {
    json.key("record").raw(report.record.empty() ? "null" : report.record);
    write(json, "not_told", report.not_told);
  }
  write(json, entries, report.entries);
  json.field("left_out", report.left_out).field("repeats", report.repeats).end_object();
  return out;
}

}  // namespace

std::string why_json(const IncidentReport& report) { return of_incident(report, "decisions", true); }

std::string timeline_json(const IncidentReport& report) { return of_incident(report, "timeline", false); }

std::string why_not_json(const AlertReport& report) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("asked", report.asked);
  time_field(json, "from", report.from);
  time_field(json, "to", report.to);
  json.key("alerts").begin_array();
  for (const AlertReport::Of& alert : report.alerts) {
    json.begin_object().field("alert", alert.name).field("title", alert.title).field("repeats", alert.repeats);
    write(json, "standing", alert.standing);
    write(json, "decisions", alert.entries);
    json.end_object();
  }
  json.end_array().field("more", report.more);
  write(json, "near", report.near);
  write(json, "refused", report.refused);
  json.end_object();
  return out;
}

}  // namespace tocsin
