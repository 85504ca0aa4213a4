// The index against evaluating one condition after the other: random rule sets, random alerts. TOCSIN_SEED repeats one.
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rules/expressions/schema.h"
#include "rules/set/rule_index.h"
#include "tests/places.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

/// The severity rules of the file, which stand behind the built-in ones.
std::vector<SeverityPolicy::Rule> own_rules(const RuleSet& rules) {
  std::vector<SeverityPolicy::Rule> own = rules.severity.rules;
  std::erase_if(own, [](const SeverityPolicy::Rule& rule) { return rule.id.starts_with("builtin."); });
  return own;
}

struct Outcome {
  std::vector<std::uint32_t> rules;  // those that held, in order, phases divided by 1000
  std::array<std::string, kFieldCount> text;
  std::int64_t tier = 0;
  std::uint32_t severity = 0;
  bool operator==(const Outcome&) const = default;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : bits_(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits_() % n); }
  template <std::size_t N>
  std::string of(const char* const (&words)[N]) {
    return words[below(N)];
  }

 private:
  std::mt19937_64 bits_;
};

constexpr const char* kValues[]{"", "a", "ab", "abc", "b", "ba", "Node", "NodeDown", "critical", "1", "2", "é"};
constexpr const char* kTexts[]{"name",        "service",       "environment", "labels.a",        "labels.b",
                               "labels.tier", "annotations.s", "status",      "labels.severity", "tenant"};
constexpr const char* kPatterns[]{"^a", "b$", "^Node", "a|b", "^$", "[0-9]", "Down", "^ab?c?$"};
constexpr const char* kIncidentTexts[]{"incident.service", "incident.title", "incident.priority", "incident.status"};
constexpr const char* kSeverities[]{"ok", "info", "warning", "error", "critical"};

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string predicate_on_text(Random& random, const std::string& read) {
  switch (random.below(11)) {
    case 0:
    case 1:
    case 2:
      return read + " == " + quoted(random.of(kValues));
    case 3:
      return read + " != " + quoted(random.of(kValues));
    case 4:
      return read + " in [" + quoted(random.of(kValues)) + ", " + quoted(random.of(kValues)) + "]";
    case 5:
      return "!(" + read + " in [" + quoted(random.of(kValues)) + "])";
    case 6:
      return (random.below(3) == 0 ? "!" : "") + read + ".startsWith(" + quoted(random.of(kValues)) + ")";
    case 7:
    case 8:
      return (random.below(3) == 0 ? "!" : "") + read + ".matches(" + quoted(random.of(kPatterns)) + ")";
    case 9:
      return read + ".lowerAscii().contains(" + quoted(random.of(kValues)) + ")";
    default:
      return "(" + read + " == " + quoted(random.of(kValues)) + " || " + read + " == " + quoted(random.of(kValues)) +
             ")";
  }
}

std::string predicate(Random& random, Scope scope) {
  if (scope == Scope::incident) {
    if (random.below(6) == 0) return random.below(2) == 0 ? "incident.acked" : "!incident.acked";
    if (random.below(6) == 0) return "incident.severity >= " + random.of(kSeverities);
    if (random.below(8) == 0) return "incident.alert_count > 1";
    return predicate_on_text(random, random.of(kIncidentTexts));
  }
  switch (random.below(12)) {
    case 0:
      return random.of(kTexts) + " == " + random.of(kTexts);
    case 1:
      return "tier " + random.of({"==", "!=", "<", ">="}) + " " + random.of({"0", "1", "2"});
    case 2:
      return scope == Scope::alert ? "severity " + random.of({"==", "!=", "<", ">="}) + " " + random.of(kSeverities)
                                   : "has(labels.a)";
    case 3:
      return "svc[service].tier == " + quoted(random.of({"1", "2", ""}));
    case 4:
      return "10 / tier > 4";  // an error where the tier is 0
    default:
      return predicate_on_text(random, random.of(kTexts));
  }
}

std::string when(Random& random, Scope scope) {
  if (random.below(12) == 0) return {};
  std::string text;
  for (std::size_t i = 1 + random.below(3); i > 0; --i) {
    const bool either = random.below(8) == 0;
    const std::string one = predicate(random, scope);
    text += (text.empty() ? "" : " && ") + (either ? "(" + one + " || " + predicate(random, scope) + ")" : one);
  }
  return ", when: '" + text + "'";
}

std::string rule_file(Random& random, std::size_t rules) {
  std::string text = "tables:\n  svc: {file: services.csv, key: service}\nnormalise:\n";
  std::size_t id = 0;
  const auto head = [&](Scope scope) { return "  - {id: r" + std::to_string(++id) + when(random, scope); };
  for (std::size_t i = 0; i < rules; ++i) {
    text += head(Scope::source);
    if (random.below(4) == 0) {
      text += ", set: {tier: " + random.of({"1", "2", "tier + 1", "int(labels.tier)"}) + "}";
    } else {
      const std::string value = random.below(2) == 0 ? "'" + quoted(random.of(kValues)) + "'" : random.of(kTexts);
      text += ", set: {" + random.of({"name", "service", "environment"}) + ": " + value + "}";
    }
    text += random.below(40) == 0 ? ", final: true}\n" : "}\n";
  }
  text += "severity:\n  rules:\n";
  for (std::size_t i = 0; i < rules; ++i) text += "  " + head(Scope::alert) + ", is: " + random.of(kSeverities) + "}\n";
  text += "correlate:\n";
  for (std::size_t i = 0; i < rules; ++i) text += head(Scope::alert) + ", kind: group, by: [service]}\n";
  text += "route:\n";
  for (std::size_t i = 0; i < rules; ++i) {
    text += head(Scope::incident) + ", topic: t" + (random.below(30) == 0 ? ", final: true}\n" : "}\n");
  }
  return text;
}

/// One phase: the rules that hold in order, told to `apply`, which may change the facts and says whether to go on.
template <typename Rules, typename Apply>
void one_by_one(const Rules& rules, const Facts& facts, Arena& scratch, Apply apply) {
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].when.holds(facts, scratch) && !apply(i)) return;
  }
}
template <typename Apply>
void walked(Walk& walk, Apply apply) {
  for (std::uint32_t i = walk.next(); i != Walk::kEnd && apply(i); i = walk.next()) {
  }
}

/// All phases on one alert; without a memo one condition after the other.
Outcome run(const RuleSet& rules, RuleMemo* memo, const std::vector<Label>& labels, const std::vector<Label>& notes,
            bool resolved, Arena& scratch) {
  Outcome outcome;
  Facts facts;
  facts.labels = labels;
  facts.annotations = notes;
  facts.resolved = resolved;
  if (memo != nullptr) memo->set_labels(facts, labels, notes);
  const auto set = [&](const NormaliseRule::Assignment& assignment) {
    const Expression& value = assignment.expression;
    if (!assignment.target.field) {
      const auto number =
          memo != nullptr ? memo->values().integer(value, facts, scratch) : value.integer(facts, scratch);
      if (number) facts.tier = *number;
    } else if (memo != nullptr) {
      const auto text = memo->values().numbered_text(value, facts, scratch);
      if (!text) return;
      facts[*assignment.target.field] = text->text;
      if (text->number != FactNumbers::kUnknown) memo->numbers().note(*assignment.target.field, *text);
    } else if (const auto text = value.text(facts, scratch)) {
      facts[*assignment.target.field] = *text;
    }
  };
  const auto normalise = [&](std::uint32_t i, Walk* walk) {
    outcome.rules.push_back(i);
    for (const auto& assignment : rules.normalise[i].set) set(assignment);
    for (const auto& assignment : rules.normalise[i].set) {
      if (walk == nullptr) continue;
      assignment.target.field ? walk->wrote(*assignment.target.field) : walk->wrote_tier();
    }
    return !rules.normalise[i].final;
  };
  const auto rate = [&](std::uint32_t i, Walk* walk) {
    outcome.rules.push_back(1000 + i);
    facts.severity = rules.severity.rules[i].is;
    if (walk != nullptr) walk->wrote_severity();
    return true;
  };
  const auto note = [&](std::uint32_t i) { return outcome.rules.push_back(2000 + i), true; };
  const auto route = [&](std::uint32_t i) { return outcome.rules.push_back(3000 + i), !rules.routes[i].final; };
  IncidentFacts incident;
  const auto open = [&] {
    incident.service = facts[Field::service];
    incident.title = facts[Field::name];
    incident.severity = facts.severity;
    incident.priority = facts.tier == 1 ? Priority::p1 : Priority::p3;
    incident.acked = resolved;
    incident.alert_count = facts.tier;
    facts.incident = &incident;
  };
  if (memo == nullptr) {
    one_by_one(rules.normalise, facts, scratch, [&](std::uint32_t i) { return normalise(i, nullptr); });
    one_by_one(rules.severity.rules, facts, scratch, [&](std::uint32_t i) { return rate(i, nullptr); });
    one_by_one(rules.priority.impact, facts, scratch, note);
    one_by_one(rules.priority.urgency, facts, scratch, note);
    one_by_one(rules.groups, facts, scratch, note);
    open();
    one_by_one(rules.routes, facts, scratch, route);
  } else {
    Walk first = memo->normalise(facts, scratch);
    walked(first, [&](std::uint32_t i) { return normalise(i, &first); });
    Walk second = memo->severity(facts, scratch);
    walked(second, [&](std::uint32_t i) { return rate(i, &second); });
    Walk third = memo->impact(facts, scratch);
    walked(third, note);
    Walk fourth = memo->urgency(facts, scratch);
    walked(fourth, note);
    Walk fifth = memo->groups(facts, scratch);
    walked(fifth, note);
    open();
    Walk sixth = memo->routes(facts, scratch);
    walked(sixth, route);
  }
  for (std::size_t i = 0; i < kFieldCount; ++i) outcome.text[i] = facts.text[i];
  outcome.tier = facts.tier;
  outcome.severity = facts.severity.level;
  return outcome;
}

class PredicateIndexSeeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(PredicateIndexSeeds, AnswersAsEvaluatingOneAfterTheOtherDoes) {
  const char* const given = std::getenv("TOCSIN_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : GetParam();
  SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
  Random random(seed);
  constexpr std::size_t kSizes[]{3, 20, 63, 64, 65, 90};
  const std::string file = rule_file(random, kSizes[random.below(6)]);
  const Loaded loaded = load_text(file);
  ASSERT_NE(loaded.rules, nullptr) << told(loaded) << file;
  RuleMemo memo(loaded.rules);
  Arena scratch;
  Arena naive_scratch;
  for (int alert = 0; alert < 60; ++alert) {
    std::vector<Label> labels;
    for (const char* name : {"a", "alertname", "b", "service", "severity", "tier"}) {
      const std::string_view value = kValues[random.below(std::size(kValues))];
      if (!value.empty()) labels.push_back({name, value});
    }
    const std::string_view note = kValues[random.below(std::size(kValues))];
    const std::vector<Label> notes{{"s", note.empty() ? "x" : note}};
    const bool resolved = random.below(3) == 0;
    scratch.clear();
    naive_scratch.clear();
    const Outcome indexed = run(*loaded.rules, &memo, labels, notes, resolved, scratch);
    const Outcome naive = run(*loaded.rules, nullptr, labels, notes, resolved, naive_scratch);
    ASSERT_EQ(indexed.rules, naive.rules) << "alert " << alert << "\n" << file;
    ASSERT_EQ(indexed, naive) << "alert " << alert;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, PredicateIndexSeeds, testing::Range<std::uint64_t>(0, 60));

/// Alerts as collectors send them: names and most values come again, pods and texts hardly ever.
class ShippedAlerts {
 public:
  explicit ShippedAlerts(std::uint64_t seed) : random_(seed) {}

  void next() {
    labels_.clear();
    notes_.clear();
    put("alertname", random_.of({"KubePodCrashLooping", "PostgresqlDown", "NodeFilesystemFull", "KafkaLagIsTooHigh",
                                 "RedisMissingBackup", "HAProxyBackendDown", "TargetDown", "CertificateEnds",
                                 "KubeAPIDown", "AwsRdsLowFreeStorageSpace", "Watchdog", "Slow api", "ProbeFailed"}));
    maybe("cluster", random_.of({"eu-prod", "stage-1", "us"}));
    maybe("container", random_.of({"app", "postgres-exporter"}));
    maybe("device", random_.of({"sda", "nvme0n1"}));
    if (random_.below(2) == 0)
      put("instance",
          random_.of({"10.0.1.5:9100", "n1:9100", "https://shop.example/x", "db-0.eu:9187", "[fd00::1]:80"}));
    maybe("job", random_.of({"node", "kube-state-metrics", "orders-db-exporter", "blackbox", "cart", "snmp"}));
    maybe("job_name", "backup-" + std::to_string(random_.below(100'000)));
    maybe("namespace", random_.of({"shop", "monitoring", "kube-system"}));
    maybe("node", "node-" + std::to_string(random_.below(300)));
    maybe("persistentvolumeclaim", random_.of({"data-orders-db-0", "logs"}));
    if (random_.below(2) == 0) put("pod", random_.of({"cart", "postgres-exporter"}) + "-7d8f9c6b5d-x" + fresh());
    maybe("service", random_.of({"cart", "orders-db", "10.0.0.7", "kps-kube-state-metrics", "orders-db-patroni"}));
    put("severity", random_.of({"critical", "warning", "P1 - Critical", "page", "info", "odd"}));
    maybe("tier", random_.of({"1", "2", "x"}));
    put("summary", random_.of({"A disk is full", "Down (instance 10.0.1.5:9100)", "cart is slow"}), true);
    if (random_.below(3) == 0) put("title", "Title " + fresh(), true);
  }
  std::vector<Label> labels() const { return views(labels_); }
  std::vector<Label> notes() const { return views(notes_); }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  std::string fresh() { return std::to_string(count_++); }
  void put(std::string name, std::string value, bool note = false) {
    (note ? notes_ : labels_).emplace_back(std::move(name), std::move(value));
  }
  void maybe(std::string name, std::string value) {
    if (random_.below(4) == 0) put(std::move(name), std::move(value));
  }
  static std::vector<Label> views(const Pairs& pairs) {
    std::vector<Label> labels;
    for (const auto& [name, value] : pairs) labels.push_back({name, value});
    return labels;
  }

  Random random_;
  std::size_t count_ = 0;
  Pairs labels_;
  Pairs notes_;
};

TEST(PredicateIndex, WhatIsRememberedOfTheShippedRulesChangesNothing) {
  std::set<std::string> paths;
  TablesInMemory tables;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / "rules/library")) {
    if (entry.path().extension() == ".yaml") paths.insert(entry.path().string());
    if (entry.path().extension() == ".csv") tables.files[entry.path().filename().string()] = read_file(entry.path());
  }
  std::vector<SourceFile> files;
  for (const std::string& path : paths) files.push_back({path, read_file(path)});
  const Loaded loaded = load(files, tables);
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  RuleMemo memo(loaded.rules);
  Arena scratch;
  Arena naive_scratch;
  ShippedAlerts alerts(7);
  for (int alert = 0; alert < 1500; ++alert) {
    alerts.next();
    const std::vector<Label> labels = alerts.labels();
    const std::vector<Label> notes = alerts.notes();
    for (int twice = 0; twice < 2; ++twice) {
      scratch.clear();
      naive_scratch.clear();
      const Outcome indexed = run(*loaded.rules, &memo, labels, notes, false, scratch);
      const Outcome naive = run(*loaded.rules, nullptr, labels, notes, false, naive_scratch);
      ASSERT_EQ(indexed.rules, naive.rules) << "alert " << alert << " " << labels[0].value;
      ASSERT_EQ(indexed, naive) << "alert " << alert << " " << labels[0].value;
    }
  }
}

TEST(PredicateIndex, ForgetsWhenItRemembersTooMuchAndAnswersTheSame) {
  const Loaded loaded = load_text(
      "severity:\n  rules:\n    - {id: a, when: 'labels.pod.matches(\"7$\") && name == \"x\"', is: error}\n"
      "    - {id: b, when: 'labels.pod.endsWith(\"9\")', is: info}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  std::vector<Expression> conditions;
  for (const auto& rule : own_rules(*loaded.rules)) conditions.push_back(rule.when);
  const PredicateIndex index(std::move(conditions));
  IndexMemo memo(index);
  Arena scratch;
  const std::string padding(100, 'p');
  for (std::size_t i = 0; i < 100'000; ++i) {
    const std::string pod = padding + std::to_string(i);
    const Label label{"pod", pod};
    Facts facts;
    facts.labels = {&label, 1};
    facts[Field::name] = i % 2 == 0 ? "x" : "y";
    const std::uint32_t expected = i % 10 == 7 && i % 2 == 0 ? 0 : i % 10 == 9 ? 1 : Walk::kEnd;
    for (int twice = 0; twice < 2; ++twice) {
      scratch.clear();
      ASSERT_EQ(Walk(index, memo, facts, scratch).next(), expected) << i;
    }
  }
  EXPECT_GT(memo.forgotten(), 0U);
}

TEST(PredicateIndex, ValuesThatNeverComeAgainTakeNoRoom) {
  const Loaded loaded = load_text("severity:\n  rules:\n    - {id: a, when: 'labels.pod.endsWith(\"9\")', is: info}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const PredicateIndex index({loaded.rules->severity.rules.back().when});
  IndexMemo memo(index);
  Arena scratch;
  for (std::size_t i = 0; i < 300'000; ++i) {
    const std::string pod = std::string(100, 'p') + std::to_string(i);
    const Label label{"pod", pod};
    Facts facts;
    facts.labels = {&label, 1};
    scratch.clear();
    ASSERT_EQ(Walk(index, memo, facts, scratch).next(), i % 10 == 9 ? 0U : Walk::kEnd) << i;
  }
  EXPECT_EQ(memo.forgotten(), 0U);
}

TEST(PredicateIndex, EvaluatesNothingForAValueItHasMetTwice) {
  const Loaded loaded = load_text("severity:\n  rules:\n    - {id: a, when: 'labels.pod.endsWith(\"9\")', is: info}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const PredicateIndex index({loaded.rules->severity.rules.back().when});
  IndexMemo memo(index);
  Arena scratch;
  const Label label{"pod", "p9"};
  Facts facts;
  facts.labels = {&label, 1};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Walk(index, memo, facts, scratch).next(), 0U);
  EXPECT_EQ(memo.made(), 2U);
}

TEST(PredicateIndex, AnAlternativeOverPlacesIsFoundByEachAndGivenOnce) {
  const Loaded loaded = load_text(
      "severity:\n  rules:\n    - {id: a, when: '(name == \"x\" || labels.b == \"y\") && labels.c != \"z\"', is: "
      "error}\n"
      "    - id: b\n      is: info\n      when: |\n        name == \"x\" // a remark\n        || labels.b == \"y\"\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const auto rules = own_rules(*loaded.rules);
  const PredicateIndex index({rules[0].when, rules[1].when});
  EXPECT_EQ(index.size(), 4U) << "each is two";
  IndexMemo memo(index);
  Arena scratch;
  const auto held = [&](std::string_view name, std::string_view b, std::string_view c) {
    const std::vector<Label> labels{{"b", b}, {"c", c}};
    Facts facts;
    facts.labels = labels;
    facts[Field::name] = name;
    std::vector<std::uint32_t> all;
    Walk walk(index, memo, facts, scratch);
    for (std::uint32_t rule = walk.next(); rule != Walk::kEnd; rule = walk.next()) all.push_back(rule);
    return all;
  };
  EXPECT_EQ(held("x", "y", "c"), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(held("x", "n", "c"), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(held("n", "y", "z"), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(held("n", "n", "c"), std::vector<std::uint32_t>{});
}

}  // namespace
}  // namespace tocsin::rules
