// storms, sources, rules: what the engine itself watches, of a running engine.
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/incident_table.h"
#include "engine/app/screen.h"
#include "engine/app/text_table.h"

namespace tocsin::app {
namespace {

namespace json = boost::json;

struct WatchFlags {
  EngineAddress engine;
  std::string format = "table";
  std::size_t limit = 100;
  bool silent = false;
  bool all = false;
};

const json::value& member(const json::value& object, std::string_view key) {
  return object.at(json::string_view(key.data(), key.size()));
}

/// What is null is "-".
std::string text_of(const json::value& object, std::string_view key) {
  const json::value& value = member(object, key);
  return value.is_string() && !value.as_string().empty() ? std::string{value.as_string()} : "-";
}

/// 412,008
std::string number_of(const json::value& object, std::string_view key) {
  std::string digits = std::to_string(member(object, key).to_number<std::uint64_t>());
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

/// Asks for `path` and shows each item of `list` as a row, or `none`; the exit code.
template <typename RowOf>
int show(const WatchFlags& flags, const std::string& path, std::string_view list,
         const std::vector<TextColumn>& columns, std::string_view none, RowOf&& row_of) {
  try {
    const auto answer =
        http_get(flags.engine, path + (path.contains('?') ? "&" : "?") + "limit=" + std::to_string(flags.limit));
    if (!answer) {
      std::cerr << "tocsin " << list << ": " << answer.error().message << "\n";
      return answer.error().is_misuse ? kMisuse : kFindings;
    }
    if (flags.format == "json") {
      std::cout << *answer << "\n";
      return kOk;
    }
    const json::value value = json::parse(*answer);
    std::vector<TextRow> rows;
    for (const json::value& item : member(value, list).as_array()) row_of(item, rows);
    const TableStyle style = style_of_screen();
    std::cout << (rows.empty() ? std::string{none} + "\n" : draw_table(columns, std::move(rows), style.width, false));
    if (!member(value, "next").is_null()) std::cout << "… and more: --limit\n";
    return kOk;
  } catch (const std::exception&) {  // of Boost.JSON: a member that is not there
    std::cerr << "tocsin " << list << ": " << flags.engine.server << " did not answer as tocsin does\n";
    return kFindings;
  }
}

int show_storms(const WatchFlags& flags) {
  const std::vector<TextColumn> columns{{"STORM"},  {"STATUS"}, {"SCOPE"}, {"BEGAN"},     {"ENDED"}, {"ALERTS"},
                                        {"PEAK/M"}, {"FOLDED"}, {"NOW"},   {"INCIDENTS"}, {"LOST"},  {"INCIDENT"}};
  return show(flags, "/v1/storms", "storms", columns, "no storm lasts, and none is remembered",
              [](const json::value& one, std::vector<TextRow>& rows) {
                std::string status = text_of(one, "status");
                if (member(one, "shadow").as_bool()) status += " (shadow)";
                if (member(one, "by_queue").as_bool()) status += " (queue)";
                const bool is_shadow = member(one, "shadow").as_bool();
                const std::string incident = text_of(one, "incident_id");
                rows.push_back({{number_of(one, "storm"), status, text_of(one, "scope"), text_of(one, "began_at"),
                                 text_of(one, "ended_at"), number_of(one, "alerts"), number_of(one, "peak_per_minute"),
                                 is_shadow ? number_of(one, "would_fold") : number_of(one, "folded"),
                                 number_of(one, "folded_now"), number_of(one, "incidents"), number_of(one, "lost"),
                                 incident == "-" ? incident : std::string{short_id(incident)}},
                                {}});
              });
}

int show_sources(const WatchFlags& flags) {
  const std::vector<TextColumn> columns{{"STATUS"},       {"SOURCE"},  {"ORIGIN"}, {"LAST HEARD"},
                                        {"SILENT AFTER"}, {"WATCHED"}, {"TENANT"}};
  return show(flags, "/v1/sources", "sources", columns, flags.silent ? "no source is silent" : "nobody has spoken yet",
              [&](const json::value& one, std::vector<TextRow>& rows) {
                if (flags.silent && text_of(one, "status") != "silent") return;
                rows.push_back({{text_of(one, "status"), text_of(one, "source"), text_of(one, "origin"),
                                 text_of(one, "last_heard_at"), text_of(one, "silent_after"), text_of(one, "watched"),
                                 text_of(one, "tenant")},
                                {}});
              });
}

int show_rules(const WatchFlags& flags) {
  const std::vector<TextColumn> columns{{"RULE"},    {"KIND"},    {"BY"},      {"WITHIN"}, {"KEYS"},
                                        {"AT MOST"}, {"EVICTED"}, {"REFUSED"}, {"FIRED"}};
  return show(flags, flags.all ? "/v1/rules" : "/v1/rules?used=true", "rules", columns,
              flags.all ? "no rule sees patterns: threshold, distinct, sequence, all, absence"
                        : "no rule that sees patterns has seen anything; --all shows all of them",
              [](const json::value& one, std::vector<TextRow>& rows) {
                std::string by;
                for (const json::value& part : member(one, "by").as_array())
                  (by += by.empty() ? "" : ",") += std::string_view{part.as_string()};
                rows.push_back({{text_of(one, "rule"), text_of(one, "kind"), by.empty() ? "-" : by,
                                 text_of(one, "within"), number_of(one, "keys"), number_of(one, "keys_max"),
                                 number_of(one, "evicted"), number_of(one, "refused"), number_of(one, "fired")},
                                {}});
              });
}

CLI::App* add_one(CLI::App& program, const char* name, const char* about, const char* description,
                  const std::shared_ptr<WatchFlags>& flags, Action& action, int (*what)(const WatchFlags&)) {
  CLI::App* command = program.add_subcommand(name, about);
  command->description(description);
  add_engine_flags(*command, flags->engine);
  command->add_option("--limit", flags->limit, "at most so many")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_option("--format", flags->format, "table for people, json (the API's answer) for programs")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([flags, what, &action] { action = [flags, what] { return what(*flags); }; });
  return command;
}

}  // namespace

void add_storms(CLI::App& program, Action& action) {
  add_one(program, "storms", "show what was folded while very much came",
          "Asks a running engine for its storms: those that last, then those that are over, the newest first. While "
          "very much\n"
          "comes, incidents that would open are folded into one (`storm:` in the rules says when). ALERTS began to "
          "fire while it\n"
          "lasted, FOLDED of them are in its incident (or would be, of a shadow), NOW still; INCIDENTS opened all the "
          "same;\n"
          "LOST is 0 or a bug of tocsin.\n"
          "  tocsin incidents ID              the alerts of a storm: ID stands in the last column\n"
          "Exit code: 0; 1 when the engine does not answer; 2 when a flag is wrong.",
          std::make_shared<WatchFlags>(), action, show_storms);
}

void add_sources(CLI::App& program, Action& action) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* command = add_one(
      program, "sources", "show who speaks, and who is silent",
      "Asks a running engine who sends it alerts: each source and, of Alertmanager's, each server that links name. Who "
      "is\n"
      "WATCHED (learned from its rhythm, or stated by `blind: {expect: …}` in the rules) and says nothing for SILENT "
      "AFTER is\n"
      "silent, and there is an incident that says so.\n"
      "  tocsin sources --silent          only those that are\n"
      "Exit code: 0; 1 when the engine does not answer; 2 when a flag is wrong.",
      flags, action, show_sources);
  command->add_flag("--silent", flags->silent, "only those that are silent");
}

void add_rules(CLI::App& program, Action& action) {
  auto flags = std::make_shared<WatchFlags>();
  CLI::App* command = add_one(
      program, "rules", "show what rules that see patterns keep, and how often they fired",
      "Asks a running engine for its rules that see patterns in time (threshold, distinct, sequence, all, absence): "
      "how "
      "many\n"
      "KEYS each keeps and may keep AT MOST (`max_keys`), how many were EVICTED there or alerts REFUSED (`on_overflow` "
      "says\n"
      "which), and how often it FIRED: made an alert, or found what it marks. Since the journal began, or the rule was "
      "changed.\n"
      "Exit code: 0; 1 when the engine does not answer; 2 when a flag is wrong.",
      flags, action, show_rules);
  command->add_flag("--all", flags->all, "those too of which nothing has come yet");
}

}  // namespace tocsin::app
