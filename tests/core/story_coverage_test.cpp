// What stories reach that stands in no condition of a rule file.
#include "engine/story/story_coverage.h"

#include <gmock/gmock.h>

#include "rules/load.h"
#include "rules/tools/rule_text.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing_core::NoTables;

constexpr const char* kRules = R"(tocsin: 1
dedup: {resolve: {expire: 4h}}
priority:
  raise: [{id: old, after: 30m, to: P1}]
suppress:
  - {id: quiet, when: name == "Pod", inhibited_by: name == "Node", equal: []}
  - {id: night, when: name == "Pod", during: {cron: "0 2 * * *", for: 1h, tz: UTC}}
correlate:
  - {id: all, kind: group, by: [], window: {idle: 1h, max: 1h}}
)";

/// "quiet: held back", what the story of these steps reached of what has no condition.
std::vector<std::string> reached(const std::string& steps, const std::string& rules = kRules) {
  const rules::SourceFile file{"t.yaml", rules + ("tests:\n  - {name: a, start: 2026-06-01T01:00:00Z, send: [" + steps +
                                                  "], expect: [{at: 2h, closed: 0}]}\n")};
  const rules::RuleText text(file);
  rules::Coverage coverage(text);
  NoTables tables;
  const rules::Loaded loaded = rules::load_watched({file}, tables, coverage);
  for (const rules::Diagnostic& one : loaded.diagnostics) ADD_FAILURE() << rules::to_text(one, false);
  if (!loaded.rules) return {};
  StoryCoverage observer(*loaded.rules, coverage);
  for (const rules::Story& story : loaded.stories) run_story(story, loaded.rules, {}, &observer);
  std::vector<std::string> seen;
  for (const rules::CoveragePoint& point : coverage.points()) {
    for (const auto& outcome : point.outcomes) {
      const bool is_of_a_condition = outcome.name == "held" || outcome.name == "not held";
      if (outcome.seen && !is_of_a_condition) seen.push_back(point.text + ": " + std::string{outcome.name});
    }
  }
  return seen;
}

TEST(StoryCoverage, ASuppressRuleIsReachedWhenItHoldsAnAlertBack) {
  EXPECT_THAT(reached("{at: 0s, alert: {alertname: Pod}}, {at: 1s, resolve: {alertname: Pod}}, "
                      "{at: 2s, alert: {alertname: Node}}, {at: 3s, resolve: {alertname: Node}}"),
              ElementsAre("all: opened", "all: joined"))
      << "target and inhibitor, but never at a time";
  EXPECT_THAT(reached("{at: 2s, alert: {alertname: Node}}, {at: 3s, alert: {alertname: Pod}}, "
                      "{at: 4s, resolve: {alertname: Pod}}, {at: 5s, resolve: {alertname: Node}}"),
              ElementsAre("quiet: held back", "all: opened"));
}

const std::string kPatterns = R"(tocsin: 1
correlate:
  - {id: one, kind: group, by: [name], continue: true}
  - {id: two, kind: group, by: []}
  - {id: burst, kind: threshold, when: name != "burst", by: [service], count: 2, within: 1m, emit: {}}
  - {id: marks, kind: distinct, by: [], field: name, count: 2, within: 1m, annotate: {tag: wide}}
)";

TEST(StoryCoverage, ARuleThatSeesPatternsIsReachedWhenItFiresOrMarks) {
  EXPECT_THAT(reached("{at: 0s, alert: {alertname: A, service: s}}", kPatterns),
              ElementsAre("one: opened", "continue true: went on", "two: opened"));
  EXPECT_THAT(
      reached("{at: 0s, alert: {alertname: A, service: s}}, {at: 1s, alert: {alertname: B, service: t}}", kPatterns),
      testing::Contains("marks: marked"));
  EXPECT_THAT(
      reached("{at: 0s, alert: {alertname: A, service: s}}, {at: 1s, alert: {alertname: A, service: s, pod: p}}",
              kPatterns),
      testing::Contains("burst: fired"));
}

const std::string kStorms = R"(tocsin: 1
storm: {at_least: 3, factor: 2, after: 1m, calm: 1m, queue_age: 10s, fold_below: critical}
blind: {learn: on, expect: [{source: alertmanager, every: 10m}]}
correlate: [{id: each, kind: group, by: [name]}]
)";
const std::string kMany = "every: 1s, times: 4, alert: {alertname: \"A{n}\", severity: warning}}";

TEST(StoryCoverage, StormsAndSilentSourcesAreReached) {
  EXPECT_THAT(reached("{at: 0s, " + kMany, kStorms), testing::Contains("after 1m: kept back"));
  const std::vector<std::string> seen = reached("{at: 0s, alert: {alertname: First}}, {at: 2m, " + kMany +
                                                    ", {at: 2m10s, alert: {alertname: Bad, severity: critical}}",
                                                kStorms);
  for (const char* one : {"at_least 3: reached", "fold_below critical: folded", "fold_below critical: opened",
                          "calm 1m: over", "every 10m: silent"}) {
    EXPECT_THAT(seen, testing::Contains(one));
  }
  EXPECT_THAT(seen, testing::Not(testing::Contains("queue_age 10s: began")));
  EXPECT_THAT(reached("{at: 0s, alert: {alertname: First}}, {at: 2m, queue_age: 11s}, {at: 2m, alert: {alertname: B}}",
                      kStorms),
              testing::Contains("queue_age 10s: began"));
}

TEST(StoryCoverage, AMaintenanceWindowThatOpensLaterHoldsBackToo) {
  EXPECT_THAT(reached("{at: 59m, alert: {alertname: Pod}}, {at: 90m, resolve: {alertname: Pod}}"),
              ElementsAre("night: held back", "all: opened"))
      << "what is held back is not raised";
}

TEST(StoryCoverage, ARaiseRuleIsReachedWhenItRaises) {
  EXPECT_THAT(reached("{at: 0s, alert: {alertname: A}}, {at: 29m, resolve: {alertname: A}}"),
              ElementsAre("all: opened"));
  EXPECT_THAT(reached("{at: 0s, alert: {alertname: A}}, {at: 31m, resolve: {alertname: A}}"),
              ElementsAre("old: raised", "all: opened"));
}

}  // namespace
}  // namespace tocsin
