#include "rules/tools/coverage.h"

#include <gmock/gmock.h>

#include "rules/load.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

/// "3:12 shop.a: when tier == 1: held, not held", those seen in capitals.
std::vector<std::string> lines_of(const Coverage& coverage) {
  std::vector<std::string> lines;
  for (const CoveragePoint& point : coverage.points()) {
    std::string line = std::to_string(point.place.line) + ":" + std::to_string(point.place.column) + " " + point.rule +
                       ": " + point.text + ":";
    for (const auto& outcome : point.outcomes) {
      line += outcome.seen ? " +" : " -";
      line += outcome.name;
    }
    lines.push_back(line);
  }
  return lines;
}

TEST(Coverage, PointsAreFoundByTheFormOfTheFile) {
  const SourceFile file{"t.yaml", R"(tocsin: 1
normalise:
  - id: a
    when: name == "x" && (tier == 1 || tier == 2)
    set: {host: 'has(labels.y) ? "1" : "2"'}
  - {id: b, set: {host: '"c"'}}
severity:
  map: {from: level, x: error, default: ok}
priority:
  impact: [{when: tier == 1, is: high}, {is: low}]
  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}
  raise: [{id: r.x, after: 30m, to: P1}]
suppress:
  - {id: s.x, when: name == "x", inhibited_by: name == "y", equal: [host]}
  - {id: night, during: {cron: "0 2 * * *", for: 1h}}
dedup: {resolve: {expire: 5m}, reopen: {within: 1m}}
correlate:
  - {id: g.x, kind: group, when: severity >= warning, by: [], window: {idle: 1m, max: 2m}}
)"};
  const RuleText text(file);
  const Coverage coverage(text);
  std::vector<std::string> lines = lines_of(coverage);
  std::erase_if(lines, [](const std::string& line) { return line.find("priority.matrix: ") != std::string::npos; });
  EXPECT_THAT(
      lines,
      testing::ElementsAre(
          "4:11 a: when name == \"x\" && (tier == 1 || tier == 2): -held -not held",
          "4:11 a: when name == \"x\": -true -false", "4:27 a: when tier == 1 || tier == 2: -true -false",
          "4:27 a: when tier == 1: -true -false", "4:40 a: when tier == 2: -true -false",
          "5:18 a: host has(labels.y): -true -false", "6:5 b: b: -reached", "8:22 severity.map: x error: -reached",
          "8:32 severity.map: default ok: -reached", "10:19 priority.impact.0: when tier == 1: -held -not held",
          "10:41 priority.impact.1: priority.impact.1: -reached", "12:11 r.x: r.x: -raised",
          "14:5 s.x: s.x: -held back", "14:21 s.x: when name == \"x\": -held -not held",
          "14:48 s.x: inhibited_by name == \"y\": -held -not held", "15:5 night: night: -held back",
          "16:27 dedup.resolve: expire 5m: -expired", "16:49 dedup.reopen: within 1m: -reopened -closed",
          "18:5 g.x: g.x: -opened -joined", "18:34 g.x: when severity >= warning: -held -not held",
          "18:78 g.x: idle 1m: -exceeded", "18:87 g.x: max 2m: -exceeded"));
  EXPECT_EQ(coverage.points().size(), lines.size() + 9);
}

TEST(Coverage, WatchedRulesTellWhatTheirConditionsGave) {
  const SourceFile file{"t.yaml", R"(tocsin: 1
normalise:
  - {id: a, when: name == "x" && tier == 1, set: {host: 'tier > 0 ? "1" : "2"'}}
)"};
  const RuleText text(file);
  Coverage coverage(text);
  TablesInMemory tables;
  const Loaded loaded = load_watched({file}, tables, coverage);
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const NormaliseRule& rule = loaded.rules->normalise.back();
  Arena scratch(1024);
  Facts facts;
  EXPECT_FALSE(rule.when.holds(facts, scratch));
  EXPECT_THAT(lines_of(coverage),
              testing::ElementsAre("3:19 a: when name == \"x\" && tier == 1: -held +not held",
                                   "3:19 a: when name == \"x\": -true +false", "3:34 a: when tier == 1: -true -false",
                                   "3:58 a: host tier > 0: -true -false"))
      << "what is decided already is not evaluated";
  facts[Field::name] = "x";
  facts.tier = 1;
  EXPECT_TRUE(rule.when.holds(facts, scratch));
  EXPECT_EQ(rule.set[0].expression.text(facts, scratch), "1");
  EXPECT_THAT(lines_of(coverage),
              testing::ElementsAre("3:19 a: when name == \"x\" && tier == 1: +held +not held",
                                   "3:19 a: when name == \"x\": +true +false", "3:34 a: when tier == 1: +true -false",
                                   "3:58 a: host tier > 0: +true -false"));
}

TEST(Coverage, AConditionThatComesToNoValueIsNotHeld) {
  const SourceFile file{"t.yaml", R"(tocsin: 1
normalise:
  - {id: a, when: int(labels.n) > 3, set: {host: '"h"'}}
  - {id: b, when: int(labels.n) > 3 || name == "x", set: {owner: '"o"'}}
)"};
  const RuleText text(file);
  Coverage coverage(text);
  TablesInMemory tables;
  const Loaded loaded = load_watched({file}, tables, coverage);
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  Arena scratch(1024);
  Facts facts;
  facts[Field::name] = "x";
  const auto& rules = loaded.rules->normalise;
  EXPECT_FALSE(rules[rules.size() - 2].when.holds(facts, scratch)) << "there is no label n";
  EXPECT_TRUE(rules[rules.size() - 1].when.holds(facts, scratch)) << "what is wrong beside what is true does not count";
  EXPECT_THAT(
      lines_of(coverage),
      testing::ElementsAre("3:19 a: when int(labels.n) > 3: -held +not held",
                           "4:19 b: when int(labels.n) > 3 || name == \"x\": +held -not held",
                           "4:19 b: when int(labels.n) > 3: -true -false", "4:40 b: when name == \"x\": +true -false"));
}

TEST(Coverage, ACountIsWholeOnlyWhenNothingIsMissing) {
  CoverageCount count;
  EXPECT_EQ(count.tenths(), 1000U);
  count = {.seen = 9999, .of = 10000};
  EXPECT_EQ(count.tenths(), 999U);
}

}  // namespace
}  // namespace tocsin::rules
