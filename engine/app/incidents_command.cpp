#include <chrono>
#include <iostream>
#include <string_view>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/incident_page.h"
#include "engine/app/incident_table.h"
#include "engine/app/screen.h"

namespace tocsin::app {
namespace {

struct IncidentsFlags {
  EngineAddress engine;
  std::string id;
  std::string format = "table";
  std::string status;
  std::vector<std::string> where;
  std::size_t limit = 100;
  bool all = false;
  bool watch = false;
};

constexpr auto kRedrawEvery = std::chrono::seconds{1};
constexpr std::size_t kAlertsShownMax = 10'000;

std::expected<std::string, HttpFailure> path_of(const IncidentsFlags& flags) {
  std::string path = "/v1/incidents?order=pressing&limit=" + std::to_string(flags.limit);
  if (!flags.status.empty()) {
    path += "&status=" + percent_encoded(flags.status);
  } else if (!flags.all) {
    path += "&status=open,acknowledged";
  }
  const auto asked = where_as_query(flags.where);
  if (!asked) return std::unexpected(asked.error());
  if (!asked->empty()) path += "&" + asked->substr(0, asked->size() - 1);
  return path;
}

/// One look at all of them; `lines`: how many lines of a screen it may take, 0: any.
std::expected<std::string, HttpFailure> look(const IncidentsFlags& flags, std::size_t lines) {
  const auto path = path_of(flags);
  if (!path) return std::unexpected(path.error());
  const auto answer = http_get(flags.engine, *path);
  if (!answer) return std::unexpected(answer.error());
  if (flags.format == "json") return *answer + "\n";
  TableStyle style = style_of_screen();
  style.height = lines;
  auto table = draw_incidents(*answer, now(), style);
  if (!table) return std::unexpected(HttpFailure{table.error()});
  if (*table == "no incidents\n" && !flags.all && flags.status.empty())
    return std::string("no incidents are open; --all shows those that have ended too\n");
  return *table;
}

/// The cursor of the next page; "" when this is the last.
std::string next_of(const std::string& page) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(page, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* next = object == nullptr ? nullptr : object->if_contains("next");
  return next != nullptr && next->is_string() ? std::string(next->get_string()) : std::string{};
}

/// One incident with all of its alerts.
std::expected<std::string, HttpFailure> look_at_one(const IncidentsFlags& flags) {
  const std::string path = "/v1/incidents/" + percent_encoded(flags.id);
  const auto incident = http_get(flags.engine, path);
  if (!incident) return std::unexpected(incident.error());
  if (flags.format == "json") return *incident + "\n";
  std::vector<std::string> pages;
  std::string after;
  for (std::size_t asked = 0; asked < kAlertsShownMax; asked += 1000) {
    auto page = http_get(flags.engine, "/v1/alerts?limit=1000&incident_id=" + percent_encoded(flags.id) + after);
    if (!page) return std::unexpected(page.error());
    const std::string next = next_of(*page);
    pages.push_back(std::move(*page));
    if (next.empty()) break;
    after = "&after=" + percent_encoded(next);
  }
  const auto timeline = http_get(flags.engine, path + "/timeline");
  auto text = draw_incident(*incident, pages, timeline ? std::string_view{*timeline} : std::string_view{}, now(),
                            style_of_screen().width);
  if (!text) return std::unexpected(HttpFailure{text.error()});
  return *text;
}

int once(const IncidentsFlags& flags) {
  const auto text = flags.id.empty() ? look(flags, 0) : look_at_one(flags);
  if (text) {
    std::cout << *text << std::flush;
    return kOk;
  }
  std::cerr << "tocsin incidents: " << text.error().message << "\n";
  return text.error().is_misuse ? kMisuse : kFindings;
}

/// Each look replaces the one before, line by line, so nothing flickers and nothing scrolls away.
std::string as_screen(const std::string& text) {
  std::string out = "\033[H";
  for (const char c : text) {
    if (c == '\n') out += "\033[K";
    out += c;
  }
  if (out.ends_with('\n')) out.pop_back();  // the last line of a full screen must not scroll it
  return out + "\033[J";
}

int watch(const IncidentsFlags& flags) {
  const bool screen = is_screen() && flags.format == "table";
  if (screen) std::cout << "\033[2J";
  while (true) {
    const std::size_t height = style_of_screen().height;
    const std::size_t lines = height > 4 ? height - 2 : 0;  // two are the head's
    const auto text = flags.id.empty() ? look(flags, screen ? lines : 0) : look_at_one(flags);
    if (!text && text.error().is_misuse) {
      std::cerr << "tocsin incidents: " << text.error().message << "\n";
      return kMisuse;
    }
    std::string drawn = text ? *text : text.error().message + "\n";
    if (screen) drawn = as_screen(flags.engine.server + "   (Ctrl-C ends)\n\n" + drawn);
    std::cout << drawn << std::flush;
    if (!std::cout) return kFindings;
    std::this_thread::sleep_for(kRedrawEvery);
  }
}

}  // namespace

void add_incidents(CLI::App& program, Action& action) {
  auto flags = std::make_shared<IncidentsFlags>();
  CLI::App* command = program.add_subcommand("incidents", "show the incidents of a running engine");
  command->description(
      "Asks a running engine for its incidents: those that are open, the most pressing first. With an ID (a beginning "
      "of\n"
      "it will do): everything about one, with its alerts and links.\n"
      "Exit code: 0; 1 when the engine does not answer; 2 when a flag is wrong.");
  command->add_option("ID", flags->id, "one incident; a beginning of its id will do, as the table shows it");
  add_engine_flags(*command, flags->engine);
  command->add_flag("--all", flags->all, "those that have ended too");
  command->add_option("--status", flags->status,
                      "only these: open, acknowledged, resolved, closed, merged; several with commas");
  command->add_option("--where", flags->where,
                      "only those with this FIELD=VALUE, for example service=checkout; may be given again");
  command->add_option("--limit", flags->limit, "at most so many")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_flag("--watch", flags->watch, "draw again every second until Ctrl-C");
  command->add_option("--format", flags->format, "table for people, json (the API's answer) for programs")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return flags->watch ? watch(*flags) : once(*flags); }; });
}

}  // namespace tocsin::app
