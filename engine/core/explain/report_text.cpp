// Explanations for people: at night, on one screen.
#include <algorithm>
#include <map>

#include "engine/core/explain/record_fields.h"
#include "engine/core/explain/report.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

using Kind = ChronicleEntry::Kind;

constexpr std::size_t kAlertsMax = 8;
constexpr std::size_t kLinesMax = 6;
constexpr std::size_t kEntriesOfAlertMax = 12;

std::string time_of(Instant at) { return at == kUnset || at == kNever ? std::string{} : to_rfc3339(at); }

/// Its id, rank, title.
std::string heading(const IncidentReport& report, const RecordFields& record) {
  std::string text = report.id + "  ";
  ((text += record["priority"]) += " ") += record["status"];
  (text += ", severity ") += record["severity"];
  ((text += ", revision ") += record["revision"]) += "\n";
  ((text += "  ") += record["title"]) += "\n";
  std::string facts;
  for (const char* name : {"service", "node", "environment", "team", "owner", "commander", "standby_group", "plan"}) {
    if (record[name].empty()) continue;
    facts += facts.empty() ? "  " : ", ";
    ((facts += name) += ' ') += record[name];
  }
  if (!facts.empty()) text += facts + "\n";
  std::string times;
  for (const char* name : {"opened_at", "acknowledged_at", "resolved_at", "closed_at"}) {
    if (record[name].empty()) continue;
    times += times.empty() ? "  " : ", ";
    const std::string_view label = name;
    ((times += label.substr(0, label.size() - 3)) += ' ') += record[name];
  }
  text += times + "\n";
  return text;
}

std::string line_of(const ChronicleEntry& entry) {
  std::string text = "  " + time_of(entry.at) + "  ";
  if (!entry.alert.empty()) text += entry.alert + " ";
  return text + entry.words + "\n";
}

/// The entries of some kinds under a title; the first of very many, and how many more there are.
void add_section(std::string& text, const char* title, const std::vector<ChronicleEntry>& entries, auto&& wanted,
                 std::size_t most = kLinesMax) {
  std::size_t count = 0;
  for (const ChronicleEntry& entry : entries) {
    if (!wanted(entry)) continue;
    if (count == 0) (text += title) += "\n";
    if (++count <= most) text += line_of(entry);
  }
  if (count > most) text += "  and " + std::to_string(count - most) + " more of these; `tocsin timeline` has them\n";
}

/// What was said of each alert last that gives it its rank.
std::vector<ChronicleEntry> ratings(const std::vector<ChronicleEntry>& entries) {
  std::vector<ChronicleEntry> last;
  std::map<std::uint64_t, std::size_t> place;
  for (const ChronicleEntry& entry : entries) {
    if (entry.kind != Kind::heard || entry.words.find("; severity ") == std::string::npos) continue;
    const auto [known, added] = place.emplace(entry.alert_number, last.size());
    if (added) {
      last.push_back(entry);
    } else {
      last[known->second] = entry;
    }
  }
  return last;
}

std::string escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("|\n", at)) != std::string::npos; at += 2) {
    text.replace(at, 1, text[at] == '|' ? "\\|" : "; ");
  }
  return text;
}

}  // namespace

std::string why_text(const IncidentReport& report) {
  const RecordFields record(report.record);
  std::string text = heading(report, record);
  const auto of = [](std::initializer_list<Kind> kinds) {
    return [kinds](const ChronicleEntry& entry) { return std::ranges::find(kinds, entry.kind) != kinds.end(); };
  };
  add_section(text, "\nwhy it is there", report.entries, of({Kind::joined, Kind::counted, Kind::merged}), kAlertsMax);
  std::string why = "\nwhy it is " + std::string{record["priority"]};
  if (!record["priority_reason"].empty()) (why += ": ") += record["priority_reason"];
  add_section(text, why.c_str(), ratings(report.entries), [](const auto&) { return true; }, kAlertsMax);
  add_section(text, "\nwhat raised it, and what did not", report.entries, of({Kind::raised, Kind::not_raised}));
  add_section(text, "\nwhat was held back or let go", report.entries,
              of({Kind::held, Kind::waits, Kind::released, Kind::passed, Kind::no_room}));
  add_section(text, "\nwho is told", report.entries, of({Kind::routed}));
  for (const std::string& line : report.not_told) text += "  " + line + "\n";
  add_section(text, "\nwhat people did", report.entries, of({Kind::command}));
  std::size_t told = 0;
  const ChronicleEntry* newest = nullptr;
  for (const ChronicleEntry& entry : report.entries) {
    if (entry.kind != Kind::told) continue;
    ++told;
    newest = &entry;
  }
  if (newest != nullptr) {
    text += "\nwhat was told last, of " + std::to_string(told) + " revisions, and " + std::to_string(report.repeats) +
            " words that said the same again\n" + line_of(*newest);
  }
  if (report.left_out > 0) text += "\n" + std::to_string(report.left_out) + " steps in the middle are left out\n";
  return text;
}

std::string timeline_text(const IncidentReport& report) {
  std::string text = heading(report, RecordFields(report.record)) + "\n";
  for (const ChronicleEntry& entry : report.entries) {
    text += time_of(entry.at) + "  ";
    std::string kind{name_of(entry.kind)};
    kind.resize(std::max<std::size_t>(kind.size(), 10), ' ');
    text += kind + "  ";
    if (!entry.alert.empty()) text += entry.alert + " ";
    text += entry.words;
    if (entry.event_at != kUnset && entry.event_at != entry.at && entry.event_at != kNever)
      text += " [its source says " + time_of(entry.event_at) + "]";
    text += "\n";
  }
  if (report.left_out > 0) text += std::to_string(report.left_out) + " steps in the middle are left out\n";
  return text;
}

std::string timeline_markdown(const IncidentReport& report) {
  const RecordFields record(report.record);
  std::string text = "# " + std::string{record["title"]} + "\n\n";
  text += "| | |\n| --- | --- |\n";
  for (const char* name : {"incident_id",
                           "priority",
                           "priority_reason",
                           "severity",
                           "status",
                           "service",
                           "team",
                           "owner",
                           "commander",
                           "plan",
                           "channel",
                           "runbook_url",
                           "opened_at",
                           "acknowledged_at",
                           "resolved_at",
                           "closed_at",
                           "time_to_acknowledge_s",
                           "time_to_resolve_s",
                           "alert_count",
                           "duplicate_count",
                           "correlation_key",
                           "rule_id",
                           "cause"}) {
    if (record[name].empty()) continue;
    ((text += "| ") += name) += " | " + escaped(std::string{record[name]}) + " |\n";
  }
  text += "\n## Timeline\n\n| received (UTC) | happened (UTC) | what | |\n| --- | --- | --- | --- |\n";
  for (const ChronicleEntry& entry : report.entries) {
    text += "| " + time_of(entry.at) + " | " + time_of(entry.event_at) + " | " + std::string{name_of(entry.kind)} +
            " | " + escaped(entry.alert.empty() ? entry.words : entry.alert + " " + entry.words) + " |\n";
  }
  if (report.left_out > 0) text += "\n" + std::to_string(report.left_out) + " steps in the middle are left out.\n";
  text += "\n## To be written\n\n- Impact: who noticed what, and for how long?\n- Cause, and what set it off:\n";
  text += "- What helped, what did not, where were we lucky?\n- What changes, by whom, until when?\n";
  return text;
}

std::string why_not_text(const AlertReport& report) {
  std::string text;
  const std::string span = time_of(report.from) + " to " + time_of(report.to);
  if (report.alerts.empty()) {
    text = "no alert that matches " + report.asked + " was heard from " + span + "\n";
  } else {
    text = std::to_string(report.alerts.size() + report.more) + " alerts match " + report.asked + ", as of " +
           time_of(report.to) + "\n";
  }
  for (const AlertReport::Of& alert : report.alerts) {
    text += "\n" + alert.name + (alert.title.empty() ? "" : ": " + alert.title) + "\n";
    if (alert.standing.empty()) text += "  it has ended and is forgotten\n";
    for (const std::string& line : alert.standing) text += "  " + line + "\n";
    if (alert.repeats > 0) text += "  " + std::to_string(alert.repeats) + " words said the same again\n";
    const std::size_t count = alert.entries.size();
    const std::size_t first = count - std::min(count, kEntriesOfAlertMax);
    if (count > 0) text += first > 0 ? "  what became of it, the newest:\n" : "  what became of it:\n";
    for (std::size_t i = first; i < count; ++i) {
      text += "    " + time_of(alert.entries[i].at) + "  " + alert.entries[i].words + "\n";
    }
  }
  if (report.more > 0) text += "\nand " + std::to_string(report.more) + " more, heard before these\n";
  if (!report.near.empty()) text += "\nnear it, all matchers but one match:\n";
  for (const std::string& line : report.near) text += "  " + line + "\n";
  if (!report.refused.empty()) text += "\nwhat was refused in that time, whatever it was:\n";
  for (const std::string& line : report.refused) text += "  " + line + "\n";
  return text;
}

}  // namespace tocsin
