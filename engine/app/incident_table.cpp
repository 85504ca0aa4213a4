#include "engine/app/incident_table.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <vector>

#include <simdjson.h>

#include "engine/app/terminal_text.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

namespace dom = simdjson::dom;

enum Column : std::size_t { kPriority, kStatus, kTitle, kService, kAlerts, kAge, kId, kWhy, kColumns };
constexpr std::array<std::string_view, kColumns> kHeads{"PRIO",   "STATUS", "TITLE", "SERVICE",
                                                        "ALERTS", "AGE",    "ID",    "WHY"};
constexpr std::array<std::size_t, kColumns> kWidthMax{4, 12, 60, 20, 22, 8, kShortIdDigits, 90};
constexpr std::size_t kTextWidthMin = 12;  // of title and reason, as long as the screen has room for it

struct Row {
  std::array<std::string, kColumns> cells;
  std::string short_alerts;  // for a narrow screen
  bool ended = false;
};

std::string text_of(const dom::element& incident, const char* name) {
  std::string_view text;
  return incident[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string{};
}

std::uint64_t number_of(const dom::element& incident, const char* name) {
  std::uint64_t number = 0;
  return incident[name].get(number) == simdjson::SUCCESS ? number : 0;
}

/// What is in every row alike (`impact medium, urgency high: `) says nothing in a table; the record has it.
std::string reason_of(std::string reason) {
  const std::size_t impact = reason.find("impact ");
  const std::size_t colon = impact == std::string::npos ? impact : reason.find(": ", impact);
  if (colon != std::string::npos) reason.erase(impact, colon + 2 - impact);
  return reason;
}

Row row_of(const dom::element& incident, Instant now) {
  Row row;
  const std::string status = text_of(incident, "status");
  row.ended = status == "resolved" || status == "closed" || status == "merged";
  row.cells[kPriority] = text_of(incident, "priority");
  row.cells[kStatus] = status;
  row.cells[kId] = short_id(text_of(incident, "incident_id"));
  row.cells[kTitle] = text_of(incident, "title");
  row.cells[kService] = text_of(incident, "service");
  const std::string active = std::to_string(number_of(incident, "active_alert_count"));
  const std::string all = std::to_string(number_of(incident, "alert_count"));
  const std::uint64_t repeats = number_of(incident, "duplicate_count");
  row.cells[kAlerts] = active + " of " + all;
  if (repeats > 0) row.cells[kAlerts] += " (+" + std::to_string(repeats) + " rep.)";
  row.short_alerts = active + "/" + all;
  row.cells[kAge] = age_of(text_of(incident, "opened_at"), now);
  row.cells[kWhy] = reason_of(text_of(incident, "priority_reason")) + "; " + text_of(incident, "rule_id") + ": " +
                    shown_key(text_of(incident, "correlation_key"));
  if (const std::string next = text_of(incident, "next_escalation"); !next.empty()) {
    const auto at = parse_rfc3339(text_of(incident, "next_escalation_at"));
    row.cells[kWhy] += "; next " + next;
    if (at && *at > now) row.cells[kWhy] += " in " + to_text(std::chrono::ceil<std::chrono::minutes>(*at - now));
  }
  for (std::string& cell : row.cells) cell = for_terminal(cell);
  return row;
}

std::string_view colour_of(const Row& row) {
  if (row.ended) return "\033[2m";
  if (row.cells[kPriority] == "P1") return "\033[1;31m";
  if (row.cells[kPriority] == "P2") return "\033[31m";
  if (row.cells[kPriority] == "P3") return "\033[33m";
  return "";
}

using Widths = std::array<std::size_t, kColumns>;

Widths widths_needed(const std::vector<Row>& rows) {
  Widths widths{};
  for (std::size_t c = 0; c < kColumns; ++c) {
    widths[c] = columns_of(kHeads[c]);
    for (const Row& row : rows) widths[c] = std::max(widths[c], std::min(columns_of(row.cells[c]), kWidthMax[c]));
  }
  return widths;
}

std::size_t total_of(const Widths& widths) { return std::accumulate(widths.begin(), widths.end(), 2 * (kColumns - 1)); }

/// Title and reason share what is left by what they say: the one that needs less than half has all of it.
void share(Widths& widths, std::size_t screen) {
  const std::size_t others = total_of(widths) - widths[kTitle] - widths[kWhy];
  const std::size_t left = std::max(screen > others ? screen - others : 0, 2 * kTextWidthMin);
  if (widths[kTitle] + widths[kWhy] <= left) return;
  const std::size_t half = left / 2;
  if (widths[kTitle] <= half) {
    widths[kWhy] = left - widths[kTitle];
  } else if (widths[kWhy] <= half) {
    widths[kTitle] = left - widths[kWhy];
  } else {
    widths[kTitle] = left - half;
    widths[kWhy] = half;
  }
}

/// Narrower and narrower until it fits: short counts, shared texts, a short service, and last the reason.
Widths widths_of(std::vector<Row>& rows, std::size_t screen) {
  Widths widths = widths_needed(rows);
  if (screen == 0 || total_of(widths) <= screen) return widths;
  if (total_of(widths) - widths[kTitle] - widths[kWhy] + 40 > screen) {
    for (Row& row : rows) row.cells[kAlerts] = row.short_alerts;
    widths = widths_needed(rows);
  }
  share(widths, screen);
  for (const auto& [column, least] : {std::pair{kService, 8U}, {kStatus, 6U}, {kWhy, 3U}, {kTitle, 8U}}) {
    const std::size_t all = total_of(widths);
    const std::size_t too_much = all > screen ? all - screen : 0;
    const std::size_t spare = widths[column] > least ? widths[column] - least : 0;
    widths[column] -= std::min(too_much, spare);
  }
  return widths;
}

struct LeftOut {
  std::uint64_t count = 0;
  bool at_least = false;
};

std::string last_line(LeftOut left_out) {
  if (left_out.count == 0 && !left_out.at_least) return {};
  return (left_out.at_least ? "at least " : "") + std::to_string(left_out.count) + " more";
}

}  // namespace

std::string_view short_id(std::string_view incident_id) {
  if (incident_id.starts_with("inc-")) incident_id.remove_prefix(4);
  return incident_id.substr(0, kShortIdDigits);
}

std::string shown_key(std::string_view correlation_key) {
  std::string shown;
  for (std::string_view rest = correlation_key; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.ends_with('=')) continue;
    if (!shown.empty()) shown += ',';
    shown += part;
  }
  return shown.empty() ? std::string{correlation_key} : shown;
}

std::string age_of(std::string_view since, Instant now) {
  const auto from = parse_rfc3339(since);
  if (!from) return "?";
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::max(now - *from, Duration{}));
  if (seconds < std::chrono::minutes{2}) return std::to_string(seconds.count()) + "s";
  return to_text(std::chrono::floor<std::chrono::minutes>(seconds));
}

std::expected<std::string, std::string> draw_incidents(std::string_view answer, Instant now, const TableStyle& style) {
  dom::parser parser;
  dom::element document;
  dom::array incidents;
  if (parser.parse(answer.data(), answer.size()).get(document) != simdjson::SUCCESS ||
      document["incidents"].get(incidents) != simdjson::SUCCESS) {
    return std::unexpected("the answer is not a list of incidents; is this a tocsin server?");
  }
  std::vector<Row> rows;
  for (const dom::element incident : incidents) rows.push_back(row_of(incident, now));
  LeftOut left_out{number_of(document, "left_out")};
  std::ignore = document["left_out_at_least"].get(left_out.at_least);
  if (rows.empty() && last_line(left_out).empty()) return "no incidents\n";
  // The head and what presses most stay; the last line of the screen is for what does not.
  if (style.height > 0 && rows.size() + 1 + (last_line(left_out).empty() ? 0 : 1) > style.height) {
    const std::size_t shown = std::max<std::size_t>(style.height, 3) - 2;
    left_out.count += rows.size() - std::min(shown, rows.size());
    rows.resize(std::min(shown, rows.size()));
  }

  const Widths widths = widths_of(rows, style.width);
  std::string out;
  const auto draw = [&](const auto& cells, std::string_view colour) {
    if (style.colour) out += colour;
    std::string line;
    for (std::size_t c = 0; c < kColumns; ++c) {
      const std::string cell = fit(cells[c], widths[c]);
      line += cell;
      if (c + 1 < kColumns) line.append(widths[c] - columns_of(cell) + 2, ' ');
    }
    out += style.width == 0 ? line : fit(line, style.width);  // a screen too narrow for even this
    if (style.colour && !colour.empty()) out += "\033[0m";
    out += '\n';
  };
  draw(kHeads, "\033[1m");
  for (const Row& row : rows) draw(row.cells, colour_of(row));
  if (const std::string last = last_line(left_out); !last.empty()) out += last + "\n";
  return out;
}

}  // namespace tocsin::app
