// tocsin_correlation ALERTS --rules FILE…: what the engine makes of a set of alerts with their own times, beside what
// somebody knows of them. See README.md.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/correlation/placing.h"
#include "engine/app/rule_files.h"
#include "rules/load.h"

namespace {

using namespace tocsin;
using namespace tocsin::bench;

std::string in_thousandths(std::uint64_t share) { return fmt::format("{}.{:03}", share / 1000, share % 1000); }

std::string figures(const std::vector<KnownAlert>& alerts, const Outcome& outcome) {
  const Agreement all = compare(outcome.placed);
  std::string out;
  const auto line = [&out](std::string_view name, const std::string& value) {
    out += fmt::format("{:<34}{}\n", name, value);
  };
  line("alerts", std::to_string(all.alerts));
  line("incidents", std::to_string(all.incidents));
  line("fewer to look at", in_thousandths(all.reduction()));
  if (all.groups > 0) {
    line("groups that are known", std::to_string(all.groups));
    line("  as one incident of their own", std::to_string(all.groups_whole));
    line("  precision of pairs", in_thousandths(all.precision()));
    line("  recall of pairs", in_thousandths(all.recall()));
  }
  std::map<std::string, std::string> causes;
  for (const KnownAlert& one : alerts) {
    if (!one.truth.empty() && !one.cause.empty()) causes.emplace(one.truth, one.cause);
  }
  if (!causes.empty()) {
    std::vector<CausedGroup> groups;
    for (const auto& [truth, cause] : causes) groups.push_back({truth, cause});
    const CauseHits hits = compare_causes(outcome.placed, groups, outcome.cause_of);
    line("causes that are known", std::to_string(hits.groups));
    line("  a cause is named", std::to_string(hits.named));
    line("  it is the right one", std::to_string(hits.right));
    line("  hit rate", in_thousandths(Agreement::share(hits.right, hits.groups)));
  }
  return out;
}

bool read(const std::string& path, std::string& bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  bytes.assign(std::istreambuf_iterator<char>(file), {});
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program{
      "What the engine makes of a set of alerts with their own times, beside what somebody knows of them."};
  std::string path;
  std::vector<std::string> rule_paths;
  std::string expected;
  Columns columns;
  program.add_option("ALERTS", path, "a .csv with a header, else JSON, an object a line")->required();
  program.add_option("--rules", rule_paths, "rule files, or folders of them; without: the built-in rules");
  program.add_option("--at", columns.at, "the column of the time: RFC 3339 or seconds since 1970")
      ->capture_default_str();
  program.add_option("--status", columns.status, "`resolved` in it: the alert ends")->capture_default_str();
  program.add_option("--truth", columns.truth, "the column of the group that is known")->capture_default_str();
  program.add_option("--cause", columns.cause, "the column of the known cause of that group")->capture_default_str();
  program.add_option("--hold", expected, "exits 1 when the figures are not those of this file");
  CLI11_PARSE(program, argc, argv);

  std::string bytes;
  if (!read(path, bytes)) {
    std::cerr << "cannot read " << path << "\n";
    return 2;
  }
  auto alerts = path.ends_with(".csv") ? read_csv(bytes, columns) : read_json_lines(bytes, columns);
  if (!alerts) {
    std::cerr << path << ": " << alerts.error() << "\n";
    return 2;
  }
  std::ranges::stable_sort(*alerts, {}, &KnownAlert::at);
  std::vector<rules::SourceFile> files;
  std::string trouble;
  if (!app::read_rule_files(rule_paths, files, trouble)) {
    std::cerr << trouble << "\n";
    return 2;
  }
  app::TableFiles tables;
  const rules::Loaded loaded = rules::load(files, tables);
  for (const rules::Diagnostic& one : loaded.diagnostics) {
    if (!loaded.rules) std::cerr << rules::to_text(one, false) << "\n";
  }
  if (!loaded.rules) return 2;
  const std::string found = figures(*alerts, place(*alerts, loaded.rules));
  std::cout << found;
  if (expected.empty()) return 0;
  std::string held;
  if (!read(expected, held) || held != found) {
    std::cerr << "these are not the figures of " << expected << ":\n" << held;
    return 1;
  }
  return 0;
}
