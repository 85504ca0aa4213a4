// What many rules cost: generated rule sets of 10 to 10,000 rules, on alerts never seen before, and loading them.
// Names and severities are read from the shared alert catalog where it is present, else made up.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "engine/core/conditions/categorise.h"
#include "engine/model/alert.h"
#include "rules/load.h"
#include "rules/set/rule_index.h"

namespace tocsin::bench {
namespace {

constexpr Instant kReceived = from_unix_ns(1'774'738'800'000'000'000);

constexpr std::size_t kRulesOfFile = 4'000;  // a file is at most 1 MiB
constexpr std::size_t kAlerts = 4'096;

struct Known {
  std::string name;
  std::string severity;
};

std::vector<Known> make_names() {
  std::vector<Known> known;
  const char* const folder = std::getenv("TOCSIN_SHARED");
  const std::filesystem::path shared =
      folder != nullptr ? folder : std::filesystem::path{TOCSIN_SOURCE_DIR}.parent_path() / "shared";
  std::ifstream lines(shared / "data" / "alert_catalog.jsonl");
  simdjson::dom::parser parser;
  for (std::string line; std::getline(lines, line);) {
    simdjson::dom::element alert;
    std::string_view name;
    std::string_view severity;
    if (parser.parse(line).get(alert) != simdjson::SUCCESS) continue;
    if (alert["name"].get_string().get(name) != simdjson::SUCCESS || name.find_first_of("\"'\\") != name.npos) continue;
    if (alert["severity"].get_string().get(severity) != simdjson::SUCCESS) severity = "warning";
    known.push_back({std::string{name}, severity == "critical" ? "critical" : "warning"});
  }
  for (std::size_t i = 0; known.size() < 1'900; ++i) {
    const char* const what[]{"Disk", "Queue", "Http", "Certificate", "Replica", "Backup", "Node"};
    known.push_back(
        {std::string{what[i % 7]} + "Own" + std::to_string(i) + "Failing", i % 3 == 0 ? "critical" : "warning"});
  }
  std::shuffle(known.begin(), known.end(), std::mt19937_64{1});
  return known;
}

const std::vector<Known>& names() {
  static const std::vector<Known> kNames = make_names();
  return kNames;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }
std::string namespace_of(std::size_t i) { return "team-" + std::to_string(i % 200); }

/// As operators write them: most by name, some by the start of names, few by patterns or labels alone.
std::string condition(std::size_t i, std::mt19937_64& random) {
  const Known& known = names()[i % names().size()];
  const std::string places =
      "labels.namespace in [" + quoted(namespace_of(random())) + ", " + quoted(namespace_of(random())) + "]";
  switch (i % 10) {
    case 0:
      return "name.startsWith(" + quoted(known.name.substr(0, 6)) + ") && " + places;
    case 1:
      return "name.matches(" + quoted("^" + known.name.substr(0, 5) + ".*" + known.name.substr(known.name.size() / 2)) +
             ") && labels.severity == " + quoted(known.severity);
    case 2:
      return "labels.severity == " + quoted(known.severity) +
             " && labels.cluster == " + quoted("c" + std::to_string(i % 50)) + " && " + places;
    case 3:
      return "name == " + quoted(known.name) + " && labels.severity == " + quoted(known.severity);
    default:
      return "name == " + quoted(known.name) + " && " + places;
  }
}

/// What does not fit an index as it stands: two fields at once, alternatives over fields, negations, tables, functions.
std::string mixed_condition(std::size_t i, std::mt19937_64& random) {
  const std::string name = quoted(names()[i % names().size()].name);
  const std::string other = quoted(names()[random() % names().size()].name);
  const std::string place = quoted(namespace_of(random()));
  switch (i % 10) {
    case 0:
      return "name == " + name + " && labels.namespace != labels.job";
    case 1:
      return "(name == " + name + " || labels.namespace == " + place + ") && labels.severity == \"critical\"";
    case 2:
      return "name.startsWith(" + name.substr(0, 7) + "\") && !(labels.severity == \"warning\")";
    case 3:
      return "svc[service].tier == \"1\" && name == " + name;
    case 4:
      return "name.matches(\"^" + name.substr(1, 5) + ".*\") && labels.namespace != " + place;
    case 5:
      return "name in [" + name + ", " + other + "] && !labels.instance.startsWith(\"10.0.0.1\")";
    case 6:
      return "has(labels.cluster) && name != " + name + " && labels.namespace == " + place;
    case 7:
      return "svc[service].owner == " + place + " && labels.pod.contains(\"" + std::to_string(i % 100) + "\")";
    case 8:
      return "labels.exists(k, v, k.startsWith(\"cl\") && v == \"c1\") && name == " + name;
    default:
      return "name == " + name + " || labels.pod.endsWith(\"-" + std::to_string(random() % 10'000) + "\")";
  }
}

using Condition = std::string (*)(std::size_t, std::mt19937_64&);

std::vector<rules::SourceFile> make_rule_files(std::size_t count, Condition condition_of = condition) {
  std::mt19937_64 random{2};
  std::vector<rules::SourceFile> files;
  for (std::size_t first = 0; first < count; first += kRulesOfFile) {
    const std::size_t end = std::min(count, first + kRulesOfFile);
    std::string normalise = "normalise:\n";
    std::string severity = "severity:\n  rules:\n";
    std::string groups = "correlate:\n";
    for (std::size_t i = first; i < end; ++i) {
      const std::string head = "{id: r" + std::to_string(i) + ", when: '" + condition_of(i, random) + "', ";
      // Of ten rules two set a field, two group, six rate; by pairs, so that each phase gets all shapes.
      const std::size_t kind = (i / 10) % 10;
      if (kind < 2) {
        normalise += "  - " + head + "set: {team: '" + quoted(namespace_of(i)) + "'}}\n";
      } else if (kind < 4) {
        groups += "  - " + head + "kind: group, by: [service]}\n";
      } else {
        severity += "    - " + head + "is: " + (i % 2 == 0 ? "error" : "critical") + "}\n";
      }
    }
    std::string text = "tocsin: 1\ntables: {svc: {file: services.csv, key: service}}\n";
    if (first > 0) text = "tocsin: 1\n";
    for (const std::string* section : {&normalise, &severity, &groups}) {
      if (section->find('{') != std::string::npos) text += *section;
    }
    files.push_back({"rules" + std::to_string(first) + ".yaml", std::move(text)});
  }
  return files;
}

class Services : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string& bytes) override {
    bytes = "service,tier,owner\n";
    for (std::size_t i = 0; i < 500; ++i) {
      bytes += "s" + std::to_string(i) + "," + std::to_string(i % 4) + "," + namespace_of(i) + "\n";
    }
    return true;
  }
};

rules::RuleSetPtr load_rules(std::size_t count, Condition condition_of) {
  Services tables;
  const rules::Loaded loaded = rules::load(make_rule_files(count, condition_of), tables);
  if (loaded.rules == nullptr && !loaded.diagnostics.empty()) {
    std::fputs(rules::to_text(loaded.diagnostics[0], false).c_str(), stderr);
  }
  return loaded.rules;
}

struct Alerts {
  std::vector<std::string> texts;
  std::vector<std::vector<Label>> labels;
};

/// Each with a pod of its own; names, namespaces and clusters as the rules have them.
Alerts make_alerts() {
  std::mt19937_64 random{3};
  Alerts alerts;
  alerts.texts.reserve(kAlerts * 5);
  const auto keep = [&](std::string text) -> std::string_view { return alerts.texts.emplace_back(std::move(text)); };
  for (std::size_t i = 0; i < kAlerts; ++i) {
    const Known& known = names()[random() % names().size()];
    const std::string_view pod = keep("pod-" + std::to_string(i));
    alerts.labels.push_back({{"alertname", known.name},
                             {"cluster", keep("c" + std::to_string(random() % 50))},
                             {"container", "main"},
                             {"instance", keep("10.0.0." + std::to_string(i % 250) + ":9100")},
                             {"job", "kubelet"},
                             {"namespace", keep(namespace_of(random()))},
                             {"pod", pod},
                             {"prometheus", "monitoring/main"},
                             {"service", keep("s" + std::to_string(random() % 500))},
                             {"severity", known.severity}});
    std::ranges::sort(alerts.labels.back(), {}, &Label::name);
  }
  return alerts;
}

/// Phases normalise, severity, priority and the choice of the group, one alert after the other.
void on_new_alerts(benchmark::State& state, Condition condition_of) {
  const rules::RuleSetPtr set = load_rules(static_cast<std::size_t>(state.range(0)), condition_of);
  if (set == nullptr) return state.SkipWithError("the rules do not load");
  const Alerts alerts = make_alerts();
  rules::RuleMemo memo(set);
  Arena scratch;
  CategorisedAlert categorised;
  Alert alert;
  const auto run = [&](std::size_t i) {
    alert.labels = alerts.labels[i];
    scratch.clear();
    normalise(memo, alert, "alertmanager", "", kReceived, kReceived, scratch, categorised);
    categorise(memo, scratch, categorised);
    benchmark::DoNotOptimize(memo.groups(categorised.facts, scratch).next());
  };
  for (std::size_t i = 0; i < kAlerts; ++i) run(i);
  std::size_t next = 0;
  for (auto _ : state) {
    run(next);
    next = (next + 1) % kAlerts;
  }
  state.SetItemsProcessed(state.iterations());
}

void rules_on_new_alerts(benchmark::State& state) { on_new_alerts(state, condition); }
BENCHMARK(rules_on_new_alerts)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

void mixed_rules_on_new_alerts(benchmark::State& state) { on_new_alerts(state, mixed_condition); }
BENCHMARK(mixed_rules_on_new_alerts)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);

void load_and_check_rules(benchmark::State& state) {
  const auto files = make_rule_files(static_cast<std::size_t>(state.range(0)));
  Services tables;
  for (auto _ : state) {
    if (rules::load(files, tables).rules == nullptr) return state.SkipWithError("the rules do not load");
  }
}
BENCHMARK(load_and_check_rules)->Arg(10)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tocsin::bench
