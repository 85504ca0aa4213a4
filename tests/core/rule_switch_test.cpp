// Other rules while it runs: nothing that is known is lost, nobody misses a close.

#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// What differs between the rule sets of these tests.
struct Written {
  std::string dedup = "resolve: {expire: 5m}, reopen: {within: 10m}";
  std::string scale = "[ok, info, warning, error, critical]";
  std::string words = "critical: critical, error: error, warning: warning, default: info";
  std::string service = "labels.service";
  std::string group = "id: per-service, kind: group, by: [service], window: {idle: 10m, max: 4h}";
  std::string route = "id: page, topic: incidents.page";
  std::string suppress = "";
  std::string raise = "";
  std::string normalise = "";
};

rules::RuleSetPtr rules_of(Written written) {
  return load_rules(
      "tocsin: 1\nruleset: test\n"
      "normalise: [" +
      written.normalise + "{id: prom, set: {name: labels.alertname, service: " + written.service +
      ", level: labels.severity}}]\n"
      "dedup: {" +
      written.dedup +
      "}\n"
      "severity: {scale: " +
      written.scale + ", map: {from: level, " + written.words +
      "}}\n"
      "priority:\n"
      "  impact: [{is: medium}]\n"
      "  urgency: [{when: 'level == \"critical\"', is: high}, {is: low}]\n"
      "  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}\n"
      "  raise: [" +
      written.raise +
      "]\n"
      "suppress: [" +
      written.suppress +
      "]\n"
      "correlate: [{" +
      written.group +
      "}]\n"
      "route: [{" +
      written.route + "}]\n");
}

Said disk_full(std::string instance = "a", std::string severity = "error") {
  return {{{"alertname", "DiskFull"},
           {"instance", std::move(instance)},
           {"service", "ledger"},
           {"severity", std::move(severity)}}};
}

Said ended(Said said) {
  said.status = AlertStatus::resolved;
  return said;
}

class RuleSwitch : public testing::Test {
 protected:
  TestShard t{rules_of({})};
};

TEST_F(RuleSwitch, ItselfTellsNothing) {
  t.send(0s, {disk_full()});
  EXPECT_THAT(t.switch_to(1s, rules_of({.route = "id: all, topic: incidents.all"})), IsEmpty());
}

TEST_F(RuleSwitch, WithoutRulesGoesOnWithThoseItHas) {
  t.send(0s, {disk_full()});
  t.switch_to(1s, nullptr);
  EXPECT_THAT(changes(t.send(2s, {disk_full("b")})), ElementsAre("updated"));
}

TEST_F(RuleSwitch, AnUnchangedGroupRuleGoesOnWithItsIncidents) {
  t.send(0s, {disk_full()});
  t.switch_to(1s, rules_of({.route = "id: other, topic: incidents.all"}));
  EXPECT_THAT(changes(t.send(2s, {disk_full("b")})), ElementsAre("updated"));
  EXPECT_EQ(t.counts().incidents_opened, 1U);
}

TEST_F(RuleSwitch, AnUnchangedGroupRuleGoesOnAlsoAtAnotherPlace) {
  t.send(0s, {disk_full()});
  t.switch_to(
      1s, rules_of({.group = "id: first, kind: group, when: 'name == \"Other\"', by: [name]}, {" + Written{}.group}));
  EXPECT_THAT(changes(t.send(2s, {disk_full("b")})), ElementsAre("updated"));
}

TEST_F(RuleSwitch, AChangedGroupRuleBeginsAnew) {
  t.send(0s, {disk_full()});
  t.switch_to(1s, rules_of({.group = "id: per-service, kind: group, by: [service], window: {idle: 9m, max: 4h}"}));
  EXPECT_THAT(changes(t.send(2s, {disk_full("b")})), ElementsAre("opened"));
  EXPECT_THAT(changes(t.send(3s, {disk_full("c")})), ElementsAre("updated"));
  EXPECT_EQ(t.counts().incidents_open, 2U);
}

TEST_F(RuleSwitch, AnIncidentWhoseGroupRuleIsGoneLivesOnToItsClose) {
  t.send(0s, {disk_full()});
  t.switch_to(1s, rules_of({.group = "id: by-name, kind: group, by: [name]"}));
  EXPECT_THAT(changes(t.send(2s, {disk_full("a", "critical"), ended(disk_full())})), ElementsAre("opened", "resolved"));
  EXPECT_THAT(changes(t.send(3s, {disk_full()})), ElementsAre("reopened"));
  EXPECT_THAT(changes(t.send(4s, {ended(disk_full())})), ElementsAre("resolved"));
  EXPECT_THAT(changes(t.pass(4s + 10min + Duration{1})), testing::Contains("closed"));
}

TEST_F(RuleSwitch, AnAudienceThatSawAnIncidentSeesItsCloseWhateverTheNewRoutesSay) {
  t.send(0s, {disk_full()});
  t.switch_to(1s, rules_of({.route = "id: other, topic: incidents.other"}));
  t.send(2s, {ended(disk_full())});
  const auto effects = t.pass(2s + 10min + Duration{1});
  ASSERT_THAT(changes(effects), ElementsAre("closed"));
  EXPECT_THAT(effects[0]->audiences, ElementsAre(testing::Field(&Audience::topic, "incidents.page"),
                                                 testing::Field(&Audience::topic, "incidents.other")));
}

TEST_F(RuleSwitch, AResolvedIncidentClosesWhenItWasSaidToAlsoUnderAnotherReopenWithin) {
  for (const char* within : {"1m", "1h"}) {
    SCOPED_TRACE(within);
    TestShard shard{rules_of({})};
    shard.send(0s, {disk_full()});
    shard.send(1s, {ended(disk_full())});
    shard.switch_to(5min, rules_of({.dedup = std::string("reopen: {within: ") + within + "}"}));
    EXPECT_THAT(shard.pass(1s + 10min), IsEmpty());
    EXPECT_THAT(changes(shard.pass(1s + 10min + Duration{1})), ElementsAre("closed"));
    EXPECT_EQ(shard.counts().alerts_known, 0U);
  }
}

TEST_F(RuleSwitch, AnAlertWithoutAnIncidentIsForgottenWhenItWasSaidToBe) {
  t.send(0s, {ended(disk_full())});
  t.switch_to(1s, rules_of({.dedup = "reopen: {within: 1m}"}));
  t.pass(10min);
  EXPECT_EQ(t.counts().alerts_known, 1U);
  t.pass(10min + Duration{1});
  EXPECT_EQ(t.counts().alerts_known, 0U);
}

TEST_F(RuleSwitch, ARepeatIsLookedAtOnceUnderTheNewRules) {
  t.send(0s, {disk_full("a", "critical")});
  t.switch_to(1s, rules_of({.words = "critical: warning, default: info"}));
  const auto effects = t.send(2s, {disk_full("a", "critical")});
  ASSERT_THAT(changes(effects), ElementsAre("updated"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"severity critical to warning")"));
  EXPECT_THAT(t.send(3s, {disk_full("a", "critical")}), IsEmpty());
  EXPECT_EQ(t.counts().alerts_repeated, 2U);
}

TEST_F(RuleSwitch, ARepeatThatTheNewRulesTakeJoins) {
  TestShard shard{rules_of({.group = "id: none, kind: group, when: 'name == \"Other\"', by: [name]"})};
  EXPECT_THAT(shard.send(0s, {disk_full()}), IsEmpty());
  shard.switch_to(1s, rules_of({}));
  EXPECT_THAT(changes(shard.send(2s, {disk_full()})), ElementsAre("opened"));
}

TEST_F(RuleSwitch, ARepeatOfWhatTheNewRulesTakeForItsEndEndsIt) {
  t.send(0s, {disk_full()});
  t.switch_to(1s, rules_of({.dedup = R"(resolve: {when: 'labels.instance == "a"'})"}));
  EXPECT_THAT(changes(t.send(2s, {disk_full()})), ElementsAre("resolved"));
}

TEST_F(RuleSwitch, AFlapEndsWithTheRulesThatCountedIt) {
  TestShard flapping{rules_of({.dedup = "resolve: {expire: 30m}, flap: {changes: 3, within: 10m, hold: 1h}"})};
  for (int i = 0; i < 2; ++i) {
    flapping.send(std::chrono::minutes{2 * i}, {disk_full()});
    flapping.send(std::chrono::minutes{2 * i + 1}, {ended(disk_full())});
  }
  EXPECT_EQ(flapping.counts().incidents_open, 1U) << "it flaps, so that it counts as firing";
  EXPECT_THAT(changes(flapping.switch_to(4min, rules_of({.dedup = "flap: none"}))), ElementsAre("resolved"));
  EXPECT_EQ(flapping.counts().incidents_open, 0U) << "and not after the hour of the rule that is gone";
}

TEST_F(RuleSwitch, ANewRuleThatDropsTakesNothingInAndLetsWhatFiresEnd) {
  t.send(0s, {disk_full()});
  const auto drops = rules_of({.normalise = "{id: no-disks, when: 'labels.alertname == \"DiskFull\"', drop: true}, "});
  t.switch_to(1s, drops);
  EXPECT_THAT(changes(t.send(2s, {disk_full("b")})), IsEmpty());
  EXPECT_EQ(t.counts().alerts_dropped, 1U);
  EXPECT_EQ(t.counts().alerts_known, 1U);
  EXPECT_THAT(changes(t.send(3s, {ended(disk_full())})), ElementsAre("resolved"));
  EXPECT_THAT(changes(t.send(4s, {ended(disk_full("b"))})), IsEmpty());
  EXPECT_EQ(t.counts().alerts_dropped, 2U);
}

TEST_F(RuleSwitch, SeveritiesMoveToTheNewScaleByTheirNames) {
  t.send(0s, {disk_full("a", "warning"), disk_full("b", "error")});
  t.switch_to(
      1s, rules_of({.scale = "[warning, error, panic]", .words = "critical: panic, error: error, default: warning"}));
  // The count of each severity moved too: without it the end of the higher one would not show.
  const auto effects = t.send(2s, {ended(disk_full("b", "error")), disk_full("c", "critical")});
  ASSERT_THAT(changes(effects), ElementsAre("updated"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("severity":"panic","severity_num":2)"));
  EXPECT_THAT(effects[0]->value, HasSubstr("severity error to panic"));
  EXPECT_THAT(effects[0]->value, testing::Not(HasSubstr(R"("severity":"info")")));
}

TEST_F(RuleSwitch, AShorterScaleHoldsForClosedIncidentsToo) {
  t.send(0s, {disk_full("a", "critical")});
  t.send(1s, {ended(disk_full("a", "critical"))});
  t.pass(1h);
  t.switch_to(1h + 1s, rules_of({.scale = "[low, high]", .words = "critical: high, default: low"}));
  const IncidentState& incident = t.shard.state().incidents()[0];
  EXPECT_EQ(rules::name_of(t.shard.state().rules(), incident.severity()), "high");
}

TEST_F(RuleSwitch, ANewDedupKeyLeavesKnownAlertsWhatTheyAre) {
  t.send(0s, {disk_full("a"), disk_full("b")});
  t.switch_to(1s, rules_of({.dedup = "key: [service, name]"}));
  // Each still ends by itself.
  EXPECT_THAT(changes(t.send(2s, {ended(disk_full("a"))})), ElementsAre("updated"));
  EXPECT_THAT(changes(t.send(3s, {ended(disk_full("b"))})), ElementsAre("resolved"));
  EXPECT_EQ(t.counts().alerts_known, 2U);
}

TEST_F(RuleSwitch, ANewDedupKeyHoldsForWhatIsNew) {
  t.switch_to(1s, rules_of({.dedup = "key: [service, name]"}));
  t.send(2s, {disk_full("a"), disk_full("b")});
  EXPECT_EQ(t.counts().alerts_known, 1U);
}

TEST_F(RuleSwitch, AnAlertOfAnEarlierDedupKeyEndsByAWordOfOtherLabels) {
  TestShard shard{rules_of({.dedup = "key: [service, name]"})};
  shard.send(0s, {disk_full("a")});
  shard.send(1s, {disk_full("b")});
  ASSERT_EQ(shard.counts().alerts_known, 1U);
  for (const char* key : {"resolve: {expire: 5m}", "key: [name, host]", "key: [service, name]"}) {
    shard.switch_to(2s, rules_of({.dedup = key}));
  }
  shard.switch_to(3s, rules_of({}));
  shard.send(4s, {disk_full("c")});
  EXPECT_EQ(shard.counts().alerts_known, 1U) << "a third label set is found by the key of its time";
  EXPECT_THAT(shard.send(5s, {ended(disk_full("a")), ended(disk_full("b"))}), IsEmpty());
  EXPECT_THAT(changes(shard.send(6s, {ended(disk_full("c"))})), ElementsAre("resolved"));
}

TEST_F(RuleSwitch, AnAlertWhoseIdentityTheNewRulesWorkOutOtherwiseIsStillTheSame) {
  TestShard shard{rules_of({.dedup = "key: [service, name]"})};
  shard.send(0s, {disk_full()});
  shard.switch_to(1s, rules_of({.dedup = "key: [service, name]", .service = "labels.service.upperAscii()"}));
  Said other = disk_full();
  other.annotations = {{"summary", "other words"}};
  shard.send(2s, {other});
  EXPECT_EQ(shard.counts().alerts_known, 1U);
  EXPECT_THAT(changes(shard.send(3s, {ended(disk_full())})), ElementsAre("resolved"));
}

constexpr const char* kMutedByNode =
    R"({id: muted, when: 'name == "DiskFull"', inhibited_by: 'name == "NodeDown"', equal: [service]})";

Said node_down() {
  return {{{"alertname", "NodeDown"}, {"instance", "n"}, {"service", "ledger"}, {"severity", "error"}}};
}

TEST_F(RuleSwitch, WhatASuppressRuleHeldBackIsLookedAtWhenTheRuleIsGone) {
  TestShard shard{rules_of({.group = "id: by-name, kind: group, by: [name]", .suppress = kMutedByNode})};
  shard.send(0s, {node_down()});
  EXPECT_THAT(shard.send(1s, {disk_full()}), IsEmpty());
  EXPECT_THAT(changes(shard.switch_to(2s, rules_of({.group = "id: by-name, kind: group, by: [name]"}))),
              ElementsAre("opened"));
  EXPECT_EQ(shard.counts().alerts_held, 0U);
}

TEST_F(RuleSwitch, ANewSuppressRuleKnowsTheInhibitorsThatFireAlready) {
  t.send(0s, {node_down()});
  t.switch_to(1s, rules_of({.group = "id: by-name, kind: group, by: [name]", .suppress = kMutedByNode}));
  EXPECT_THAT(t.send(2s, {disk_full()}), IsEmpty());
  EXPECT_EQ(t.counts().alerts_held, 1U);
}

TEST_F(RuleSwitch, AKeptSuppressRuleHoldsBackAcrossIt) {
  const Written written{.group = "id: by-name, kind: group, by: [name]", .suppress = kMutedByNode};
  TestShard shard{rules_of(written)};
  shard.send(0s, {node_down()});
  shard.send(1s, {disk_full()});
  Written other = written;
  other.route = "id: other, topic: incidents.other";
  EXPECT_THAT(shard.switch_to(2s, rules_of(other)), IsEmpty());
  EXPECT_EQ(shard.counts().alerts_held, 1U);
  EXPECT_THAT(changes(shard.send(3s, {ended(node_down())})), testing::UnorderedElementsAre("resolved", "opened"));
}

TEST_F(RuleSwitch, ANewRaiseRuleCountsTheAgeFromTheOpening) {
  t.send(0s, {disk_full()});
  EXPECT_THAT(t.switch_to(1min, rules_of({.raise = "{id: old, after: 2m, to: P1}"})), IsEmpty());
  const auto effects = t.pass(2min);
  ASSERT_THAT(changes(effects), ElementsAre("escalated"));
  EXPECT_EQ(effects[0]->priority, Priority::p1);
}

TEST_F(RuleSwitch, ANewRaiseRuleWhoseAgeIsReachedRaisesAtOnce) {
  t.send(0s, {disk_full()});
  EXPECT_THAT(changes(t.switch_to(3min, rules_of({.raise = "{id: old, after: 2m, to: P1}"}))),
              ElementsAre("escalated"));
}

TEST_F(RuleSwitch, EqualInputsGiveEqualBytesAcrossIt) {
  const auto story = [] {
    TestShard shard{rules_of({})};
    shard.send(0s, {disk_full("a"), disk_full("b", "critical")});
    shard.switch_to(1s, rules_of({.dedup = "key: [service, name]", .group = "id: by-name, kind: group, by: [name]"}));
    shard.send(2s, {disk_full("c"), disk_full("a", "warning"), ended(disk_full("b", "critical"))});
    shard.switch_to(3s, rules_of({.scale = "[low, high]", .words = "critical: high, default: low"}));
    shard.send(4s, {disk_full("a"), disk_full("d")});
    shard.pass(1h);
    std::vector<std::string> values;
    for (const EffectPtr& effect : shard.all) values.push_back(effect->value);
    return values;
  };
  EXPECT_EQ(story(), story());
}

}  // namespace
}  // namespace tocsin
