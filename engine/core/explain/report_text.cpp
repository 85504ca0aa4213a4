// Explanations for people: at night, on one screen.
#include <algorithm>
#include <charconv>
#include <chrono>
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

namespace {

/// "1h 2m 3s" of a number of seconds; "" of none.
std::string span_of(std::string_view seconds) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(seconds.data(), seconds.data() + seconds.size(), count);
  if (error != std::errc{} || end != seconds.data() + seconds.size()) return {};
  return to_text(Duration{std::chrono::seconds{count}});
}

/// One sentence a turn of its life, with how long it took: what is read first.
std::string life_of(const RecordFields& record) {
  std::string text = "It was " + std::string{record["priority"]} + ", severity " + std::string{record["severity"]};
  if (!record["priority_reason"].empty()) (text += " (") += std::string{record["priority_reason"]} + ")";
  (text += ". It began at ") += record["first_event_at"];
  (text += " and was opened at ") += record["opened_at"];
  if (!record["acknowledged_at"].empty()) {
    (text += "; it was acknowledged ") += "after " + span_of(record["time_to_acknowledge_s"]);
    if (!record["acknowledged_by"].empty()) (text += " by ") += record["acknowledged_by"];
  }
  if (!record["resolved_at"].empty()) text += "; it was resolved after " + span_of(record["time_to_resolve_s"]);
  if (record["closed_at"].empty()) {
    (text += "; it is ") += record["status"];
  } else {
    (text += "; it was closed at ") += record["closed_at"];
  }
  (text += ". ") += record["alert_count"];
  text += record["alert_count"] == "1" ? " alert belongs to it" : " alerts belong to it";
  if (!record["cause"].empty()) (text += "; the cause that was found: ") += record["cause"];
  return text + ".\n";
}

/// "14:13:20", with the parts of a second where there are any.
std::string time_of_day(Instant at) {
  std::string text = time_of(at);
  if (text.size() < 24) return text;
  return text.substr(11, text.substr(19, 4) == ".000" ? 8 : 12);
}

/// Steps as boxes to be ticked.
std::string steps_as_list(std::string_view steps) {
  std::string text;
  while (!steps.empty()) {
    const std::size_t end = steps.find('\n');
    std::string_view line = steps.substr(0, end);
    steps = end == std::string_view::npos ? std::string_view{} : steps.substr(end + 1);
    if (const std::size_t box = line.find("[ ]"), done = line.find("[x]"); std::min(box, done) < 8)
      line.remove_prefix(std::min(box, done));
    ((text += "- ") += line) += '\n';
  }
  return text;
}

void add_people(std::string& text, const IncidentReport& report) {
  bool is_first = true;
  for (const ChronicleEntry& entry : report.entries) {
    if (entry.kind != Kind::command) continue;
    if (is_first) text += "\n## What people did\n\n";
    is_first = false;
    text += "- " + time_of(entry.at) + " " + entry.words + "\n";
  }
}

void add_table(std::string& text, const IncidentReport& report) {
  text += "\n## Timeline\n\nUTC, as it was received; where the source says another time, that stands behind.\n\n";
  text += "| time | what | |\n| --- | --- | --- |\n";
  std::string day;
  for (const ChronicleEntry& entry : report.entries) {
    if (const std::string today = time_of(entry.at).substr(0, 10); today != day) {
      text += "| **" + today + "** | | |\n";
      day = today;
    }
    std::string kind{name_of(entry.kind)};
    std::ranges::replace(kind, '_', ' ');
    text += "| " + time_of_day(entry.at) + " | " + kind + " | ";
    if (!entry.alert.empty()) text += "**" + escaped(entry.alert) + "** ";
    text += escaped(entry.words);
    constexpr Duration kSame = std::chrono::seconds{1};
    if (entry.event_at != kUnset && entry.event_at != kNever &&
        (entry.event_at > entry.at + kSame || entry.event_at < entry.at - kSame))
      text += " (it says " + time_of(entry.event_at) + ")";
    text += " |\n";
  }
  if (report.left_out > 0) text += "\n" + std::to_string(report.left_out) + " steps in the middle are left out.\n";
}

}  // namespace

std::string timeline_markdown(const IncidentReport& report) {
  const RecordFields record(report.record);
  std::string text = "# " + std::string{record["title"]} + "\n\n" + life_of(record);
  if (!record["description"].empty()) ((text += "\n> ") += escaped(std::string{record["description"]})) += "\n";
  text += "\n| | |\n| --- | --- |\n";
  for (const char* name : {"incident_id",     "service", "component",      "environment",     "region",
                           "category",        "team",    "owner",          "roles",           "assignment_group",
                           "standby_group",   "plan",    "channel",        "runbook_url",     "dashboard_url",
                           "correlation_key", "rule_id", "related_change", "duplicate_count", "suppressed_count",
                           "merged_into",     "score",   "score_comment"}) {
    if (record[name].empty() || record[name] == "0") continue;
    std::string label{name};
    std::ranges::replace(label, '_', ' ');
    text += "| " + label + " | " + escaped(std::string{record[name]}) + " |\n";
  }
  if (!record["plan_progress"].empty()) text += "\n## Plan\n\n" + steps_as_list(record["plan_progress"]);
  add_people(text, report);
  add_table(text, report);
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
