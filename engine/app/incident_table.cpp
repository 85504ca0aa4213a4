#include "engine/app/incident_table.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

namespace dom = simdjson::dom;

enum Column : std::size_t { kPriority, kStatus, kTitle, kService, kAlerts, kAge, kWhy, kColumns };
constexpr std::array<std::string_view, kColumns> kHeads{"PRIO", "STATUS", "TITLE", "SERVICE", "ALERTS", "AGE", "WHY"};
constexpr std::array<std::size_t, kColumns> kWidthMax{4, 12, 48, 20, 22, 8, 90};

struct Row {
  std::array<std::string, kColumns> cells;
  bool ended = false;
  std::string opened_at;
};

std::string text_of(const dom::element& incident, const char* name) {
  std::string_view text;
  return incident[name].get(text) == simdjson::SUCCESS ? std::string(text) : std::string{};
}

std::uint64_t number_of(const dom::element& incident, const char* name) {
  std::uint64_t number = 0;
  return incident[name].get(number) == simdjson::SUCCESS ? number : 0;
}

/// Characters, not bytes: what a terminal shows of Latin text. Wide scripts come out a little short.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string fit(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t shown = 0;
  const bool cut = width_of(text) > width;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && cut && shown + 1 == width) break;
    if (begins) ++shown;
    // Control characters from a stranger's title must not steer the terminal.
    out += static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7f ? ' ' : text[i];
  }
  if (cut) out += "…";
  return out;
}

std::string age_of(std::string_view opened_at, Instant now) {
  const auto opened = parse_rfc3339(opened_at);
  if (!opened) return "?";
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::max(now - *opened, Duration{}));
  if (seconds < std::chrono::minutes{2}) return std::to_string(seconds.count()) + "s";
  const std::string text = to_text(std::chrono::floor<std::chrono::minutes>(seconds));
  return text;
}

Row row_of(const dom::element& incident, Instant now) {
  Row row;
  const std::string status = text_of(incident, "status");
  row.ended = status == "resolved" || status == "closed" || status == "merged";
  row.opened_at = text_of(incident, "opened_at");
  row.cells[kPriority] = text_of(incident, "priority");
  row.cells[kStatus] = status;
  row.cells[kTitle] = text_of(incident, "title");
  row.cells[kService] = text_of(incident, "service");
  const std::uint64_t repeats = number_of(incident, "duplicate_count");
  row.cells[kAlerts] = std::to_string(number_of(incident, "active_alert_count")) + " of " +
                       std::to_string(number_of(incident, "alert_count"));
  if (repeats > 0) row.cells[kAlerts] += " (+" + std::to_string(repeats) + " rep.)";
  row.cells[kAge] = age_of(row.opened_at, now);
  row.cells[kWhy] = text_of(incident, "priority_reason") + "; " + text_of(incident, "rule_id") + ": " +
                    text_of(incident, "correlation_key");
  return row;
}

std::string_view colour_of(const Row& row) {
  if (row.ended) return "\033[2m";
  if (row.cells[kPriority] == "P1") return "\033[1;31m";
  if (row.cells[kPriority] == "P2") return "\033[31m";
  if (row.cells[kPriority] == "P3") return "\033[33m";
  return "";
}

std::array<std::size_t, kColumns> widths_of(const std::vector<Row>& rows, std::size_t screen) {
  std::array<std::size_t, kColumns> widths{};
  for (std::size_t c = 0; c < kColumns; ++c) {
    widths[c] = kHeads[c].size();
    for (const Row& row : rows) widths[c] = std::max(widths[c], std::min(width_of(row.cells[c]), kWidthMax[c]));
  }
  if (screen == 0) return widths;
  std::size_t all = 2 * (kColumns - 1);
  for (const std::size_t width : widths) all += width;
  // The long texts give way first, the reason before the title; only a very narrow screen has less than their heads.
  for (const auto& [column, least] : {std::pair{kWhy, 24U}, {kTitle, 16U}, {kService, 8U}, {kWhy, 3U}}) {
    const std::size_t too_much = all > screen ? all - screen : 0;
    const std::size_t spare = widths[column] > least ? widths[column] - least : 0;
    const std::size_t less = std::min(too_much, spare);
    widths[column] -= less;
    all -= less;
  }
  return widths;
}

}  // namespace

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
  std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
    if (a.ended != b.ended) return !a.ended;
    if (a.cells[kPriority] != b.cells[kPriority]) return a.cells[kPriority] < b.cells[kPriority];
    return a.opened_at < b.opened_at;
  });
  if (rows.empty()) return "no incidents\n";

  const auto widths = widths_of(rows, style.width);
  std::string out;
  const auto draw = [&](const auto& cells, std::string_view colour) {
    if (style.colour) out += colour;
    for (std::size_t c = 0; c < kColumns; ++c) {
      const std::string cell = fit(cells[c], widths[c]);
      out += cell;
      if (c + 1 < kColumns) out.append(widths[c] - width_of(cell) + 2, ' ');
    }
    if (style.colour && !colour.empty()) out += "\033[0m";
    out += '\n';
  };
  draw(kHeads, "\033[1m");
  for (const Row& row : rows) draw(row.cells, colour_of(row));
  return out;
}

}  // namespace tocsin::app
