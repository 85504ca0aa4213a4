// How long groups hold what would open an incident of them.
#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kRules = R"(
tocsin: 1
ruleset: own
dedup: {resolve: {expire: none}}
normalise:
  - {id: names, set: {service: labels.service, team: labels.team}}
correlate:
  - {id: slow, kind: group, by: [service], hold: 5m, continue: true}
  - {id: page, kind: group, by: [service], continue: true}
  - {id: quick, kind: group, by: [team], hold: 1m}
)";

Said alert(const std::string& service, AlertStatus status = AlertStatus::firing) {
  Said one{{{"alertname", "Down"}, {"service", service}, {"severity", "error"}, {"team", "shop"}}, {}};
  one.status = status;
  return one;
}

/// Rules of the live incidents.
std::vector<std::string> live(const TestShard& t) {
  std::vector<std::string> rules;
  for (const auto& [number, slot] : t.shard.state().incidents().by_number()) {
    const IncidentState& incident = t.shard.state().incidents()[slot];
    if (is_live(incident)) rules.push_back(incident.rule_id);
  }
  return rules;
}

TEST(Hold, OfEachGroupIsItsOwnWhereRulesGoOn) {
  TestShard t{load_rules(kRules)};
  t.send(0s, {alert("cart")});
  EXPECT_THAT(live(t), ElementsAre("page")) << "the group without a hold opens at once";
  t.pass(60s);
  EXPECT_THAT(live(t), ElementsAre("page")) << "the bound is inclusive";
  t.pass(61s);
  EXPECT_THAT(live(t), ElementsAre("page", "quick"));
  t.cut();
  t.pass(5min);
  EXPECT_THAT(live(t), ElementsAre("page", "quick"));
  t.pass(5min + 1s);
  EXPECT_THAT(live(t), ElementsAre("page", "quick", "slow"));
  const auto& state = t.shard.state();
  const Condition& known = state.conditions()[*state.conditions().in_order().begin()];
  EXPECT_EQ(state.incidents()[known.primary.incident].rule_id, "slow") << "that of the first rule is the primary one";
  const auto told = changes(t.all);
  EXPECT_THAT(told, ElementsAre("opened", "opened", "opened")) << "those that had it say nothing new";
  t.send(6min, {alert("cart", AlertStatus::resolved)});
  EXPECT_THAT(live(t), IsEmpty());
}

TEST(Hold, JoinsNothingLaterOfWhatHasEnded) {
  TestShard t{load_rules(kRules)};
  t.send(0s, {alert("cart")});
  t.send(30s, {alert("cart", AlertStatus::resolved)});
  t.pass(10min);
  EXPECT_EQ(t.counts().incidents_opened, 1U);
  t.send(11min, {alert("cart")});
  t.pass(12min + 1s);
  EXPECT_THAT(live(t), UnorderedElementsAre("page", "quick"));
}

TEST(Hold, OfAGroupThatTakesItIntoALiveIncidentIsNone) {
  TestShard t{load_rules(kRules)};
  t.send(0s, {alert("cart")});
  t.pass(2min);
  t.send(2min, {alert("pay")});  // of the same team
  EXPECT_THAT(live(t), ElementsAre("page", "quick", "page"));
  EXPECT_EQ(t.shard.state().incidents()[t.shard.state().incidents().by_number().at(2)].members.active(), 2U);
  t.pass(10min);
  EXPECT_THAT(live(t), ElementsAre("page", "quick", "page", "slow", "slow"));
}

TEST(Hold, IsAskedAgainWhenRulesChangeMeanwhile) {
  TestShard t{load_rules(kRules)};
  t.send(0s, {alert("cart")});
  std::string without = kRules;
  without.replace(without.find(", hold: 5m"), 10, "");
  t.switch_to(10s, load_rules(without));
  t.pass(61s);  // when the next group was due all are looked at by the rules of now
  EXPECT_THAT(live(t), UnorderedElementsAre("page", "quick", "slow"));
}

}  // namespace
}  // namespace tocsin
