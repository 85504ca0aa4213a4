#include <algorithm>

#include <gmock/gmock.h>

#include "engine/model/limits.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise:
  - {id: prom, set: {name: labels.alertname, service: labels.service, level: labels.severity, title: annotations.summary}}
dedup: {resolve: {expire: 5m}, reopen: {within: 10m}}
severity:
  scale: [ok, info, warning, error, critical]
  map: {from: level, critical: critical, error: error, warning: warning, default: info}
priority:
  impact: [{when: 'service == "checkout"', is: high}, {is: medium}]
  urgency: [{when: 'severity == critical', is: high}, {when: 'severity == error', is: medium}, {is: low}]
  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}
correlate:
  - {id: per-service, kind: group, when: 'severity >= warning', by: [service], window: {idle: 10m, max: 4h}}
route:
  - {id: page, when: 'incident.priority in ["P1", "P2"]', topic: incidents.page}
  - {id: rest, when: 'incident.priority in ["P3", "P4", "P5"]', topic: incidents.queue}
)";

Said disk_full(std::string severity = "error") {
  return {{{"alertname", "DiskFull"}, {"service", "ledger"}, {"severity", std::move(severity)}}, {}};
}

Said with_end(Said said, Instant end) {
  said.ends_at = end;
  return said;
}

class ShardTest : public testing::Test {
 protected:
  TestShard t{load_rules(kRules)};
};

TEST_F(ShardTest, FirstAlertOpensAnIncidentWithItsPriority) {
  const auto effects = t.send(0s, {disk_full()});
  ASSERT_THAT(effects, SizeIs(1));
  EXPECT_EQ(effects[0]->change, IncidentChange::opened);
  EXPECT_EQ(effects[0]->revision, Revision{1});
  EXPECT_EQ(effects[0]->priority, Priority::p3);
  EXPECT_THAT(topics(effects[0]), ElementsAre("incidents.queue"));
  EXPECT_EQ(effects[0]->name, (EffectName{Position{1}, 0}));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("status":"open")"));
}

TEST_F(ShardTest, ARepeatTellsNothingAndIsCounted) {
  t.send(0s, {disk_full()});
  EXPECT_THAT(t.send(60s, {disk_full()}), IsEmpty());
  EXPECT_EQ(t.counts().alerts_repeated, 1U);
  EXPECT_EQ(t.counts().incidents_open, 1U);
}

TEST_F(ShardTest, EndsFiveMinutesAfterTheLastRepeatWhenTheSourceSaidNoEnd) {
  t.send(0s, {disk_full()});
  t.send(2min, {disk_full()});
  EXPECT_THAT(t.pass(7min - 1ns), IsEmpty());
  EXPECT_THAT(changes(t.pass(7min)), ElementsAre("resolved"));
  EXPECT_EQ(t.counts().alerts_expired, 1U);
  EXPECT_EQ(t.counts().alerts_firing, 0U);
}

TEST_F(ShardTest, EndsWhenTheSourceSaidItWould) {
  t.send(0s, {with_end(disk_full(), kStart + 90s)});
  EXPECT_THAT(t.pass(90s - 1ns), IsEmpty());
  EXPECT_THAT(changes(t.pass(90s)), ElementsAre("resolved"));
}

TEST_F(ShardTest, ARepeatMovesTheStatedEndEitherWay) {
  t.send(0s, {with_end(disk_full(), kStart + 4min)});
  t.send(60s, {with_end(disk_full(), kStart + 2min)});  // shorter
  EXPECT_THAT(changes(t.pass(2min)), ElementsAre("resolved"));
  t.send(3min, {with_end(disk_full(), kStart + 4min)});  // fires again …
  t.send(210s, {with_end(disk_full(), kStart + 6min)});  // … and longer
  EXPECT_THAT(t.pass(5min), IsEmpty());
  EXPECT_THAT(changes(t.pass(6min)), ElementsAre("resolved"));
}

TEST_F(ShardTest, AnEndInThePastResolves) {
  t.send(0s, {disk_full()});
  const auto effects = t.send(30s, {with_end(disk_full(), kStart + 30s)});
  EXPECT_THAT(changes(effects), ElementsAre("resolved"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("time_to_resolve_s":30)"));
}

TEST_F(ShardTest, ClosesTenMinutesAfterItResolvedAndNotBefore) {
  t.send(0s, {disk_full()});
  t.send(1min, {with_end(disk_full(), kStart + 1min)});
  EXPECT_THAT(t.pass(11min), IsEmpty());
  EXPECT_THAT(changes(t.pass(11min + 1ns)), ElementsAre("closed"));
  EXPECT_EQ(t.counts().alerts_known, 0U) << "members are let go with their incident";
}

TEST_F(ShardTest, AFiringWithinTheWindowReopensTheSameIncident) {
  const auto opened = t.send(0s, {disk_full()});
  t.send(1min, {with_end(disk_full(), kStart + 1min)});
  Said again = disk_full();
  again.starts_at = kStart + 11min;
  const auto effects = t.send(11min, {again});  // exactly at the bound, which is inclusive
  EXPECT_THAT(changes(effects), ElementsAre("reopened"));
  EXPECT_EQ(effects[0]->incident, opened[0]->incident);
  EXPECT_EQ(effects[0]->revision, Revision{3});
}

TEST_F(ShardTest, AFiringAfterTheWindowOpensAnother) {
  const auto opened = t.send(0s, {disk_full()});
  t.send(1min, {with_end(disk_full(), kStart + 1min)});
  Said again = disk_full();
  again.starts_at = kStart + 12min;
  const auto effects = t.send(12min, {again});
  EXPECT_THAT(changes(effects), ElementsAre("closed", "opened"));
  EXPECT_NE(effects[1]->incident, opened[0]->incident);
  EXPECT_EQ(effects[1]->revision, Revision{1});
}

TEST_F(ShardTest, AlertsOfOneServiceShareAnIncidentWhichTakesTheHighestRank) {
  t.send(0s, {disk_full("warning")});
  const auto raised = t.send(5s, {{{{"alertname", "DbDown"}, {"service", "ledger"}, {"severity", "critical"}}, {}}});
  ASSERT_THAT(changes(raised), ElementsAre("updated"));
  EXPECT_EQ(raised[0]->priority, Priority::p2);
  EXPECT_THAT(topics(raised[0]), ElementsAre("incidents.queue", "incidents.page")) << "audiences are only added";
  EXPECT_THAT(raised[0]->value, HasSubstr("priority P4 to P2, severity warning to critical, DbDown joined"));
}

TEST_F(ShardTest, ABodyMakesOneRevisionOfAnIncident) {
  std::vector<Said> storm;
  for (int i = 0; i < 50; ++i) {
    storm.push_back(
        {{{"alertname", "PodCrash"}, {"pod", "p" + std::to_string(i)}, {"service", "ledger"}, {"severity", "error"}},
         {}});
  }
  const auto effects = t.send(0s, storm);
  ASSERT_THAT(changes(effects), ElementsAre("opened"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("alert_count":50,"active_alert_count":50)"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("alerts_truncated":30)"));
}

TEST_F(ShardTest, OpeningAndCloseInOneBodyAreBothTold) {
  Said pod = disk_full();
  const auto effects = t.send(10s, {pod, with_end(pod, kStart + 10s)});
  EXPECT_THAT(changes(effects), ElementsAre("opened", "resolved"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("status":"open")"));
  EXPECT_THAT(effects[1]->value, HasSubstr(R"("status":"resolved")"));
}

TEST_F(ShardTest, AnOlderFiringDoesNotReopen) {
  Said firing = disk_full();
  firing.starts_at = kStart + 1s;
  t.send(2s, {firing});
  t.send(60s, {with_end(firing, kStart + 60s)});
  Said late = firing;  // the same firing, delivered again by a slow path
  EXPECT_THAT(t.send(61s, {late}), IsEmpty());
  EXPECT_EQ(t.counts().alerts_stale, 1U);
}

/// A body of one firing alert whose times are those of some clock, after the word "generic".
void send_by_clock(TestShard& t, Duration at, Instant starts, Instant ends, bool starts_locally, bool ends_locally) {
  AlertBatch batch;
  Said said{{{"alertname", "Backup"}, {"severity", "error"}}, {}, starts, ends, AlertStatus::firing};
  fill(batch, {said}, t.key, "generic");
  batch.alerts[0].starts_locally = starts_locally;
  batch.alerts[0].ends_locally = ends_locally;
  Input input;
  input.kind = InputKind::alerts;
  input.batch = &batch;
  t.apply(at, input);
}

TEST(TimesWithoutAZone, AreByTheClockOfTheirSource) {
  // kStart lies in summer: Warsaw is two hours ahead of UTC, Kolkata five and a half.
  const std::string rules = "tocsin: 1\nruleset: own\ncorrelate: [{id: all, kind: group, by: []}]\n";
  const auto began = [&](const std::string& zones, bool is_local) {
    TestShard t{load_rules(rules + zones)};
    send_by_clock(t, 1h, kStart + 2h, kUnset, is_local, false);
    t.cut();
    const auto& conditions = t.shard.state().conditions();
    return conditions[conditions.in_order().front()].starts_at - kStart;
  };
  EXPECT_EQ(began("", true), 2h) << "UTC";
  EXPECT_EQ(began("defaults: {tz: Europe/Warsaw}\n", true), 0h);
  EXPECT_EQ(began("defaults: {tz: {generic: Europe/Warsaw, default: Asia/Kolkata}}\n", true), 0h);
  EXPECT_EQ(began("defaults: {tz: {other: Europe/Warsaw, default: Asia/Kolkata}}\n", true), -3h - 30min);
  EXPECT_EQ(began("defaults: {tz: Europe/Warsaw}\n", false), 2h) << "a time that names its zone stays";
}

TEST(TimesWithoutAZone, AreMendedLikeOthersOnceTheyArePlaced) {
  TestShard t{load_rules(
      "tocsin: 1\nruleset: own\ndefaults: {tz: Europe/Warsaw}\ncorrelate: [{id: all, kind: group, by: []}]\n")};
  // The end is of nine in UTC, and before the start of ten by Warsaw's clock once that is eight: no mending is due.
  send_by_clock(t, 1h, kStart + 2h, kStart + 30min, true, false);
  const auto& conditions = t.shard.state().conditions();
  EXPECT_TRUE(conditions[conditions.in_order().front()].mended.is_empty());
  send_by_clock(t, 2h, kStart + 4h, kStart + 30min, true, false);
  EXPECT_EQ(conditions[conditions.in_order().front()].mended.has(Mending::time), false)
      << "a repeat: content is the same";
  TestShard other{load_rules("tocsin: 1\nruleset: own\ncorrelate: [{id: all, kind: group, by: []}]\n")};
  send_by_clock(other, 3h, kStart + 2h, kStart + 30min, true, false);
  const auto& known = other.shard.state().conditions();
  EXPECT_TRUE(known[known.in_order().front()].mended.has(Mending::time)) << "by UTC the end is before the start";
}

TEST_F(ShardTest, WhatBecameOfABodyIsTheSumOfItsAlerts) {
  Said firing = disk_full();
  firing.starts_at = kStart + 1s;
  Said other = firing;
  other.labels[0].second = "PodCrash";
  Said unheard = firing;
  unheard.labels[0].second = "NeverFired";
  const auto heard = [this](Heard kind) { return t.shard.heard()[kind]; };
  t.send(2s, {firing, firing, other});
  EXPECT_EQ(heard(Heard::opened), 2U);
  EXPECT_EQ(heard(Heard::repeat), 1U);
  t.send(60s, {with_end(firing, kStart + 60s), with_end(firing, kStart + 60s), with_end(unheard, kStart + 9s),
               with_end(other, kStart)});
  EXPECT_EQ(heard(Heard::closed), 1U);
  EXPECT_EQ(heard(Heard::close_again), 1U);
  EXPECT_EQ(heard(Heard::unheard_of), 1U);
  EXPECT_EQ(heard(Heard::earlier_life), 1U) << "it ended before what fires began";
  EXPECT_EQ(heard(Heard::opened), 0U) << "each body anew";
  t.send(61s, {firing, other});
  EXPECT_EQ(heard(Heard::late), 1U);
  EXPECT_EQ(heard(Heard::repeat), 1U);
  t.pass(62s);
  EXPECT_EQ(t.shard.heard(), HeardCounts{});
}

TEST_F(ShardTest, ACloseThatOvertookItsOpeningKeepsItFromOpening) {
  Said firing = disk_full();
  firing.starts_at = kStart + 1s;
  EXPECT_THAT(t.send(10s, {with_end(firing, kStart + 9s)}), IsEmpty());
  EXPECT_THAT(t.send(11s, {firing}), IsEmpty());
  EXPECT_EQ(t.counts().alerts_stale, 2U);
  EXPECT_EQ(t.counts().incidents_opened, 0U);
}

TEST_F(ShardTest, ASourceWhoseClockRunsAheadStillCloses) {
  Said firing = disk_full();
  firing.starts_at = kStart + 1h;
  t.send(0s, {firing});
  EXPECT_THAT(changes(t.send(60s, {with_end(disk_full(), kStart + 60s)})), ElementsAre("resolved"));
}

TEST_F(ShardTest, ASourceThatCouldNotReachUsWhileWeWereDownGetsItsExpiryAgain) {
  t.send(0s, {disk_full()});
  EXPECT_THAT(t.restart(1h), IsEmpty());
  EXPECT_THAT(t.pass(1h + 5min - 1ns), IsEmpty());
  EXPECT_THAT(changes(t.pass(1h + 5min)), ElementsAre("resolved"));
}

TEST_F(ShardTest, WhatNoGroupTakesOpensNothing) {
  EXPECT_THAT(t.send(0s, {disk_full("info")}), IsEmpty());
  EXPECT_EQ(t.counts().alerts_opened, 1U);
  EXPECT_EQ(t.counts().incidents_opened, 0U);
}

TEST_F(ShardTest, AnIdleGroupTakesNoMore) {
  const auto first = t.send(0s, {with_end(disk_full(), kStart + 1min)});
  t.pass(1min);
  Said other{{{"alertname", "DbSlow"}, {"service", "ledger"}, {"severity", "error"}}, {}};
  const auto second = t.send(10min + 1ns, {other});
  ASSERT_THAT(changes(second), ElementsAre("opened"));
  EXPECT_NE(second[0]->incident, first[0]->incident);
}

TEST_F(ShardTest, TheWindowsBoundIsInclusive) {
  t.send(0s, {with_end(disk_full(), kStart + 1min)});
  t.pass(1min);
  EXPECT_THAT(changes(t.send(10min, {{{{"alertname", "DbSlow"}, {"service", "ledger"}, {"severity", "error"}}, {}}})),
              ElementsAre("reopened"));
}

TEST_F(ShardTest, RefusedAlertsOfABodyMakeOneDeadLetter) {
  AlertBatch batch;
  fill(batch, {disk_full()}, t.key);
  batch.refused.push_back({Error{Refusal::bad_label_name, "no", 1, "/1/labels/1bad"}});
  batch.refused.push_back({Error{Refusal::bad_time, "no", 2, "/2/startsAt"}});
  Input input;
  input.kind = InputKind::alerts;
  input.batch = &batch;
  input.bytes = "[{},{},{}]";
  const auto effects = t.apply(0s, input);
  ASSERT_THAT(effects, SizeIs(2));
  EXPECT_EQ(effects[1]->kind, EffectKind::dead_letter);
  EXPECT_THAT(effects[1]->value, HasSubstr(R"("refused_count":2)"));
  EXPECT_THAT(effects[1]->value, HasSubstr(R"("pointer":"/1/labels/1bad")"));
  EXPECT_THAT(effects[1]->value, HasSubstr(R"("body":"[{},{},{}]")"));
  EXPECT_EQ(t.counts().alerts_refused, 2U);
}

TEST_F(ShardTest, ADeadLetterThatIsNotUtf8IsKeptAsBase64) {
  const Error error{Refusal::invalid_utf8, "not UTF-8", -1, ""};
  Input input;
  input.kind = InputKind::refused_body;
  input.error = &error;
  input.source = "alertmanager";
  input.bytes = "\xff\xfe";
  const auto effects = t.apply(0s, input);
  ASSERT_THAT(effects, SizeIs(1));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("body_base64":"//4=")"));
}

TEST_F(ShardTest, CountsAddUp) {
  t.send(0s, {disk_full(), disk_full("critical")});
  t.send(1s, {disk_full()});
  t.send(2s, {with_end(disk_full(), kStart + 2s)});
  t.send(3s, {disk_full("critical"), with_end({{{"alertname", "Never"}}, {}}, kStart + 1s)});
  const ShardCounts& c = t.counts();
  EXPECT_EQ(c.alerts_taken,
            c.alerts_repeated + c.alerts_updated + c.alerts_opened + c.alerts_resolved + c.alerts_stale);
  EXPECT_EQ(c.alerts_taken, 6U);
}

TEST(OperatorsKey, SeveralLabelSetsAreOneCondition) {
  TestShard t{load_rules(
      std::string(kRules).replace(std::string_view(kRules).find("dedup: {"), 8, "dedup: {key: [service, name], "))};
  t.send(0s, {disk_full("warning")});
  const auto raised = t.send(10s, {disk_full("critical")});
  ASSERT_THAT(changes(raised), ElementsAre("updated"));
  EXPECT_EQ(raised[0]->priority, Priority::p2);
  EXPECT_THAT(raised[0]->value, HasSubstr(R"("alert_count":1)"));
  EXPECT_EQ(t.counts().alerts_updated, 1U);
  t.send(20s, {disk_full("critical")});
  EXPECT_EQ(t.counts().alerts_repeated, 1U);
  EXPECT_THAT(t.send(30s, {disk_full("warning")}), IsEmpty()) << "the warning fires on, and the critical one higher";
  EXPECT_EQ(t.counts().alerts_repeated, 2U);
  const auto lowered = t.send(40s, {with_end(disk_full("critical"), kStart + 40s)});
  ASSERT_THAT(changes(lowered), ElementsAre("updated"));
  EXPECT_EQ(lowered[0]->priority, Priority::p4) << "the highest severity that fires";
  EXPECT_THAT(changes(t.send(50s, {with_end(disk_full("warning"), kStart + 50s)})), ElementsAre("resolved"));
}

/// The same as a mapped source says it.
std::vector<EffectPtr> send_mapped(TestShard& t, Duration at, const std::vector<Said>& said) {
  AlertBatch batch;
  fill(batch, said, t.key, "generic");
  Input input;
  input.kind = InputKind::alerts;
  input.batch = &batch;
  return t.apply(at, input);
}

TEST(OperatorsKey, ACloseThatSaysLessLeavesTheAlertAsItWas) {
  TestShard t{load_rules(
      std::string(kRules).replace(std::string_view(kRules).find("dedup: {"), 8, "dedup: {key: [service, name], "))};
  Said opening = disk_full("critical");
  opening.labels.insert(opening.labels.begin() + 1, {"host", "db1"});
  opening.annotations = {{"summary", "the disk is full"}};
  send_mapped(t, 0s, {opening});
  Said close{{{"alertname", "DiskFull"}, {"service", "ledger"}}, {}};
  close.status = AlertStatus::resolved;
  const auto effects = send_mapped(t, 10s, {close});
  ASSERT_THAT(changes(effects), ElementsAre("resolved"));
  EXPECT_EQ(effects[0]->priority, Priority::p2);
  EXPECT_THAT(topics(effects[0]), ElementsAre("incidents.page")) << "nobody hears of it for the first time now";
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("severity":"critical")"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("title":"the disk is full")"));
}

TEST(OperatorsKey, ACloseOfALabelSetThatNeverFiredEndsNothing) {
  TestShard t{load_rules(
      std::string(kRules).replace(std::string_view(kRules).find("dedup: {"), 8, "dedup: {key: [service, name], "))};
  t.send(0s, {disk_full("critical")});
  EXPECT_THAT(t.send(10s, {with_end({{{"alertname", "DiskFull"}, {"service", "ledger"}}, {}}, kStart + 10s)}),
              IsEmpty());
  EXPECT_EQ(t.counts().alerts_stale, 1U);
}

/// An input as of a machine whose clock was set back by `behind` while the engine's time goes on.
std::vector<EffectPtr> send_while_behind(TestShard& t, Duration at, Duration behind, Said said) {
  AlertBatch batch;
  fill(batch, {std::move(said)}, t.key);
  Input input;
  input.kind = InputKind::alerts;
  input.batch = &batch;
  input.wall = kStart + at - behind;
  return t.apply(at, input);
}

TEST_F(ShardTest, AnEndAheadOfTheClockFiresAlsoWhereTheEnginesTimeIsFurther) {
  // The clock was an hour ahead, and is right again: what senders say of now is an hour before the engine's time.
  EXPECT_THAT(changes(send_while_behind(t, 1h, 1h, with_end(disk_full(), kStart + 4min))), ElementsAre("opened"));
  EXPECT_EQ(t.counts().alerts_stale, 0U);
  EXPECT_THAT(t.pass(1h + 4min - 1ns), IsEmpty()) << "the end is four minutes away by the sender's clock";
  EXPECT_THAT(changes(t.pass(1h + 4min)), ElementsAre("resolved"));
}

TEST_F(ShardTest, ACloseOfNowEndsWhatOpenedBeforeTheClockWasSetBack) {
  t.send(1h, {disk_full()});
  EXPECT_THAT(changes(send_while_behind(t, 1h + 1s, 1h, with_end(disk_full(), kStart + 1s))), ElementsAre("resolved"));
}

TEST_F(ShardTest, AClockSetAheadIsNoSilence) {
  t.send(0s, {disk_full()});
  Input set;
  set.kind = InputKind::clock_set;
  EXPECT_THAT(t.apply(1h, set), IsEmpty());
  EXPECT_THAT(t.pass(1h + 5min - 1ns), IsEmpty());
  EXPECT_THAT(changes(t.pass(1h + 5min)), ElementsAre("resolved"));
}

TEST_F(ShardTest, ANameSaysTheLifeOfItsJournalAndAnIncidentIsAnotherInAnother) {
  Input first;
  first.life = {7, 1};
  AlertBatch batch;
  fill(batch, {disk_full()}, t.key);
  first.kind = InputKind::alerts;
  first.batch = &batch;
  const auto told = t.apply(0s, first);
  TestShard other{load_rules(kRules)};
  first.life = {7, 2};
  const auto elsewhere = other.apply(0s, first);
  ASSERT_THAT(told, SizeIs(1));
  ASSERT_THAT(elsewhere, SizeIs(1));
  EXPECT_THAT(told[0]->value, HasSubstr(R"("event_id":"0000000000000007-1-1-0-0")"));
  EXPECT_THAT(elsewhere[0]->value, HasSubstr(R"("event_id":"0000000000000007-2-1-0-0")"));
  EXPECT_NE(told[0]->incident, elsewhere[0]->incident);
}

TEST_F(ShardTest, AfterALossNoRevisionThatMayHaveBeenToldIsUsedAgain) {
  const auto apply = [this](Duration at, JournalLife life, std::vector<Said> said) {
    AlertBatch batch;
    fill(batch, said, t.key);
    Input input;
    input.kind = InputKind::alerts;
    input.life = life;
    input.batch = &batch;
    return t.apply(at, input);
  };
  apply(0s, {7, 1}, {disk_full()});
  // Revisions 2, 3, … of it were told and lost with the end of the journal, which goes on far above.
  t.position += 1 << 20;
  const auto behind = apply(1s, {7, 2}, {with_end(disk_full(), kStart + 1s)});
  ASSERT_THAT(changes(behind), ElementsAre("resolved"));
  EXPECT_EQ(behind[0]->revision.value(), 2 + limits::kRevisionsSkippedByLoss);
  EXPECT_THAT(behind[0]->value, HasSubstr(R"("revision":1048578,)"));
  const auto again = apply(2s, {7, 2}, {disk_full()});
  ASSERT_THAT(changes(again), ElementsAre("reopened"));
  EXPECT_EQ(again[0]->revision.value(), 3 + limits::kRevisionsSkippedByLoss) << "from there on without a gap";
}

TEST_F(ShardTest, WhatAnEarlierVersionToldKeepsItsNumbers) {
  t.send(0s, {disk_full()});  // epoch 0, a journal of the first format
  Input next;
  next.life = {7, 1};
  next.kind = InputKind::started;
  t.apply(1s, next);
  AlertBatch batch;
  fill(batch, {with_end(disk_full(), kStart + 2s)}, t.key);
  next.kind = InputKind::alerts;
  next.batch = &batch;
  const auto told = t.apply(2s, next);
  ASSERT_THAT(changes(told), ElementsAre("resolved"));
  EXPECT_EQ(told[0]->revision.value(), 2 + limits::kRevisionsSkippedByLoss) << "it told more of them";
}

}  // namespace
}  // namespace tocsin
