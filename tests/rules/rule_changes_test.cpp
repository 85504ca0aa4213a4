#include "rules/set/rule_changes.h"

#include <gmock/gmock.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const char* const kOld = R"(
correlate:
  - {id: stays, kind: group, by: [service], window: {idle: 10m}}
  - {id: changes, kind: group, by: [service, name]}
  - {id: goes, kind: group, by: [host]}
)";

const char* const kNew = R"(
correlate:
  - id: comes
    kind: group
    by: [team]
  - {id: changes, kind: group, by: [name]}
  - id: stays       # written otherwise, but the same
    kind: 'group'
    by: [service]
    window:
      idle: "10m"
)";

TEST(RuleChanges, TellKeptFromResetFromNewFromGone) {
  const RuleSetPtr from = load_text(kOld).rules;
  const RuleSetPtr to = load_text(kNew).rules;
  ASSERT_TRUE(from && to);
  const RuleChanges changes = compare(*from, *to);
  EXPECT_THAT(changes.kept, Contains("stays"));
  EXPECT_THAT(changes.kept, Contains("builtin.labels"));
  EXPECT_THAT(changes.reset, ElementsAre("changes"));
  EXPECT_THAT(changes.added, ElementsAre("comes"));
  EXPECT_THAT(changes.removed, ElementsAre("goes"));
  EXPECT_TRUE(is_kept(*from, *to, "stays"));
  EXPECT_FALSE(is_kept(*from, *to, "changes"));
  EXPECT_FALSE(is_kept(*from, *to, "goes"));
}

TEST(RuleChanges, OfTheBuiltInRulesThatOthersStandInForAreGone) {
  const RuleSetPtr from = load_text("").rules;
  const RuleSetPtr to = load_text(kOld).rules;
  ASSERT_TRUE(from && to);
  const RuleChanges changes = compare(*from, *to);
  for (const GroupRule& group : from->groups) EXPECT_THAT(changes.removed, Contains(group.id));
  for (const RouteRule& route : from->routes) EXPECT_THAT(changes.kept, Contains(route.id));
}

TEST(RuleChanges, SectionsWithoutIdsAreToldByTheirKeys) {
  const RuleSetPtr from = load_text(R"(
defaults: {max_keys: 10}
dedup:
  key: [name, host]
  resolve: {expire: 5m}
  flap: {changes: 4, within: 10m, hold: 5m}
severity:
  scale: [ok, info, warning, error, critical]
  map: {bad: error, default: info}
priority:
  matrix: {high: [P1, P1, P1], medium: [P2, P2, P2], low: [P3, P3, P3]}
)")
                              .rules;
  const RuleSetPtr to = load_text(R"(
defaults: {max_keys: 11}
dedup:
  key: [name]
  resolve:
    expire: '5m'       # written otherwise, but the same
  reopen: {within: 7m}
severity:
  scale: [ok, info, warning, error, fatal, critical]
  map: {bad: critical, default: info}
priority:
  impact: [{is: low}]
)")
                            .rules;
  ASSERT_TRUE(from && to);
  const RuleChanges changes = compare(*from, *to);
  EXPECT_THAT(changes.reset, ElementsAre("dedup.flap", "dedup.key", "dedup.reopen", "defaults", "priority.impact",
                                         "priority.matrix", "severity.map", "severity.scale"))
      << "the flap, the impact and the matrix of the built-in rules come into force, or go";
  EXPECT_THAT(changes.added, IsEmpty());
  EXPECT_THAT(changes.removed, IsEmpty());
  EXPECT_THAT(changes.kept, Contains("dedup.resolve"));
  EXPECT_THAT(changes.kept, Contains("priority.urgency"));
}

TEST(RuleChanges, ATableIsAnotherWhenItsFileIs) {
  const char* const kText = R"(tocsin: 1
tables: {services: {file: services.csv, key: name}, hosts: {file: hosts.csv, key: name}}
)";
  TablesInMemory tables;
  tables.files = {{"services.csv", "name,tier\na,1\n"}, {"hosts.csv", "name,rack\nb,2\n"}};
  const RuleSetPtr from = load({{"t.yaml", kText}}, tables).rules;
  tables.files["services.csv"] = "name,tier\na,2\n";
  const RuleSetPtr to = load({{"t.yaml", kText}}, tables).rules;
  ASSERT_TRUE(from && to);
  const RuleChanges changes = compare(*from, *to);
  EXPECT_THAT(changes.reset, ElementsAre("tables.services"));
  EXPECT_THAT(changes.kept, Contains("tables.hosts"));
}

TEST(RuleChanges, ARuleMayBeCalledLikeASection) {
  const RuleSetPtr from = load_text(R"(
defaults: {max_keys: 10}
correlate: [{id: defaults, kind: group, by: [host]}]
)")
                              .rules;
  const RuleSetPtr to = load_text(R"(
defaults: {max_keys: 11}
correlate: [{id: defaults, kind: group, by: [host]}]
)")
                            .rules;
  ASSERT_TRUE(from && to);
  EXPECT_TRUE(is_kept(*from, *to, "defaults")) << "the rule";
  EXPECT_THAT(compare(*from, *to).reset, ElementsAre("defaults")) << "the section";
}

TEST(RuleChanges, OfEqualSetsAreNone) {
  const RuleSetPtr rules = load_text(kOld).rules;
  ASSERT_TRUE(rules);
  const RuleChanges changes = compare(*rules, *load_text(kOld).rules);
  EXPECT_EQ(changes.kept.size(), rules->sections.size() + rules->definitions.size());
  EXPECT_THAT(changes.reset, IsEmpty());
  EXPECT_THAT(changes.added, IsEmpty());
  EXPECT_THAT(changes.removed, IsEmpty());
}

TEST(RuleChanges, ASeverityIsOfTheSameNameOrAsFarFromTheTop) {
  const std::vector<std::string> five{"ok", "info", "warning", "error", "critical"};
  const auto level = [&](std::uint8_t from, const std::vector<std::string>& to) {
    return int{counterpart(five, Severity{from}, to).level};
  };
  EXPECT_EQ(level(3, {"error", "worse"}), 0);
  EXPECT_EQ(level(4, {"low", "mid", "high"}), 2);
  EXPECT_EQ(level(2, {"low", "high"}), 1) << "a warning asks for attention";
  EXPECT_EQ(level(1, {"low", "high"}), 0);
  EXPECT_EQ(level(4, {"only"}), 0);
}

}  // namespace
}  // namespace tocsin::rules
