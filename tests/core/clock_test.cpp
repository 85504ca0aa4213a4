// What the core makes of a time of day that is behind the instants that order its inputs: the clock was set back.
#include <gmock/gmock.h>

#include "engine/core/telling/query.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// kStart is a Monday, 14:13:20 UTC.
constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, level: labels.severity}}]
dedup: {resolve: {expire: 12h}}
severity: {map: {from: level, critical: critical, default: info}}
priority:
  impact: [{is: high}]
  urgency:
    - {when: received_at - starts_at > duration("30m"), is: low}
    - {hours: {cron: '* 14 * * *'}, is: high}
    - {is: medium}
suppress: [{id: works, when: 'labels.held == "yes"', during: {cron: '0 15 * * *', for: 1h}}]
correlate: [{id: each, kind: group, by: [name]}]
route: [{id: everything, topic: incidents.all}]
)";

class CoreClock : public testing::Test {
 protected:
  std::vector<EffectPtr> send(Duration at, Duration behind, Said said) {
    AlertBatch batch;
    fill(batch, {std::move(said)}, t.key);
    Input input;
    input.kind = InputKind::alerts;
    input.batch = &batch;
    input.wall = kStart + at - behind;
    return t.apply(at, input);
  }
  std::vector<EffectPtr> pass(Duration at, Duration behind) {
    Input input;
    input.wall = kStart + at - behind;
    return t.apply(at, input);
  }
  Duration due() const { return t.shard.next_deadline() - kStart; }
  static Said alert(const std::string& name, const std::string& held = "no") {
    return {{{"alertname", name}, {"held", held}}, {}};
  }

  static constexpr Duration kThree = 46min + 40s;  // 15:00:00
  TestShard t{load_rules(kRules)};
};

TEST_F(CoreClock, AWindowOpensAndShutsByTheTimeOfDay) {
  send(0s, 0s, alert("A", "yes"));
  EXPECT_EQ(due(), kThree);
  EXPECT_THAT(pass(10min, 1h), IsEmpty());
  // 13:23:20 now; 1:36:40 later it is three, and nine tenths of that have passed for the engine.
  const Duration opens = 10min + 5800s * 9 / 10;
  const Duration behind = 1h - 580s;
  EXPECT_THAT(pass(kThree, 1h - 200s), IsEmpty()) << "what was scheduled before the clock was set looks in vain";
  EXPECT_THAT(pass(opens - 1s, behind), IsEmpty());
  EXPECT_EQ(t.counts().alerts_held, 0U);
  EXPECT_LE(due(), opens);
  EXPECT_THAT(pass(opens, behind), SizeIs(1));
  EXPECT_EQ(t.counts().alerts_held, 1U);
  const Duration shuts = opens + 54min;
  EXPECT_LE(due(), shuts);
  EXPECT_THAT(pass(shuts - 1s, behind - 6min), IsEmpty());
  EXPECT_THAT(pass(shuts, behind - 6min), SizeIs(1));
  EXPECT_EQ(t.counts().alerts_held, 0U);
}

TEST_F(CoreClock, ADayThatCatchesUpInBetweenTurnsTheWindowAtItsInstant) {
  send(0s, 1s, alert("A", "yes"));
  EXPECT_EQ(due(), kThree);
  EXPECT_THAT(pass(kThree, 0s), SizeIs(1));
}

TEST_F(CoreClock, AClockThatIsSetBackOutOfAWindowReleasesAndSetAheadHoldsBackAgain) {
  send(0s, 0s, alert("A", "yes"));
  pass(kThree, 0s);
  EXPECT_EQ(t.counts().alerts_held, 1U);
  EXPECT_THAT(pass(kThree + 1min, 30min), SizeIs(1)) << "it is half past two again";
  EXPECT_EQ(t.counts().alerts_held, 0U);
  EXPECT_THAT(pass(kThree + 2min, 0s), SizeIs(1));
  EXPECT_EQ(t.counts().alerts_held, 1U);
  EXPECT_THAT(pass(kThree + 1h - 1s, 0s), IsEmpty());
  EXPECT_THAT(pass(kThree + 1h, 0s), SizeIs(1));
  EXPECT_EQ(t.counts().alerts_held, 0U);
}

TEST_F(CoreClock, AnAlertThatComesMeetsTheWindowOfItsTimeOfDay) {
  EXPECT_THAT(send(kThree, 1h, alert("A", "yes")), SizeIs(1)) << "it is two o'clock";
  send(kThree + 2h, 1h, alert("B", "yes"));
  EXPECT_EQ(t.counts().alerts_held, 0U) << "it is four";
  send(kThree + 2h, 90min, alert("C", "yes"));
  EXPECT_EQ(t.counts().alerts_held, 3U) << "it is half past three";
}

TEST_F(CoreClock, WhatIsReleasedIsLookedAtByTheTimeOfDay) {
  EXPECT_THAT(send(kThree, 0s, alert("A", "yes")), IsEmpty());
  const auto released = pass(kThree + 1min, 30min);
  ASSERT_THAT(changes(released), ElementsAre("opened"));
  EXPECT_EQ(released[0]->priority, Priority::p1) << "14:31";
}

TEST_F(CoreClock, HoursAreThoseOfTheTimeOfDay) {
  EXPECT_EQ(send(0s, 0s, alert("A"))[0]->priority, Priority::p1) << "14:13";
  EXPECT_EQ(send(10min, 1h, alert("B"))[0]->priority, Priority::p2) << "13:23";
  EXPECT_EQ(send(1h, 1h - 5min, alert("C"))[0]->priority, Priority::p1) << "14:18";
}

TEST_F(CoreClock, RulesCompareTheSendersTimeWithTheTimeOfDay) {
  Said said = alert("A");
  said.starts_at = kStart - 50min;
  EXPECT_EQ(send(0s, 1h, said)[0]->priority, Priority::p2) << "it began ten minutes ahead, not fifty minutes ago";
}

TEST_F(CoreClock, RecordsAreStampedWithTheTimeOfDay) {
  const auto effects = send(0s, 2h, alert("A"));
  ASSERT_THAT(effects, SizeIs(1));
  EXPECT_EQ(effects[0]->at, kStart - 2h) << "brokers refuse stamps that are far ahead of their clock";
}

TEST_F(CoreClock, AnEndBeyondAllTimeDoesNotComeRoundToThePast) {
  Said said = alert("A");
  said.ends_at = kNever - 1s;
  EXPECT_THAT(changes(send(0s, 1h, said)), ElementsAre("opened"));
  EXPECT_THAT(pass(24h, 0s), IsEmpty());
  EXPECT_EQ(t.counts().alerts_firing, 1U);
}

}  // namespace
}  // namespace tocsin
