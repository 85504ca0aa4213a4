// How many groups a rule may have, and by which clock windows go.
#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::IsEmpty;

std::string rules_with(const std::string& defaults, const std::string& max_keys = "") {
  return R"(
tocsin: 1
ruleset: test
defaults: )" +
         defaults + R"(
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
dedup: {resolve: {expire: 12h}, reopen: {within: 1m}}
correlate:
  - {id: one, kind: group, when: 'labels.kind == ""', by: [service], window: {idle: 10m, max: 1h})" +
         max_keys + R"(}
  - {id: other, kind: group, by: [service], window: {idle: 10m, max: 1h}}
)";
}

Said alert(const std::string& service, const std::string& name = "A", const std::string& kind = "") {
  Said said{{{"alertname", name}}, {}};
  if (!kind.empty()) said.labels.emplace_back("kind", kind);
  said.labels.emplace_back("service", service);
  said.labels.emplace_back("severity", "error");
  return said;
}

Said ended(Said said, Duration at) {
  said.ends_at = kStart + at;
  return said;
}

TEST(GroupKeys, AtTheirBoundTheOldestIsGivenUp) {
  TestShard t{load_rules(rules_with("{max_keys: 2, on_overflow: evict_oldest_and_count}"))};
  const auto first = t.send(0s, {alert("a")});
  const auto second = t.send(1s, {alert("b")});
  EXPECT_EQ(t.counts().groups_evicted, 0U);
  EXPECT_THAT(changes(t.send(2s, {alert("c")})), ElementsAre("opened"));
  EXPECT_EQ(t.counts().groups_evicted, 1U);
  EXPECT_EQ(t.send(3s, {alert("b", "B")})[0]->incident, second[0]->incident) << "b is still there";
  EXPECT_THAT(changes(t.send(4s, {alert("a", "B")})), ElementsAre("opened")) << "a was given up";
  EXPECT_EQ(t.counts().groups_evicted, 2U);
  const auto end = t.send(5s, {ended(alert("a"), 5s)});
  ASSERT_THAT(changes(end), ElementsAre("resolved")) << "what was told open is told closed";
  EXPECT_EQ(end[0]->incident, first[0]->incident);
}

TEST(GroupKeys, AtTheirBoundNewOnesAreRefusedIfTheFileSaysSo) {
  TestShard t{load_rules(rules_with("{max_keys: 1, on_overflow: refuse_new_and_count}"))};
  t.send(0s, {alert("a")});
  EXPECT_THAT(t.send(1s, {alert("b")}), IsEmpty());
  EXPECT_EQ(t.counts().groups_refused, 1U);
  EXPECT_THAT(changes(t.send(2s, {alert("a", "B")})), ElementsAre("updated")) << "those that are there go on";
  t.send(3s, {ended(alert("a"), 3s), ended(alert("a", "B"), 3s)});
  t.pass(64s);
  EXPECT_THAT(changes(t.send(65s, {alert("c")})), ElementsAre("opened")) << "a closed one makes room";
}

TEST(GroupKeys, OfAnIncidentThatIsTooOldGoToTheOneThatComesAfterIt) {
  TestShard t{load_rules(rules_with("{max_keys: 1, on_overflow: refuse_new_and_count}"))};
  t.send(0s, {alert("a")});
  EXPECT_THAT(changes(t.send(1h + 1ns, {alert("a", "B")})), ElementsAre("opened"));
  EXPECT_EQ(t.counts().groups_refused, 0U);
}

TEST(GroupKeys, AreBoundedRuleByRule) {
  TestShard t{load_rules(rules_with("{max_keys: 5}", ", max_keys: 1"))};
  t.send(0s, {alert("a"), alert("a", "A", "x"), alert("b", "A", "x")});
  EXPECT_EQ(t.counts().groups_evicted, 0U);
  t.send(1s, {alert("b")});
  EXPECT_EQ(t.counts().groups_evicted, 1U);
}

TEST(WindowClock, IsThatOfTheSourceUnlessTheFileSaysReceived) {
  for (const bool received : {false, true}) {
    std::string text = rules_with(received ? "{clock: received}" : "{clock: event}");
    text.replace(text.find("within: 1m"), 10, "within: 1h");
    TestShard t{load_rules(text)};
    t.send(0s, {alert("a")});
    t.send(1s, {ended(alert("a"), 1s)});
    Said late = alert("a", "B");
    late.starts_at = kStart + 10min;  // within the idle time by its own clock …
    EXPECT_THAT(changes(t.send(10min + 1s, {late})), ElementsAre(received ? "opened" : "reopened")) << received;
  }
}

}  // namespace
}  // namespace tocsin
