// Storms against a model that counts everything anew at each question, their account, and what they survive.
#include <set>

#include <gmock/gmock.h>

#include "engine/core/storm/storm_words.h"
#include "tests/core/slow_storm.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % bound;
  }

 private:
  std::uint64_t state_;
};

/// Each alert is a group of its own.
std::string rules_with(const std::string& storm) {
  return "tocsin: 1\nruleset: builtin\n" + storm +
         "\ndedup: {key: [labels.n], resolve: {expire: none}, reopen: {within: 0s}}\n"
         "normalise: [{id: team, set: {team: labels.team}}, {id: name, set: {name: labels.alertname}}]\n"
         "severity: {map: {from: labels.severity, critical: critical, default: warning}}\n"
         "priority: {impact: [{is: low}], urgency: [{is: low}], matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], "
         "low: "
         "[P3, P4, P5]}}\n"
         "correlate: [{id: each, kind: group, by: [labels.n]}]\n"
         "route: [{id: all, topic: incidents.all}]\n";
}

Said alert(const std::string& n, const std::string& team = "a", const std::string& severity = "warning") {
  return {{{"alertname", "Down"}, {"n", n}, {"severity", severity}, {"team", team}}, {}};
}

Said closed(const std::string& n, Duration at, const std::string& team = "a", const std::string& severity = "warning") {
  Said said = alert(n, team, severity);
  said.ends_at = kStart + at;
  return said;
}

/// `n` of them fire, and whether they are folded, by `labels.n`.
std::map<std::string, bool> folded(const TestShard& shard) {
  std::map<std::string, bool> all;
  const ShardState& state = shard.shard.state();
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& condition = state.conditions()[slot];
    if (!condition.firing || condition.depth > 0) continue;
    EXPECT_TRUE(condition.primary) << "nothing that fires is in no incident";
    if (!condition.primary) continue;
    const IncidentState& incident = state.incidents()[condition.primary.incident];
    all[std::string{condition.texts.label_value("n")}] = incident.rule_id == rules::kStormRule;
  }
  return all;
}

void expect_as_slowly(const TestShard& shard, const SlowStorm& slow) {
  std::map<std::string, bool> expected;
  for (const auto& [name, alert] : slow.alerts()) {
    if (alert.fires) expected[name] = alert.folded;
  }
  ASSERT_EQ(folded(shard), expected);
  // Those that last, and those that are over, by scope.
  std::map<std::string, std::vector<std::pair<Instant, Instant>>> found;
  for (const StormBook::Past& past : shard.shard.state().storms().past())
    found[past.words].push_back({past.storm.began_at, past.storm.ended_at});
  shard.shard.state().storms().for_each_on([&](const StormBook::Scope& scope, const Storm& storm) {
    found[scope.words].push_back({storm.began_at, kUnset});
  });
  std::map<std::string, std::vector<std::pair<Instant, Instant>>> told;
  for (const auto& [scope, lives] : slow.storms()) {
    for (const SlowStorm::Life& life : lives)
      told["team=" + scope].push_back({life.began, life.ended.value_or(kUnset)});
  }
  ASSERT_EQ(found, told);
}

class StormSimulation : public testing::TestWithParam<std::uint64_t> {};

/// Bursts, lulls and hours of silence over two scopes.
TEST_P(StormSimulation, IsWhatASlowModelSays) {
  const std::uint64_t seed = GetParam();
  Draw draw(seed);
  const std::uint64_t at_least = 4 + draw.below(5);
  const std::uint64_t factor = 1 + draw.below(4);
  const std::uint64_t calm = 20 + draw.below(3) * 35;
  const auto policy = "storm: {after: 0s, at_least: " + std::to_string(at_least) +
                      ", factor: " + std::to_string(factor) + ", calm: " + std::to_string(calm) + "s, by: [team]}";
  SlowStorm slow({static_cast<std::int64_t>(at_least), static_cast<std::int64_t>(factor), std::chrono::seconds(calm)});
  TestShard shard(load_rules(rules_with(policy)));
  shard.checks = seed % 4 == 0;
  Duration at{};
  std::uint64_t number = 0;
  std::vector<std::pair<std::string, std::string>> firing;  // name, team
  std::map<std::string, std::set<std::string>> said;        // as which severities: each is a voice
  constexpr std::array<std::uint64_t, 5> kGaps{1, 4, 15, 60, 300};
  for (int burst = 0; burst < 14; ++burst) {
    const std::uint64_t gap = kGaps[draw.below(kGaps.size())];
    const std::uint64_t teams = 1 + draw.below(2);
    const std::uint64_t steps = 5 + draw.below(25);
    for (std::uint64_t step = 0; step < steps; ++step) {
      at += std::chrono::seconds(draw.below(2 * gap + 1));
      if (draw.below(3) == 0) at += std::chrono::milliseconds(draw.below(2000));
      const Instant now = kStart + at;
      const std::uint64_t what = draw.below(10);
      if (what < 7 || firing.empty()) {
        const std::string name = "n" + std::to_string(++number);
        const std::string team = draw.below(teams) == 0 ? "a" : "b";
        const bool severe = draw.below(8) == 0;
        shard.send(at, {alert(name, team, severe ? "critical" : "warning")});
        slow.open(name, team, severe, now);
        firing.emplace_back(name, team);
        said[name].insert(severe ? "critical" : "warning");
      } else if (what < 9) {
        const std::size_t which = draw.below(firing.size());
        const auto [name, team] = firing[which];
        std::vector<Said> closes;
        for (const std::string& severity : said[name]) closes.push_back(closed(name, at, team, severity));
        shard.send(at, closes);
        slow.close(name, now);
        firing.erase(firing.begin() + static_cast<std::ptrdiff_t>(which));
      } else {
        const auto& [name, team] = firing[draw.below(firing.size())];
        shard.send(at, {alert(name, team, "critical")});
        said[name].insert("critical");
        slow.become_severe(name, now);
      }
      expect_as_slowly(shard, slow);
      if (testing::Test::HasFatalFailure()) return;
      if (draw.below(20) == 0) shard.cut();
    }
    if (draw.below(3) == 0) at += std::chrono::minutes(draw.below(150));
    shard.pass(at);
    slow.pass(kStart + at);
    expect_as_slowly(shard, slow);
    if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
  }
  shard.shard.check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, StormSimulation, testing::Range(std::uint64_t{1}, std::uint64_t{61}));

std::vector<const Storm*> past(const TestShard& shard) {
  std::vector<const Storm*> all;
  for (const StormBook::Past& one : shard.shard.state().storms().past()) all.push_back(&one.storm);
  return all;
}

TEST(Storm, WhatFiresWhenAnEngineBeginsIsNone) {
  TestShard shard(load_rules(rules_with("storm: {}")));
  shard.checks = false;
  const auto send = [&shard](Duration at, const std::string& name, std::size_t count) {
    std::vector<Said> said;
    for (std::size_t i = 0; i < count; ++i) said.push_back(alert(name + std::to_string(i), "a", "warning"));
    shard.send(at, said);
  };
  send(0s, "gathered", 3000);
  send(10min - 1s, "still", 1200);
  EXPECT_EQ(shard.shard.state().storms().begun(), 0U);
  EXPECT_EQ(shard.counts().incidents_open, 4200U) << "each is seen";
  // That minute was no usual one, though it was no storm's.
  send(10min, "late", 1);
  EXPECT_EQ(shard.shard.state().storms().begun(), 1U) << "1,201 in a minute";
  EXPECT_EQ(shard.shard.state().storms().past().size(), 0U);
  shard.shard.check();
}

/// What the storm that lasts in team a takes for usual.
const Storm& lasting(TestShard& shard) {
  const Storm* found = nullptr;
  shard.shard.state().storms().for_each_on([&](const StormBook::Scope&, const Storm& storm) { found = &storm; });
  TOCSIN_CHECK(found != nullptr, "a storm lasts");
  return *found;
}

TEST(Storm, TheMinuteBeforeAStormIsNotUsual) {
  // Most of the storm comes in the minute before it, the fourth; three were learned.
  TestShard shard(load_rules(rules_with("storm: {after: 0s, at_least: 6, factor: 1, calm: 1m}")));
  const Duration minute = 1min - Duration{to_unix_ns(kStart) % Duration{1min}.count()};  // the next one of the clock
  int number = 0;
  const auto one = [&](Duration at, int count) {
    for (int i = 0; i < count; ++i) shard.send(at, {alert("n" + std::to_string(++number), "a", "warning")});
  };
  for (int i = 0; i < 3; ++i) one(minute + std::chrono::minutes(i), 1);
  one(minute + 3min + 50s, 4);
  one(minute + 4min, 2);
  ASSERT_EQ(shard.counts().storms_on, 1U);
  EXPECT_EQ(lasting(shard).usual_minutes, 3U);
  EXPECT_EQ(lasting(shard).usual, 1U);
  shard.pass(minute + 7min);
  ASSERT_EQ(shard.counts().storms_on, 0U);
  one(minute + 7min + 30s, 6);
  ASSERT_EQ(shard.counts().storms_on, 1U);
  EXPECT_EQ(lasting(shard).usual_minutes, 3U) << "neither the minute before, nor any of it";
  shard.cut();
}

TEST(Storm, WhatIsUsualIsWhatHalfOfTheMinutesDoNotExceed) {
  TestShard shard(load_rules(rules_with("storm: {after: 10m, at_least: 2, factor: 3, calm: 1m}")));
  const Duration minute = 1min - Duration{to_unix_ns(kStart) % Duration{1min}.count()};
  int number = 0;
  const auto one = [&](Duration at, int count) {
    for (int i = 0; i < count; ++i) shard.send(at, {alert("n" + std::to_string(++number), "a", "warning")});
  };
  // Nothing in the five minutes after these: of eleven the sixth is a 2.
  const std::array<int, 6> counts{90, 2, 2, 4, 4, 90};
  for (std::size_t i = 0; i < counts.size(); ++i) one(minute + std::chrono::minutes(i), counts[i]);
  one(minute + 12min, 5);
  EXPECT_EQ(shard.counts().storms_begun, 0U);
  one(minute + 12min, 1);
  ASSERT_EQ(shard.counts().storms_on, 1U) << "three times two";
  EXPECT_EQ(lasting(shard).usual, 2U);
  EXPECT_EQ(lasting(shard).usual_minutes, 11U);
  shard.cut();
}

TEST(Storm, AHundredThousandAlertsAddUp) {
  TestShard shard(load_rules(rules_with("storm: {after: 0s}")));
  shard.checks = false;
  constexpr std::size_t kAlerts = 100'000;
  for (std::size_t i = 0; i < kAlerts; i += 1000) {
    std::vector<Said> said;
    for (std::size_t k = i; k < i + 1000; ++k)
      said.push_back(alert("n" + std::to_string(k), "a", k % 10'000 == 5'000 ? "critical" : "warning"));
    shard.send(Duration{std::chrono::milliseconds(600) * static_cast<std::int64_t>(i / 1000)}, said);
  }
  shard.shard.check();
  // All but 100 end while it lasts.
  for (std::size_t i = 0; i < kAlerts - 100; i += 1000) {
    std::vector<Said> said;
    for (std::size_t k = i; k < std::min(i + 1000, kAlerts - 100); ++k) {
      said.push_back(closed("n" + std::to_string(k), 2min, "a", k % 10'000 == 5'000 ? "critical" : "warning"));
    }
    shard.send(2min + Duration{std::chrono::milliseconds(600) * static_cast<std::int64_t>(i / 1000)}, said);
  }
  shard.shard.check();
  shard.pass(10min);
  shard.shard.check();
  ASSERT_EQ(past(shard).size(), 1U);
  const StormAccount& account = past(shard).front()->account;
  EXPECT_EQ(account.opened, kAlerts - 999) << "from the one that made it a storm on";
  EXPECT_EQ(account.incidents, 10U) << "critical ones open on their own";
  EXPECT_EQ(account.folded, kAlerts - 999 - 10);
  EXPECT_EQ(account.left_by(StormExit::released), 100U);
  EXPECT_EQ(account.left_by(StormExit::ended), account.folded - 100);
  EXPECT_EQ(account.incidents_after, 100U) << "what fires still opens on its own";
  EXPECT_EQ(account.lost(0), 0U);
  EXPECT_EQ(shard.counts().alerts_firing, 100U);
  EXPECT_EQ(shard.counts().incidents_open, 100U);
  EXPECT_LT(shard.all.size(), 999U * 3 + 10 * 3 + 100 + 40) << "of the storm's incident there are few revisions";
  const auto told = std::ranges::find_if(shard.all, [](const EffectPtr& one) {
    return one->change == IncidentChange::closed && one->value.find("Storm over") != std::string::npos;
  });
  ASSERT_NE(told, shard.all.end());
  EXPECT_THAT((*told)->value, HasSubstr("Storm over: 99,001 alerts → 110 incidents, 0 transitions lost"));
  EXPECT_EQ(topics(*told), std::vector<std::string>{"incidents.all"}) << "the close reaches those who were told";
}

const std::string kSmall = "storm: {after: 0s, at_least: 5, factor: 1, calm: 1m}";

void burst(TestShard& shard, Duration at, int from, int to) {
  for (int i = from; i < to; ++i) shard.send(at, {alert("n" + std::to_string(i))});
}

TEST(Storm, ASilenceOfTheStormFoldsAllTheSame) {
  TestShard shard(load_rules(rules_with(kSmall)));
  Command silence;
  silence.kind = CommandKind::silence;
  silence.by = "ana";
  silence.matchers = {R"(alertname="tocsin:storm")"};
  silence.span = 1h;
  shard.command(0s, silence);
  burst(shard, 1s, 0, 8);
  EXPECT_EQ(std::ranges::count_if(folded(shard), [](const auto& one) { return one.second; }), 4);
  EXPECT_EQ(shard.counts().incidents_open, 5U) << "four of before, and that of the storm";
  shard.cut();
  shard.pass(10min);
  EXPECT_EQ(shard.counts().incidents_open, 8U);
  ASSERT_EQ(past(shard).size(), 1U);
  EXPECT_EQ(past(shard).front()->account.left_by(StormExit::released), 4U);
}

TEST(Storm, TheLastThatIsFoldedLeavesASilencedStorm) {
  TestShard shard(load_rules(rules_with(kSmall)));
  Command silence;
  silence.kind = CommandKind::silence;
  silence.by = "ana";
  silence.matchers = {R"(alertname="tocsin:storm")"};
  silence.span = 1h;
  shard.command(0s, silence);
  burst(shard, 1s, 0, 5);
  shard.send(2s, {alert("n4", "a", "critical")});
  EXPECT_FALSE(folded(shard)["n4"]);
  EXPECT_EQ(shard.counts().incidents_open, 5U);
  burst(shard, 3s, 5, 6);
  shard.pass(10min);
  ASSERT_EQ(past(shard).size(), 1U);
  EXPECT_EQ(past(shard).front()->account.left_by(StormExit::risen), 1U);
  EXPECT_EQ(shard.counts().incidents_open, 6U);
}

TEST(Storm, WhatASilenceHoldsBackIsCountedOnce) {
  TestShard shard(load_rules(rules_with(kSmall)));
  burst(shard, 1s, 0, 8);
  Command silence;
  silence.kind = CommandKind::silence;
  silence.silence = "s";
  silence.by = "ana";
  silence.matchers = {R"(n="n6")"};
  silence.span = 30s;
  shard.command(2s, silence);
  shard.pass(40s);
  shard.send(41s, {closed("n7", 41s)});
  shard.pass(10min);
  ASSERT_EQ(past(shard).size(), 1U);
  const StormAccount& account = past(shard).front()->account;
  EXPECT_EQ(account.folded, 4U);
  EXPECT_EQ(account.left_by(StormExit::ended), 1U);
  EXPECT_EQ(account.left_by(StormExit::released), 3U);
}

TEST(Storm, ItsIncidentThatPeopleClosedTakesItsAlertsAlong) {
  TestShard shard(load_rules(rules_with(kSmall)));
  burst(shard, 1s, 0, 8);
  Command resolve;
  resolve.kind = CommandKind::resolve;
  resolve.by = "ana";
  resolve.incident = "5";
  shard.command(2s, resolve);
  shard.pass(3s);
  burst(shard, 4s, 8, 10);
  shard.cut();
  shard.pass(10min);
  ASSERT_EQ(past(shard).size(), 1U);
  const StormAccount& account = past(shard).front()->account;
  EXPECT_EQ(account.left_by(StormExit::dismissed), 4U);
  EXPECT_EQ(account.left_by(StormExit::released), 2U) << "what came after it";
  EXPECT_EQ(account.lost(0), 0U);
  shard.shard.check();
}

TEST(Storm, ItsIncidentIsNotMerged) {
  TestShard shard(load_rules(rules_with(kSmall)));
  burst(shard, 1s, 0, 8);
  Command merge;
  merge.kind = CommandKind::merge;
  merge.by = "ana";
  merge.incident = "5";
  merge.to = "1";
  shard.command(2s, merge);
  EXPECT_EQ(shard.counts().commands[static_cast<std::size_t>(CommandOutcome::not_possible)], 1U);
}

TEST(Storm, AReloadThatLeavesItOnChangesNothing) {
  TestShard shard(load_rules(rules_with(kSmall)));
  burst(shard, 1s, 0, 8);
  shard.switch_to(2s, load_rules(rules_with("storm: {after: 0s, at_least: 50, factor: 2, calm: 2m}")));
  EXPECT_EQ(shard.counts().storms_on, 1U);
  burst(shard, 3s, 8, 9);
  EXPECT_TRUE(folded(shard)["n8"]);
}

TEST(Storm, AReloadThatSwitchesItOffLetsThemGo) {
  for (const std::string off :
       {"storm: {mode: off}", "storm: {after: 0s, at_least: 5, factor: 1, calm: 1m, by: [team]}",
        "storm: {mode: shadow, after: 0s, at_least: 5, factor: 1, calm: 1m}"}) {
    TestShard shard(load_rules(rules_with(kSmall)));
    burst(shard, 1s, 0, 8);
    shard.switch_to(2s, load_rules(rules_with(off)));
    EXPECT_EQ(shard.counts().storms_on, 0U) << off;
    EXPECT_EQ(shard.counts().incidents_open, 8U) << off;
    shard.cut();
    burst(shard, 3s, 8, 9);
    shard.pass(20min);
    EXPECT_EQ(shard.counts().incidents_open, 9U) << off;
  }
}

TEST(Storm, AShadowSaysWhatItWouldDo) {
  TestShard shard(load_rules(rules_with("storm: {mode: shadow, after: 0s, at_least: 5, factor: 1, calm: 1m}")));
  burst(shard, 1s, 0, 8);
  EXPECT_EQ(shard.counts().incidents_open, 8U);
  EXPECT_EQ(shard.counts().alerts_folded, 0U);
  shard.cut();
  shard.pass(10min);
  ASSERT_EQ(past(shard).size(), 1U);
  EXPECT_TRUE(past(shard).front()->is_shadow);
  EXPECT_EQ(past(shard).front()->account.would_fold, 4U);
}

TEST(Storm, OffCountsNothing) {
  TestShard shard(load_rules(rules_with("storm: {mode: off, at_least: 5, factor: 1}")));
  burst(shard, 1s, 0, 8);
  EXPECT_EQ(shard.shard.state().storms().scope_count(), 0U);
  EXPECT_EQ(shard.counts().storms_begun, 0U);
}

TEST(Storm, AnEngineThatStoodStillDoesNotEndIt) {
  TestShard shard(load_rules(rules_with(kSmall)));
  burst(shard, 1s, 0, 8);
  shard.restart(10min);
  EXPECT_EQ(shard.counts().storms_on, 1U) << "nobody could be heard meanwhile";
  shard.pass(11min);
  EXPECT_EQ(shard.counts().storms_on, 0U);
}

void tell_queue_age(TestShard& shard, Duration at, Duration age) {
  Input input;
  input.kind = InputKind::queue_age;
  input.queue_age = age;
  shard.apply(at, input);
}

TEST(Storm, WhileTheQueueIsOldATenthIsEnough) {
  TestShard shard(load_rules(rules_with("storm: {after: 0s, at_least: 50, factor: 1, calm: 1m, queue_age: 10s}")));
  tell_queue_age(shard, 0s, 10s);
  burst(shard, 1s, 0, 5);
  EXPECT_EQ(shard.counts().storms_on, 0U) << "the bound is no part of it";
  tell_queue_age(shard, 2s, 10s + 1ns);
  shard.cut();
  burst(shard, 3s, 5, 6);
  EXPECT_EQ(shard.counts().storms_on, 1U);
  EXPECT_TRUE(folded(shard)["n5"]);
  shard.pass(10min);
  EXPECT_EQ(shard.counts().storms_on, 1U) << "it is no calm while the queue is old";
  tell_queue_age(shard, 11min, 0s);
  shard.pass(12min - 1ns);
  EXPECT_EQ(shard.counts().storms_on, 1U);
  shard.pass(12min);
  EXPECT_EQ(shard.counts().storms_on, 0U);
  EXPECT_TRUE(past(shard).front()->by_queue);
}

TEST(Storm, WithoutALimitTheAgeOfTheQueueDoesNotCount) {
  TestShard shard(load_rules(rules_with("storm: {after: 0s, at_least: 50, factor: 1, calm: 1m, queue_age: none}")));
  tell_queue_age(shard, 0s, 10h);
  burst(shard, 1s, 0, 20);
  EXPECT_EQ(shard.counts().storms_on, 0U);
}

TEST(Storm, AScopeTooManyHasNone) {
  TestShard shard(load_rules(rules_with("storm: {after: 0s, at_least: 2, factor: 1, by: [team], max_keys: 1}")));
  shard.send(1s, {alert("1", "a"), alert("2", "b"), alert("3", "b"), alert("4", "b")});
  EXPECT_EQ(shard.counts().storms_begun, 0U);
  EXPECT_EQ(shard.shard.state().storms().refused(), 3U);
}

TEST(StormWords, DigitsAreInThrees) {
  EXPECT_EQ(grouped_digits(0), "0");
  EXPECT_EQ(grouped_digits(999), "999");
  EXPECT_EQ(grouped_digits(1000), "1,000");
  EXPECT_EQ(grouped_digits(412008), "412,008");
  EXPECT_EQ(grouped_digits(1234567), "1,234,567");
}

}  // namespace
}  // namespace tocsin
