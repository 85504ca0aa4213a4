#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// `changes` is 3: an alert that ended, fired and ended again flaps.
constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, level: labels.severity}}]
dedup: {resolve: {expire: 30m}, reopen: {within: 10m}, flap: {changes: 3, within: 10m, hold: 5m}}
correlate: [{id: all-firing, kind: group, when: severity >= warning, by: [], window: {idle: 20m, max: 4h}}]
route: [{id: told, topic: x}]
)";

Said alert(const std::string& name, const std::string& severity = "error") {
  return {{{"alertname", name}, {"severity", severity}}, {}};
}

class FlapTest : public testing::Test {
 protected:
  std::vector<std::string> fire(Duration at, Said said = alert("A")) {
    said.starts_at = kStart + at;
    return changes(t.send(at, {said}));
  }
  std::vector<std::string> end(Duration at, Said said = alert("A")) {
    said.ends_at = kStart + at;
    return changes(t.send(at, {said}));
  }
  void flap_by(Duration third) {
    EXPECT_THAT(fire(0s), ElementsAre("opened"));
    EXPECT_THAT(end(1min), ElementsAre("resolved"));
    EXPECT_THAT(fire(2min), ElementsAre("reopened"));
    EXPECT_THAT(end(third), ElementsAre("updated"));
  }
  TestShard t{load_rules(kRules)};
};

TEST_F(FlapTest, BeginsWithTheChangeThatIsOneTooMany) {
  flap_by(3min);
  const std::string& value = t.all.back()->value;
  EXPECT_THAT(value, HasSubstr(R"("change":"1 alert flaps")"));
  EXPECT_THAT(value, HasSubstr(R"("status":"open")"));
  EXPECT_THAT(value, HasSubstr(R"("active_alert_count":1,"flapping_alert_count":1)"));
  EXPECT_THAT(value, HasSubstr(R"("status":"firing","flapping":true)"));
  EXPECT_EQ(t.counts().alerts_firing, 0U) << "the counts are of the true status";
}

TEST_F(FlapTest, CountsChangesUpToTheBoundWhichIsInclusive) { flap_by(11min); }

TEST_F(FlapTest, DoesNotCountChangesThatAreFurtherApart) {
  fire(0s);
  end(1min);
  fire(2min);
  EXPECT_THAT(end(11min + 1ns), ElementsAre("resolved"));
}

TEST_F(FlapTest, MakesNoRevisionAtEachChange) {
  flap_by(3min);
  for (int minute = 4; minute < 60; minute += 2) {
    EXPECT_THAT(fire(std::chrono::minutes{minute}), IsEmpty()) << minute;
    EXPECT_THAT(end(std::chrono::minutes{minute + 1}), IsEmpty()) << minute;
  }
  EXPECT_EQ(t.counts().incidents_open, 1U);
}

TEST_F(FlapTest, AShorterHoldOfOtherRulesEndsItAtItsOwnInstant) {
  flap_by(3min);  // quiet at eight minutes
  std::string other = kRules;
  other.replace(other.find("hold: 5m"), 8, "hold: 1m");
  t.switch_to(3min + 1s, load_rules(other));
  EXPECT_THAT(fire(4min), IsEmpty());
  t.pass(5min - 1ns);
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("flapping_alert_count":1)"));
  t.pass(20min);  // also over the deadline of before
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("flapping_alert_count":0)"));
}

TEST_F(FlapTest, EndsWhenItHasBeenQuietForLongEnoughAndTheCloseIsTold) {
  flap_by(3min);
  fire(4min);
  end(5min);
  EXPECT_THAT(t.pass(10min - 1ns), IsEmpty());
  const auto effects = t.pass(10min);
  ASSERT_THAT(changes(effects), ElementsAre("resolved"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("active_alert_count":0,"flapping_alert_count":0)"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("resolved_at":"2026-09-21T14:23:20.000Z")"));
  EXPECT_THAT(effects[0]->value, Not(HasSubstr("\"flapping\":true")));
  EXPECT_THAT(changes(t.pass(20min + 1ns)), ElementsAre("closed"));
  EXPECT_EQ(t.counts().alerts_known, 0U);
}

TEST_F(FlapTest, ThatEndsFiringGoesOnAsAnyOther) {
  flap_by(3min);
  fire(4min);
  const auto effects = t.pass(9min);
  ASSERT_THAT(changes(effects), ElementsAre("updated"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"1 alert flaps no more")"));
  EXPECT_THAT(end(20min), ElementsAre("resolved"));
}

TEST_F(FlapTest, AChangeAtTheInstantOfItsEndComesAfterIt) {
  flap_by(3min);
  EXPECT_THAT(fire(8min), ElementsAre("resolved", "reopened"));
}

TEST_F(FlapTest, OfOneAlertDoesNotKeepTheOthersFromBeingTold) {
  flap_by(3min);
  EXPECT_THAT(fire(4min, alert("B")), ElementsAre("updated"));
  EXPECT_THAT(end(5min, alert("B")), ElementsAre("updated"));
  EXPECT_THAT(changes(t.pass(8min)), ElementsAre("resolved"));
}

TEST_F(FlapTest, KeepsTheGroupFromBeingIdle) {
  flap_by(3min);
  for (int minute = 4; minute < 30; minute += 2) {
    fire(std::chrono::minutes{minute});
    end(std::chrono::minutes{minute + 1});
  }
  EXPECT_THAT(fire(31min, alert("B")), ElementsAre("updated"));
}

TEST_F(FlapTest, AnExpiryIsAChangeToo) {
  fire(0s);
  EXPECT_THAT(changes(t.pass(30min)), ElementsAre("resolved"));
  EXPECT_THAT(fire(31min), ElementsAre("reopened"));
  EXPECT_THAT(end(32min), ElementsAre("updated"));
}

TEST_F(FlapTest, OutsideOfAnIncidentHoldsNothingBack) {
  for (int minute = 0; minute < 8; minute += 2) {
    fire(std::chrono::minutes{minute}, alert("A", "info"));
    end(std::chrono::minutes{minute + 1}, alert("A", "info"));
  }
  EXPECT_EQ(t.counts().alerts_firing, 0U);
  EXPECT_THAT(t.pass(1h), IsEmpty());
  EXPECT_EQ(t.counts().alerts_known, 0U);
}

TEST_F(FlapTest, OutlivesOtherRulesAndIsHeldBackAsWhatFires) {
  flap_by(3min);
  std::string rules = kRules;
  rules += "suppress: [{id: a-by-b, when: 'name == \"A\"', inhibited_by: 'name == \"B\"'}]\n";
  t.switch_to(4min, load_rules(rules));
  EXPECT_THAT(fire(5min, alert("B")), ElementsAre("updated"));
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("active_alert_count":1,"flapping_alert_count":1)"));
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("suppressed_count":1)"));
  const auto ended = t.pass(8min);
  EXPECT_THAT(changes(ended), ElementsAre("updated"));
  EXPECT_THAT(ended.back()->value, HasSubstr(R"("suppressed_count":0)"));
  EXPECT_THAT(end(9min, alert("B")), ElementsAre("resolved"));
}

TEST_F(FlapTest, ARestoredSourceIsNotMistakenForOneThatStillFires) {
  flap_by(3min);
  t.restart(4min);
  EXPECT_THAT(changes(t.pass(8min)), ElementsAre("resolved"));
}

}  // namespace
}  // namespace tocsin
