#include <gmock/gmock.h>

#include "engine/model/limits.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string rules_with(const std::string& raise) {
  return R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
dedup: {resolve: {expire: 400h}, reopen: {within: 10m}}
priority:
  impact: [{is: high}]
  urgency: [{when: severity == critical, is: high}, {when: severity == error, is: medium}, {is: low}]
  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}
  raise: )" +
         raise + R"(
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 1h, max: 4h}}]
route:
  - {id: page, when: 'incident.priority == "P1"', topic: page}
  - {id: queue, topic: queue}
)";
}

Said alert(const std::string& name, const std::string& severity) {
  return {{{"alertname", name}, {"service", "ledger"}, {"severity", severity}}, {}};
}

Said ended(Said said, Duration at) {
  said.ends_at = kStart + at;
  return said;
}

Said again(Said said, Duration at) {
  said.starts_at = kStart + at;
  return said;
}

constexpr const char* kAged =
    R"([{id: aged-p2, when: 'incident.priority == "P2" && !incident.acked', after: 30m, to: P1}])";

TEST(Raise, HappensAtTheInstantThatTheRuleSaysAndIsToldAsAnEscalation) {
  TestShard t{load_rules(rules_with(kAged))};
  t.send(7s, {alert("DbSlow", "error")});
  EXPECT_EQ(t.shard.next_deadline(), kStart + 7s + 30min);
  EXPECT_THAT(t.pass(30min + 7s - 1ns), IsEmpty());
  const auto effects = t.pass(30min + 7s);
  ASSERT_THAT(changes(effects), ElementsAre("escalated"));
  EXPECT_EQ(effects[0]->priority, Priority::p1);
  EXPECT_EQ(effects[0]->revision, Revision{2});
  EXPECT_THAT(topics(effects[0]), ElementsAre("queue", "page")) << "routes see the priority as it was raised";
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"priority P2 to P1 by aged-p2")"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("priority_reason":"raised from P2 to P1 by aged-p2, open for 30m; )"));
  EXPECT_THAT(t.pass(5h), IsEmpty()) << "once";
}

TEST(Raise, OfAnIncidentThatEndsAtThatInstantDoesNotHappen) {
  TestShard t{load_rules(rules_with(kAged))};
  t.send(0s, {ended(alert("DbSlow", "error"), 30min)});
  EXPECT_THAT(changes(t.pass(30min)), ElementsAre("resolved"));
}

TEST(Raise, IsLookedAtAgainAtEachLaterRevision) {
  TestShard t{load_rules(rules_with(kAged))};
  t.send(0s, {alert("Disk", "warning")});  // P3: the rule does not hold at 30 minutes
  EXPECT_THAT(t.pass(40min), IsEmpty());
  const auto effects = t.send(41min, {alert("DbSlow", "error")});
  EXPECT_THAT(changes(effects), ElementsAre("escalated"));
  EXPECT_EQ(effects[0]->priority, Priority::p1);
  EXPECT_THAT(effects[0]->value, HasSubstr("priority P3 to P1 by aged-p2, severity warning to error, "));
}

TEST(Raise, BySizeNeedsNoAge) {
  TestShard t{load_rules(rules_with("[{id: wide, when: 'incident.active_alert_count >= 3', to: P2}]"))};
  t.send(0s, {alert("A", "warning"), alert("B", "warning")});
  const auto effects = t.send(1s, {alert("C", "warning")});
  ASSERT_THAT(changes(effects), ElementsAre("escalated"));
  EXPECT_EQ(effects[0]->priority, Priority::p2);
  EXPECT_THAT(effects[0]->value,
              HasSubstr("raised from P3 to P2 by wide, open for 1s; impact high, urgency low: A is"));
}

TEST(Raise, BySpreadCountsServicesAndHostsOnWhichItFires) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}}]
dedup: {resolve: {expire: 12h}}
priority:
  impact: [{is: low}]
  urgency: [{is: low}]
  raise:
    - {id: services, when: incident.service_count >= 2, to: P2}
    - {id: hosts, when: incident.host_count >= 2, to: P1}
correlate: [{id: one, kind: group, by: [], window: {idle: 1h, max: 4h}}]
)")};
  const auto on = [](const std::string& service, const std::string& host) {
    Said said{{{"alertname", "A"}}, {}};
    if (!host.empty()) said.labels.emplace_back("host", host);
    said.labels.emplace_back("service", service);
    said.labels.emplace_back("severity", "error");
    return said;
  };
  EXPECT_EQ(t.send(0s, {on("a", "h1")}).at(0)->priority, Priority::p5);
  EXPECT_EQ(t.send(1s, {on("a", "")}).at(0)->priority, Priority::p5) << "an unknown host is none";
  EXPECT_EQ(t.send(2s, {on("b", "h1")}).at(0)->priority, Priority::p2);
  t.send(3s, {ended(on("a", "h1"), 3s), ended(on("b", "h1"), 3s)});
  EXPECT_EQ(t.send(4s, {on("c", "h2")}).at(0)->priority, Priority::p2) << "nothing fires on h1 any more";
  EXPECT_EQ(t.send(5s, {on("c", "h3")}).at(0)->priority, Priority::p1);
}

TEST(Raise, OfAnOpeningIsToldAsTheOpening) {
  TestShard t{load_rules(rules_with("[{id: always, to: P2}]"))};
  const auto effects = t.send(0s, {alert("A", "warning")});
  ASSERT_THAT(changes(effects), ElementsAre("opened"));
  EXPECT_EQ(effects[0]->priority, Priority::p2);
}

TEST(Raise, StaysWhenItsConditionIsOverAsLongAsNobodyAcknowledges) {
  TestShard t{load_rules(rules_with("[{id: wide, when: 'incident.active_alert_count >= 2', to: P1}]"))};
  t.send(0s, {alert("A", "error"), alert("B", "error")});
  const auto fewer = t.send(1s, {ended(alert("B", "error"), 1s)});
  ASSERT_THAT(changes(fewer), ElementsAre("updated"));
  EXPECT_EQ(fewer[0]->priority, Priority::p1);
}

TEST(Raise, NeverLowers) {
  TestShard t{load_rules(rules_with("[{id: low, to: P4}, {id: none, when: 'false', to: P1}]"))};
  const auto effects = t.send(0s, {alert("A", "error")});
  EXPECT_EQ(effects[0]->priority, Priority::p2);
  EXPECT_THAT(effects[0]->value, testing::Not(HasSubstr("raised")));
}

TEST(Raise, GoesUpInStepsEachSeeingTheOneBefore) {
  TestShard t{load_rules(rules_with(R"([{id: a, when: 'incident.priority == "P3"', after: 10m, to: P2},
                                       {id: b, when: 'incident.priority == "P2"', after: 20m, to: P1}])"))};
  t.send(0s, {alert("A", "warning")});
  EXPECT_EQ(t.pass(10min).at(0)->priority, Priority::p2);
  EXPECT_THAT(t.pass(20min - 1ns), IsEmpty());
  const auto effects = t.pass(20min);
  EXPECT_EQ(effects.at(0)->priority, Priority::p1);
  EXPECT_THAT(effects.at(0)->value, HasSubstr("raised from P3 to P1 by b, open for 20m"));
}

TEST(Raise, CountsTheAgeOfAReopenedIncidentFromItsOpening) {
  TestShard t{load_rules(rules_with(kAged))};
  t.send(0s, {alert("DbSlow", "error")});
  t.send(25min, {ended(alert("DbSlow", "error"), 25min)});
  EXPECT_THAT(t.pass(30min), IsEmpty()) << "what is resolved is not raised";
  const auto effects = t.send(33min, {again(alert("DbSlow", "error"), 33min)});
  ASSERT_THAT(changes(effects), ElementsAre("reopened"));
  EXPECT_EQ(effects[0]->priority, Priority::p1);
}

TEST(Raise, OfAMemberThatReachesItItselfIsNotTheReasonAnyMore) {
  TestShard t{load_rules(rules_with(kAged))};
  t.send(0s, {alert("DbSlow", "error")});
  t.pass(30min);
  const auto effects = t.send(31min, {alert("DbDown", "critical")});
  EXPECT_THAT(changes(effects), ElementsAre("updated"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("priority_reason":"impact high, urgency high: DbDown is critical)"));
}

TEST(Raise, OfWhatIsClosedLeavesNothingBehind) {
  TestShard t{load_rules(rules_with("[{id: old, after: 2h, to: P1}]"))};
  t.send(0s, {alert("A", "error")});
  t.send(1min, {ended(alert("A", "error"), 1min)});
  EXPECT_THAT(changes(t.pass(3h)), ElementsAre("closed"));
  EXPECT_THAT(t.pass(24h), IsEmpty());
}

constexpr const char* kNobody = "[{id: nobody, unacknowledged: 15m, to: {standby_group: heads}}]";

Command command(CommandKind kind) {
  Command one;
  one.kind = kind;
  one.incident = "1";
  one.by = "ana";
  return one;
}

const Escalation& escalation_of(const TestShard& t) {
  const IncidentBook& incidents = t.shard.state().incidents();
  return incidents[incidents.by_number().begin()->second].escalation;
}

TEST(Escalation, OutlivesAReloadAndIsNotDoneAgainByARuleOfTheSameName) {
  TestShard t{load_rules(rules_with(kNobody))};
  t.send(0s, {alert("DbSlow", "error")});
  ASSERT_THAT(changes(t.pass(15min)), ElementsAre("escalated"));
  t.cut();
  EXPECT_THAT(
      t.switch_to(16min, load_rules(rules_with("[{id: nobody, unacknowledged: 5m, to: {standby_group: heads}}]"))),
      IsEmpty());
  EXPECT_THAT(t.switch_to(17min, load_rules(rules_with("[]"))), IsEmpty());
  EXPECT_EQ(escalation_of(t).group, "heads") << "what was done stays";
  EXPECT_EQ(escalation_of(t).next.at, kNever);
  const auto effects =
      t.switch_to(18min, load_rules(rules_with("[{id: other, unacknowledged: 5m, to: {standby_group: dba}}]")));
  ASSERT_THAT(changes(effects), ElementsAre("escalated"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"standby group dba called in by other")"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("standby_group":"dba","escalation_count":2,"escalated_to":"dba")"));
}

TEST(Escalation, OfAReloadIsLookedAheadForAtOnce) {
  TestShard t{load_rules(rules_with("[]"))};
  t.send(0s, {alert("DbSlow", "error")});
  EXPECT_THAT(t.switch_to(1min, load_rules(rules_with(kNobody))), IsEmpty());
  EXPECT_EQ(escalation_of(t).next.at, kStart + 15min);
  EXPECT_EQ(t.shard.next_deadline(), kStart + 15min);
}

TEST(Escalation, SaysWhatComesNextInEachRecordAndNoMoreWhenSomebodyHasIt) {
  TestShard t{load_rules(rules_with(kNobody))};
  EXPECT_THAT(t.send(0s, {alert("DbSlow", "error")})[0]->value,
              HasSubstr(R"("next_escalation":"standby group heads by nobody")"));
  EXPECT_THAT(t.command(1min, command(CommandKind::ack))[0]->value, testing::Not(HasSubstr("next_escalation")));
  EXPECT_THAT(t.pass(3h), IsEmpty());
}

TEST(Escalation, IsDoneOnceForEachWait) {
  TestShard t{load_rules(rules_with(kNobody))};
  t.send(0s, {alert("DbSlow", "error")});
  for (int i = 0; i < 150; ++i) {
    const Duration at = i * 1h;
    EXPECT_THAT(changes(t.pass(at + 30min)), ElementsAre("escalated"));
    t.command(at + 40min, command(CommandKind::ack));
    t.command(at + 1h, command(CommandKind::unack));
    if (i % 50 == 0) t.cut();
  }
  EXPECT_EQ(escalation_of(t).taken, 150U);
  EXPECT_EQ(escalation_of(t).steps.size(), limits::kEscalationStepsMax) << "the newest are remembered";
}

TEST(Escalation, ToTheReserveOfAPlanThatIsChosenInTheSameRevisionIsToldInIt) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
priority: {raise: [{id: at-once, to: standby_group}]}
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 1h, max: 4h}}]
plans: [{id: p, when: 'true', standby_group: reserve}]
route:
  - {id: reserve, when: 'incident.escalated_to == "reserve"', topic: reserve}
  - {id: queue, topic: queue}
)")};
  const auto effects = t.send(0s, {alert("A", "error")});
  ASSERT_THAT(changes(effects), ElementsAre("opened"));
  EXPECT_THAT(topics(effects[0]), testing::UnorderedElementsAre("reserve", "queue"));
}

}  // namespace
}  // namespace tocsin
