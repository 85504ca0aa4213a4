#include "engine/app/alert_table.h"

#include <algorithm>
#include <tuple>

#include <simdjson.h>

#include "engine/app/text_table.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

namespace dom = simdjson::dom;

struct Line {
  std::string priority;
  Instant since;
  TextRow row;
};

std::string text_of(const dom::element& alert, std::string_view name) {
  std::string_view text;
  return alert[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string{};
}

std::string_view colour_of(std::string_view status, std::string_view priority) {
  if (status != "firing") return "\033[2m";
  if (priority == "P1") return "\033[1;31m";
  if (priority == "P2") return "\033[31m";
  return priority == "P3" ? "\033[33m" : "";
}

/// Where it is: in which incident, or why in none.
std::string incident_of(const dom::element& alert) {
  const std::string incident = text_of(alert, "incident_id");
  if (incident.empty()) return "none: " + text_of(alert, "no_incident");
  std::string said{short_id(incident)};
  if (const std::string held_by = text_of(alert, "suppressed_by"); !held_by.empty())
    said += " (held back by " + held_by + ")";
  return said;
}

Line line_of(const dom::element& alert, Instant now) {
  Line line;
  line.priority = text_of(alert, "priority");
  const std::string status = text_of(alert, "status");
  const std::string since = text_of(alert, status == "firing" ? "starts_at" : "ended_at");
  line.since = parse_rfc3339(since).value_or(now);
  std::string on = text_of(alert, "host");
  if (on.empty()) on = text_of(alert, "resource");
  line.row.cells = {line.priority,          text_of(alert, "severity"), status,
                    text_of(alert, "name"), text_of(alert, "service"),  on,
                    age_of(since, now),     incident_of(alert)};
  line.row.colour = colour_of(status, line.priority);
  return line;
}

}  // namespace

std::expected<std::string, std::string> draw_alerts(const std::vector<std::string>& pages, Instant now,
                                                    const TableStyle& style) {
  std::vector<Line> lines;
  dom::parser parser;
  for (const std::string& page : pages) {
    dom::element document;
    dom::array alerts;
    if (parser.parse(page).get(document) != simdjson::SUCCESS || document["alerts"].get(alerts) != simdjson::SUCCESS)
      return std::unexpected("the answer is not a list of alerts; is this a tocsin server?");
    for (const dom::element alert : alerts) lines.push_back(line_of(alert, now));
  }
  if (lines.empty()) return "no alerts\n";
  std::ranges::stable_sort(lines, {},
                           [](const Line& line) { return std::tuple{std::string_view{line.priority}, line.since}; });
  std::vector<TextRow> rows;
  for (Line& line : lines) rows.push_back(std::move(line.row));
  return draw_table({{"PRIO", 4, 4},
                     {"SEVERITY", 10, 8},
                     {"STATUS", 8, 8},
                     {"NAME", 48, 14},
                     {"SERVICE", 28, 10},
                     {"ON", 40, 10},
                     {"SINCE", 8, 5},
                     {"INCIDENT", 120, 7}},
                    std::move(rows), style.width, style.colour);
}

}  // namespace tocsin::app
