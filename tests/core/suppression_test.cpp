// What the stories of tests/scenarios/suppress.yaml cannot see: records, queries, deadlines, order, tenants.
#include <gmock/gmock.h>

#include "engine/core/telling/query.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}}]
dedup: {resolve: {expire: 12h}}
suppress:
  - {id: night, when: 'labels.env == "staging"', during: {cron: '0 2 * * *', for: 1h}}
  - {id: node, when: 'name.startsWith("Pod")', inhibited_by: 'name == "NodeDown"', equal: [host]}
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 10m, max: 4h}}]
route: [{id: everything, topic: incidents.all}]
)";

Said node(std::string host) { return {{{"alertname", "NodeDown"}, {"host", std::move(host)}, {"service", "nodes"}}}; }
Said pod(std::string service, std::string host = "n1") {
  return {{{"alertname", "PodCrash"}, {"host", std::move(host)}, {"service", std::move(service)}}};
}
Said staging(std::string service) {
  return {{{"alertname", "Slow"}, {"env", "staging"}, {"service", std::move(service)}}};
}
Said ended(Said said, Duration at) {
  said.ends_at = kStart + at;
  return said;
}

class SuppressionTest : public testing::Test {
 protected:
  std::string alerts(std::vector<std::pair<std::string, std::string>> filters = {}) {
    Query query;
    query.kind = QueryKind::alerts;
    query.filters = std::move(filters);
    return answer(t.shard, query).json;
  }
  TestShard t{load_rules(kRules)};
};

TEST_F(SuppressionTest, ARecordCountsItsMembersThatAreHeldBack) {
  t.send(0s, {pod("shop")});
  const auto held = t.send(10s, {node("n1")});
  ASSERT_THAT(held, SizeIs(2));
  EXPECT_THAT(held[1]->value, HasSubstr(R"("change":"1 alert suppressed")"));
  EXPECT_THAT(held[1]->value, HasSubstr(R"("status":"open")"));
  EXPECT_THAT(held[1]->value, HasSubstr(R"("active_alert_count":0,)"));
  EXPECT_THAT(held[1]->value, HasSubstr(R"("suppressed_count":1,)"));
  const auto released = t.send(20s, {ended(node("n1"), 20s)});
  ASSERT_THAT(released, SizeIs(2));
  EXPECT_THAT(released[0]->value, HasSubstr(R"("change":"1 alert no longer suppressed")"));
  EXPECT_THAT(released[0]->value, HasSubstr(R"("suppressed_count":0,)"));
}

TEST_F(SuppressionTest, ARecordSaysThatAMemberEndedWhileItWasHeldBack) {
  t.send(0s, {pod("shop"), pod("shop", "n2")});
  t.send(10s, {node("n1")});
  const auto effects = t.send(20s, {ended(pod("shop"), 20s)});
  ASSERT_THAT(effects, SizeIs(1));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"PodCrash on n1: resolved by its source")"));
}

TEST_F(SuppressionTest, AQueryShowsWhatHoldsAnAlertBack) {
  t.send(0s, {node("n1"), pod("shop")});
  EXPECT_EQ(t.counts().alerts_held, 1U);
  EXPECT_THAT(alerts(), HasSubstr(R"("suppressed_by":"node")"));
  EXPECT_THAT(alerts(), HasSubstr(R"("suppressed_by":null)"));
  EXPECT_THAT(alerts({{"suppressed_by", "node"}}), Not(HasSubstr("NodeDown")));
  t.send(10s, {ended(pod("shop"), 10s)});
  EXPECT_EQ(t.counts().alerts_held, 0U);
  EXPECT_THAT(alerts(), Not(HasSubstr(R"("suppressed_by":"node")")));
}

TEST_F(SuppressionTest, WhatIsReleasedOpensInOrderOfArrival) {
  t.send(0s, {node("n1")});
  t.send(1s, {pod("c"), pod("a")});
  t.send(2s, {pod("b")});
  const auto effects = t.send(10s, {ended(node("n1"), 10s)});
  std::vector<std::string> opened;
  for (const EffectPtr& effect : effects) {
    if (effect->change != IncidentChange::opened) continue;
    opened.emplace_back(1, effect->value[effect->value.find(R"("service":")") + 11]);
  }
  EXPECT_THAT(opened, ElementsAre("c", "a", "b"));
}

TEST_F(SuppressionTest, ARepeatOfWhatIsHeldBackIsARepeat) {
  t.send(0s, {node("n1"), pod("shop")});
  EXPECT_THAT(t.send(60s, {pod("shop")}), IsEmpty());
  EXPECT_EQ(t.counts().alerts_repeated, 1U);
  EXPECT_EQ(t.counts().alerts_held, 1U);
}

TEST_F(SuppressionTest, WhatIsHeldBackAndNotRepeatedExpires) {
  t.send(0s, {node("n1"), pod("shop")});
  t.send(6h, {node("n1")});
  t.pass(12h);
  EXPECT_EQ(t.counts().alerts_held, 0U);
  EXPECT_EQ(t.counts().alerts_firing, 1U);
}

TEST_F(SuppressionTest, AnInhibitorThatExpiresReleases) {
  t.send(0s, {node("n1"), pod("shop")});
  t.send(6h, {pod("shop")});
  EXPECT_THAT(changes(t.pass(12h)), ElementsAre("opened", "resolved"));
}

TEST_F(SuppressionTest, TheInhibitorOfAnotherTenantHoldsNothingBack) {
  for (const char* tenant : {"a", "b"}) {
    AlertBatch batch;
    batch.tenant = tenant;
    fill(batch, {tenant == std::string{"a"} ? node("n1") : pod("shop")}, t.key);
    Input input;
    input.kind = InputKind::alerts;
    input.batch = &batch;
    t.apply(1s, input);
  }
  EXPECT_EQ(t.counts().alerts_held, 0U);
}

TEST_F(SuppressionTest, AWindowSetsNoDeadlineWhenThereIsNothingToHoldBack) {
  t.send(0s, {node("n1")});
  t.send(10s, {ended(node("n1"), 10s)});
  t.pass(1h);
  t.pass(13h);
  EXPECT_EQ(t.shard.next_deadline(), kNever);
}

TEST_F(SuppressionTest, AWindowIsInTheQueueWhileItMayHoldSomethingBack) {
  // kStart is 2026-09-21T14:13:20Z: the next window begins in 11:46:40 h.
  t.send(0s, {staging("shop")});
  EXPECT_EQ(t.shard.next_deadline(), kStart + 11h + 46min + 40s);
  t.send(11h, {staging("shop")});
  EXPECT_THAT(changes(t.pass(12h)), ElementsAre("updated"));
  EXPECT_EQ(t.counts().alerts_held, 1U);
  EXPECT_THAT(changes(t.pass(12h + 46min + 40s)), ElementsAre("updated"));
  EXPECT_EQ(t.counts().alerts_held, 0U);
}

TEST(SuppressedIncident, IsNotRaisedBeforeAMemberOfItIsReleased) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host}}]
dedup: {resolve: {expire: 12h}}
priority:
  impact: [{is: high}]
  urgency: [{is: medium}]
  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}
  raise: [{id: aged, when: 'incident.priority == "P2"', after: 30m, to: P1}]
suppress: [{id: node, when: 'name == "PodCrash"', inhibited_by: 'name == "NodeDown"', equal: [host]}]
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 10m, max: 4h}}]
)")};
  t.send(0s, {pod("shop")});
  t.send(1min, {node("n1")});
  EXPECT_THAT(t.pass(30min), IsEmpty());
  EXPECT_THAT(changes(t.pass(31min)), ElementsAre("escalated")) << "that of the node, which nothing holds back";
  const auto effects = t.send(40min, {ended(node("n1"), 40min)});
  ASSERT_THAT(changes(effects), ElementsAre("escalated", "resolved"));
  EXPECT_EQ(effects[0]->priority, Priority::p1);
}

}  // namespace
}  // namespace tocsin
