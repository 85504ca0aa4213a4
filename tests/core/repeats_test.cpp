// What a repeat costs: no rule is asked. Counted with watched rules, whose conditions tell each time that they are
// evaluated.
#include <gmock/gmock.h>

#include "rules/tools/coverage.h"
#include "rules/tools/rule_text.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;

// A condition in each phase.
constexpr const char* kRules = R"(tocsin: 1
normalise:
  - id: n
    when: labels.host != ""
    set: {name: labels.alertname, host: 'labels.host == "" ? "?" : labels.host', title: annotations.summary}
dedup: {resolve: {when: status == "resolved"}}
severity:
  map: {from: labels.severity, bad: error, default: info}
  rules: [{id: s, when: name != "Calm", is: critical}]
priority:
  impact: [{when: host == "n1", is: high}, {is: low}]
  urgency: [{when: severity == critical, is: high}, {is: low}]
  raise: [{id: r, when: incident.active_alert_count > 5, to: P1}]
suppress: [{id: i, when: name == "Pod", inhibited_by: name == "Node", equal: [host]}]
correlate: [{id: g, kind: group, when: severity >= warning, by: [host]}]
route: [{id: t, when: incident.alert_count > 0, topic: incidents}, {id: rest, nobody: true}]
)";

Said alert(const std::string& name, const std::string& summary) {
  return {{{"alertname", name}, {"host", "n1"}, {"severity", "bad"}}, {{"summary", summary}}};
}

class Repeats : public testing::Test {
 protected:
  Repeats() : t(watched()) {}

  rules::RuleSetPtr watched() {
    NoTables tables;
    const rules::Loaded loaded = rules::load_watched({file}, tables, coverage);
    for (const rules::Diagnostic& one : loaded.diagnostics) ADD_FAILURE() << rules::to_text(one, false);
    return loaded.rules;
  }

  /// How often something was evaluated for this body.
  std::uint64_t evaluated_for(Duration at, const std::vector<Said>& said) {
    const std::uint64_t before = coverage.told();
    t.send(at, said);
    return coverage.told() - before;
  }

  const rules::SourceFile file{"t.yaml", kRules};
  const rules::RuleText text{file};
  rules::Coverage coverage{text};
  TestShard t;
};

TEST_F(Repeats, EvaluateNoRule) {
  EXPECT_GT(evaluated_for(0s, {alert("Disk", "full")}), 0U);
  for (const rules::CoveragePoint& point : coverage.points()) {
    if (point.outcomes.front().name != "held" || point.text.starts_with("when incident.active")) continue;
    EXPECT_TRUE(point.outcomes[0].seen || point.outcomes[1].seen) << "a new alert asks each phase: " << point.text;
  }
  for (int minute = 1; minute <= 4; ++minute) {
    EXPECT_EQ(evaluated_for(std::chrono::minutes{minute}, {alert("Disk", "full")}), 0U);
  }
  EXPECT_EQ(t.counts().alerts_repeated, 4U);
}

TEST_F(Repeats, WithAnotherTextAreEvaluatedAgain) {
  t.send(0s, {alert("Disk", "full")});
  EXPECT_GT(evaluated_for(1min, {alert("Disk", "almost full")}), 0U);
  EXPECT_EQ(t.counts().alerts_updated, 1U);
  EXPECT_EQ(evaluated_for(2min, {alert("Disk", "almost full")}), 0U) << "a repeat of the new text";
  EXPECT_GT(evaluated_for(3min, {alert("Disk", "full")}), 0U) << "the old text is news again";
  EXPECT_EQ(t.counts().alerts_repeated, 1U);
}

TEST_F(Repeats, OfWhatIsHeldBackEvaluateNoRule) {
  t.send(0s, {alert("Node", "down")});
  t.send(1s, {alert("Pod", "crash")});
  ASSERT_EQ(t.counts().alerts_held, 1U);
  EXPECT_EQ(evaluated_for(1min, {alert("Pod", "crash"), alert("Node", "down")}), 0U);
  EXPECT_EQ(t.counts().alerts_repeated, 2U);
}

TEST_F(Repeats, OfAnEndEvaluateNoRule) {
  t.send(0s, {alert("Disk", "full")});
  Said over = alert("Disk", "full");
  over.ends_at = kStart + 1min;
  EXPECT_GT(evaluated_for(1min, {over}), 0U);
  EXPECT_EQ(evaluated_for(2min, {over}), 0U);
  EXPECT_EQ(t.counts().alerts_repeated, 1U);
  EXPECT_GT(evaluated_for(3min, {alert("Disk", "full")}), 0U) << "it fires again";
}

TEST_F(Repeats, InABodyOfOthersEvaluateNoMoreThanTheOthers) {
  t.send(0s, {alert("Disk", "full")});
  const std::uint64_t of_one = evaluated_for(1min, {alert("Cpu", "hot")});
  EXPECT_EQ(evaluated_for(2min, {alert("Disk", "full"), alert("Mem", "full"), alert("Cpu", "hot")}), of_one);
}

}  // namespace
}  // namespace tocsin
