// Choices of impact and urgency that hold at certain hours only.
#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;

// kStart is a Monday, 14:13:20 UTC, which is 16:13:20 in Amsterdam.
constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, level: labels.severity}}]
dedup: {resolve: {expire: 24h}}
severity: {map: {from: level, critical: critical, default: info}}
priority:
  impact: [{is: high}]
  urgency:
    - {when: severity == critical, hours: {cron: '* 9-16 * * MON-FRI', tz: Europe/Amsterdam}, is: high}
    - {when: severity == critical, is: medium}
    - {hours: {cron: '* 9-16 * * MON-FRI', tz: Europe/Amsterdam}, is: medium}
    - {is: low}
correlate: [{id: each, kind: group, by: [name], window: {idle: 1h, max: 4h}}]
)";

Said alert(const std::string& name, const std::string& severity) {
  return {{{"alertname", name}, {"severity", severity}}, {}};
}

Priority priority_at(Duration at, const std::string& severity) {
  TestShard t{load_rules(kRules)};
  return t.send(at, {alert("A", severity)}).at(0)->priority;
}

TEST(Hours, DecideWhichChoiceIsTheFirstThatHolds) {
  constexpr Duration kEnd = 46min + 40s;  // 17:00:00
  EXPECT_EQ(priority_at(0s, "critical"), Priority::p1);
  EXPECT_EQ(priority_at(kEnd - 1ns, "critical"), Priority::p1);
  EXPECT_EQ(priority_at(kEnd, "critical"), Priority::p2);
  EXPECT_EQ(priority_at(0s, "info"), Priority::p2);
  EXPECT_EQ(priority_at(kEnd, "info"), Priority::p3);
}

TEST(Hours, AreThoseOfTheZoneTheNextMorning) {
  constexpr Duration kNine = 16h + 46min + 40s;
  EXPECT_EQ(priority_at(kNine - 1ns, "critical"), Priority::p2);
  EXPECT_EQ(priority_at(kNine, "critical"), Priority::p1);
}

TEST(Hours, AreThoseOfTheReceiptAndARepeatIsNotAskedAgain) {
  TestShard t{load_rules(kRules)};
  Said late = alert("A", "critical");
  late.starts_at = kStart;
  EXPECT_EQ(t.send(47min, {late}).at(0)->priority, Priority::p2) << "it began within the hours and came after them";
  EXPECT_THAT(t.send(17h, {late}), testing::IsEmpty());
}

}  // namespace
}  // namespace tocsin
