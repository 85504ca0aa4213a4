// The phase route: audiences with their keys and forms, and the plan that goes with an incident.
#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string rules_with(const std::string& routes, const std::string& plans = "[]") {
  return R"(
tocsin: 1
ruleset: test
normalise:
  - id: all
    set: {name: labels.alertname, service: labels.service, environment: labels.env, level: labels.severity, runbook_url: labels.runbook}
dedup: {resolve: {expire: 12h}, reopen: {within: 10m}}
priority:
  impact: [{is: high}]
  urgency: [{when: severity == critical, is: high}, {when: severity == error, is: medium}, {is: low}]
  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}
correlate: [{id: one, kind: group, by: [], window: {idle: 1h, max: 4h}}]
plans: )" +
         plans + "\nroute: " + routes + "\n";
}

Said alert(const std::string& name, const std::string& severity, const std::string& service = "ledger") {
  return {
      {{"alertname", name}, {"env", "prod"}, {"runbook", "https://r"}, {"service", service}, {"severity", severity}},
      {}};
}

constexpr const char* kPlans = R"([
  {id: quiet, when: 'incident.priority == "P3"', channel: quiet},
  {id: loud, when: 'incident.priority in ["P1", "P3"]', roles: {commander: ana, liaison: bo}, steps: [Look, Act],
   channel: '#loud', runbook: 'https://plan', standby_group: reserve, update_every: 90s},
  {id: named, channel: '#named'}])";

TEST(Plan, OfARouteGoesWithTheIncidentElseTheFirstWhoseConditionHolds) {
  TestShard t{load_rules(
      rules_with(R"([{id: a, topic: x}, {id: b, when: 'incident.priority == "P2"', plan: named}])", kPlans))};
  EXPECT_THAT(t.send(0s, {alert("A", "warning")})[0]->value, HasSubstr(R"("plan":"quiet","channel":"quiet")"));
  EXPECT_THAT(t.send(1s, {alert("B", "error")})[0]->value, HasSubstr(R"("plan":"named","channel":"#named")"));
  const std::string value = t.send(2s, {alert("C", "critical")})[0]->value;
  EXPECT_THAT(value, HasSubstr(R"("standby_group":"reserve","commander":"ana","plan":"loud","plan_steps":"Look\nAct",)"
                               R"("plan_progress":"1. [ ] Look\n2. [ ] Act","plan_steps_count":2,"plan_steps_done":0,)"
                               R"("channel":"#loud","update_every_s":90,)"));
  EXPECT_THAT(value, HasSubstr(R"("runbook_url":"https://plan")"));
  EXPECT_THAT(value, HasSubstr(R"({"title":"runbook","url":"https://plan"})"));
  EXPECT_THAT(value, HasSubstr(R"({"title":"runbook of the alert","url":"https://r"})"));
  EXPECT_THAT(value, HasSubstr(R"("roles":{"commander":"ana","liaison":"bo"}})"));
}

TEST(Plan, StaysWhenNoneIsChosenAnyMore) {
  TestShard t{
      load_rules(rules_with("[{id: a, topic: x}]", R"([{id: small, when: incident.alert_count == 1, channel: c}])"))};
  t.send(0s, {alert("A", "warning")});
  EXPECT_THAT(t.send(1s, {alert("B", "warning")})[0]->value, HasSubstr(R"("plan":"small","channel":"c")"));
}

TEST(Plan, OfTheLastRouteThatHoldsIsTheOne) {
  TestShard t{load_rules(rules_with("[{id: a, plan: quiet}, {id: b, topic: x, plan: named}]", kPlans))};
  EXPECT_THAT(t.send(0s, {alert("A", "critical")})[0]->value, HasSubstr(R"("plan":"named")"));
}

TEST(Plan, ThatIsNeitherNamedNorHoldsIsNotThere) {
  TestShard t{load_rules(rules_with("[{id: a, topic: x}]", "[{id: named, channel: c}]"))};
  const std::string value = t.send(0s, {alert("A", "critical")})[0]->value;
  EXPECT_THAT(value, HasSubstr(R"("commander":"","plan":"","channel":"")"));
  EXPECT_THAT(value, HasSubstr(R"("runbook_url":"https://r")"));
}

TEST(Flat, IsTheRecordWithoutNestedPartsForTheAudienceThatWantsIt) {
  TestShard t{load_rules(rules_with("[{id: a, topic: whole}, {id: b, topic: tickets, flat: true}]"))};
  const auto effect = t.send(0s, {alert("A", "critical")})[0];
  EXPECT_THAT(effect->audiences, ElementsAre(Audience{"whole", "", false}, Audience{"tickets", "", true}));
  const std::string start = effect->flat_value.substr(0, effect->flat_value.size() - 1);
  EXPECT_THAT(effect->value, testing::StartsWith(start + R"(,"alerts":[)"));
  EXPECT_THAT(effect->flat_value, EndsWith(R"("parent_incident_id":""})"));
}

TEST(Flat, IsNotMadeWhenNobodyWantsIt) {
  TestShard t{load_rules(rules_with("[{id: a, topic: whole}]"))};
  EXPECT_EQ(t.send(0s, {alert("A", "critical")})[0]->flat_value, "");
}

TEST(Key, OfAnAudienceStaysAsItWasWhenItWasAdded) {
  TestShard t{load_rules(rules_with(R"([{id: a, topic: x, key: 'incident.environment + "/" + incident.service'}])"))};
  EXPECT_THAT(t.send(0s, {alert("A", "warning")})[0]->audiences, ElementsAre(Audience{"x", "prod/ledger", false}));
  // A lead from another service: what is told of the incident changes, the partition does not.
  const auto effect = t.send(1s, {alert("B", "critical", "search")})[0];
  EXPECT_THAT(effect->value, HasSubstr(R"("service":"search")"));
  EXPECT_THAT(effect->audiences, ElementsAre(Audience{"x", "prod/ledger", false}));
}

TEST(Key, ThatHasNoValueOrIsEmptyIsTheIncidentsId) {
  TestShard t{load_rules(rules_with(R"([{id: a, topic: x, key: 'string(1 / (incident.alert_count - 1))'},
                                        {id: b, topic: y, key: incident.region}])"))};
  EXPECT_THAT(t.send(0s, {alert("A", "warning")})[0]->audiences, ElementsAre(Audience{"x"}, Audience{"y"}));
}

TEST(Key, IsCutToItsBoundBetweenCharacters) {
  TestShard t{load_rules(rules_with(R"([{id: a, topic: x, key: '"a" + incident.service'}])"))};
  std::string service;
  for (int i = 0; i < 512; ++i) service += "é";
  const auto effect = t.send(0s, {alert("A", "warning", service)})[0];
  EXPECT_EQ(effect->audiences.at(0).key.size(), 1023U) << "1,024 bytes would end inside a character";
}

TEST(Audience, IsToldAsTheFirstRouteToItSaid) {
  TestShard t{load_rules(rules_with("[{id: a, topic: x}, {id: b, topic: x, flat: true, key: incident.service}]"))};
  EXPECT_THAT(t.send(0s, {alert("A", "warning")})[0]->audiences, ElementsAre(Audience{"x"}));
}

}  // namespace
}  // namespace tocsin
