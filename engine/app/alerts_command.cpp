#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "engine/app/alert_table.h"
#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/screen.h"

namespace tocsin::app {
namespace {

struct AlertsFlags {
  EngineAddress engine;
  std::string format = "table";
  std::vector<std::string> where;
  std::size_t limit = 100;
  bool all = false;
};

/// A page looks at 5,000 alerts at most: with a filter that few meet it takes many to look at a million.
constexpr std::size_t kPagesMax = 400;

struct Found {
  std::vector<std::string> pages;
  bool are_all = false;  // nothing more matches
};

std::expected<Found, HttpFailure> ask(const AlertsFlags& flags) {
  std::string path = "/v1/alerts?";
  if (!flags.all) path += "status=firing&";
  if (flags.format == "table") path += "fields=" + std::string{kAlertTableFields} + "&";
  if (const auto asked = where_as_query(flags.where); asked) {
    path += *asked;
  } else {
    return std::unexpected(asked.error());
  }
  Found found;
  std::size_t count = 0;
  std::string after;
  while (count < flags.limit && found.pages.size() < kPagesMax) {
    auto page = http_get(flags.engine,
                         path + "limit=" + std::to_string(std::min<std::size_t>(flags.limit - count, 1000)) + after);
    if (!page) return std::unexpected(page.error());
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(*page, error);
    const auto* object = error ? nullptr : value.if_object();
    const auto* alerts = object == nullptr ? nullptr : object->if_contains("alerts");
    if (alerts == nullptr || !alerts->is_array())
      return std::unexpected(HttpFailure{"the answer is not a list of alerts; is this a tocsin server?"});
    count += alerts->get_array().size();
    const auto* next = object->if_contains("next");
    const bool goes_on = next != nullptr && next->is_string();
    found.pages.push_back(std::move(*page));
    if (!goes_on) {
      found.are_all = true;
      break;
    }
    after = "&after=" + percent_encoded(std::string_view{next->get_string()});
  }
  return found;
}

int show(const AlertsFlags& flags) {
  const auto found = ask(flags);
  if (!found) {
    std::cerr << "tocsin alerts: " << found.error().message << "\n";
    return found.error().is_misuse ? kMisuse : kFindings;
  }
  if (flags.format == "json") {
    for (const std::string& page : found->pages) std::cout << page << "\n";
    return kOk;
  }
  const auto table = draw_alerts(found->pages, now(), style_of_screen());
  if (!table) {
    std::cerr << "tocsin alerts: " << table.error() << "\n";
    return kFindings;
  }
  const bool none = *table == "no alerts\n";
  if (none && !flags.all && flags.where.empty()) {
    std::cout << "no alerts fire; --all shows those that have ended too\n";
  } else {
    std::cout << *table;
  }
  if (!found->are_all) std::cout << "there may be more: --limit and --where say which are shown\n";
  std::cout << std::flush;
  return kOk;
}

}  // namespace

void add_alerts(CLI::App& program, Action& action) {
  auto flags = std::make_shared<AlertsFlags>();
  CLI::App* command = program.add_subcommand("alerts", "show the alerts of a running engine");
  command->description(
      "Asks a running engine for its alerts: those that fire, with the incident that each is in, or why it is in "
      "none.\n"
      "The most pressing of those that are shown stand first.\n"
      "\n"
      "  tocsin alerts --where service=checkout\n"
      "  tocsin alerts --where suppressed_by=node-down      what a rule holds back\n"
      "  tocsin alerts --where incident_id=4f7k2q9          all of one incident\n"
      "\n"
      "Exit code: 0; 1 when the engine does not answer; 2 when a flag is wrong.");
  add_engine_flags(*command, flags->engine);
  command->add_flag("--all", flags->all, "those that have ended too");
  command->add_option("--where", flags->where,
                      "only those with this FIELD=VALUE: severity, priority, service, node, source, …; may be given "
                      "again");
  command->add_option("--limit", flags->limit, "at most so many")->check(CLI::Range(1, 100'000))->capture_default_str();
  command
      ->add_option("--format", flags->format, "table for people, json (the API's answers, a page a line) for programs")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return show(*flags); }; });
}

}  // namespace tocsin::app
