// Sources that are not heard any more, against a model that walks all that was said at each question; absences that
// depend on them; what they survive.
#include <set>

#include <gmock/gmock.h>

#include "tests/core/slow_silence.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
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

std::string rules_with(const std::string& more) {
  return "tocsin: 1\nruleset: builtin\n" + more +
         "\ndedup: {resolve: {expire: {alertmanager: 24h, default: none}}, reopen: {within: 0s}}\n"
         "normalise: [{id: name, set: {name: labels.alertname}}]\n"
         "severity: {map: {from: labels.severity, default: warning}}\n"
         "priority: {impact: [{is: low}], urgency: [{is: low}], matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], "
         "low: "
         "[P3, P4, P5]}}\n"
         "route: [{id: all, topic: incidents.all}]\n" +
         (more.find("correlate") == std::string::npos ? "correlate: [{id: each, kind: group, by: [name]}]\n" : "");
}

Said word(const std::string& who, const std::string& name = "Watchdog") {
  return {{{"alertname", name}, {"by", who}}, {}, kUnset, kUnset, AlertStatus::firing, who + "/graph"};
}

Said close_of(const std::string& who, const std::string& name = "Watchdog") {
  Said said = word(who, name);
  said.status = AlertStatus::resolved;
  return said;
}

std::set<std::string> silent(const TestShard& shard) {
  std::set<std::string> all;
  for (const auto& [number, speaker] : shard.shard.state().sources().speakers()) {
    if (speaker.is_silent) all.insert(speaker.origin);
  }
  return all;
}

/// Those of which an alert says that they are silent.
std::set<std::string> told(const TestShard& shard) {
  std::set<std::string> all;
  const ConditionBook& conditions = shard.shard.state().conditions();
  for (const std::uint32_t slot : conditions.in_order()) {
    if (conditions[slot].firing && conditions[slot].texts[Field::name] == rules::kSilenceRule)
      all.insert(std::string{conditions[slot].texts.label_value("origin")});
  }
  return all;
}

class BlindSimulation : public testing::TestWithParam<std::uint64_t> {};

/// Servers with a rhythm of their own, more or less steady, that stop for a while, end everything, or are forgotten;
/// the engine stops now and then.
TEST_P(BlindSimulation, IsWhatASlowModelSays) {
  const std::uint64_t seed = GetParam();
  Draw draw(seed);
  TestShard shard(
      load_rules(rules_with("blind: {expect: [{source: alertmanager, origin: \"http://c:1\", every: 50s}]}")));
  shard.checks = seed % 4 == 0;
  SlowSilence slow;
  slow.state("http://c:1", 50s);
  struct Server {
    std::string name{};
    std::uint64_t every = 0;
    std::uint64_t jitter = 0;
    std::uint64_t next = 0;
  };
  std::vector<Server> servers;
  for (const char* name : {"http://a:1", "http://b:1", "http://c:1"}) {
    servers.push_back({name, 20 + draw.below(4) * 50, 1 + draw.below(40), draw.below(60)});
  }
  for (int step = 0; step < 420; ++step) {
    Server& server = *std::ranges::min_element(servers, {}, &Server::next);
    const Duration at = std::chrono::seconds(server.next);
    const Instant now = kStart + at;
    if (draw.below(70) == 0) {
      shard.restart(at);
      slow.start(now);
    } else {
      const bool closes = draw.below(25) == 0;
      shard.send(at, {closes ? close_of(server.name) : word(server.name)});
      slow.hear(server.name, !closes, now);
    }
    ASSERT_EQ(silent(shard), slow.silent(now)) << "seed " << seed << ", step " << step;
    ASSERT_EQ(told(shard), silent(shard));
    server.next += server.every + draw.below(server.jitter);
    if (draw.below(60) == 0) server.next += draw.below(4) * server.every + draw.below(5) * 1000;
    if (draw.below(30) == 0) shard.cut();
  }
  shard.pass(200h);
  EXPECT_EQ(silent(shard), slow.silent(kStart + 200h));
}

INSTANTIATE_TEST_SUITE_P(Seeds, BlindSimulation, testing::Range(std::uint64_t{1}, std::uint64_t{31}));

constexpr std::string_view kServer = "http://prometheus-1:9090";

/// A server that repeats every minute, for so many minutes from `from` on.
void repeat(TestShard& shard, int from, int minutes, const std::string& who = std::string{kServer}) {
  for (int i = 0; i < minutes; ++i) shard.send(std::chrono::minutes(from + i), {word(who)});
}

TEST(Blind, AServerThatRepeatedForAnHourIsExpectedToGoOn) {
  TestShard shard(load_rules(rules_with("")));
  repeat(shard, 0, 61);
  shard.pass(63min);
  EXPECT_THAT(told(shard), IsEmpty());
  shard.pass(63min + 1ns);
  EXPECT_THAT(told(shard), ElementsAre(std::string{kServer}));
  EXPECT_EQ(shard.counts().incidents_open, 2U);
  shard.cut();
  repeat(shard, 70, 1);
  EXPECT_THAT(told(shard), IsEmpty());
  EXPECT_EQ(shard.counts().incidents_open, 1U);
  EXPECT_EQ(shard.counts().silences_of_sources, 1U);
}

TEST(Blind, AWordFifteenSecondsAfterARoundBeganBeginsAnother) {
  // Words at 0, 15, 60, 75 … seconds: rounds of 15 and 45 seconds, so it is silent after three times 45. Of one round
  // a minute it would be after three minutes.
  TestShard shard(load_rules(rules_with("")));
  for (int i = 0; i < 90; ++i) {
    shard.send(std::chrono::minutes(i), {word(std::string{kServer})});
    shard.send(std::chrono::minutes(i) + 15s, {word(std::string{kServer})});
  }
  const Duration last = 89min + 15s;
  shard.pass(last + 135s);
  EXPECT_THAT(told(shard), IsEmpty());
  shard.pass(last + 135s + 1ns);
  EXPECT_THAT(told(shard), ElementsAre(std::string{kServer}));
}

TEST(Blind, AWordJustBeforeFifteenSecondsIsOfTheSameRound) {
  TestShard shard(load_rules(rules_with("")));
  for (int i = 0; i < 90; ++i) {
    shard.send(std::chrono::minutes(i), {word(std::string{kServer})});
    shard.send(std::chrono::minutes(i) + 15s - 1ns, {word(std::string{kServer})});
  }
  const Duration last = 89min + 15s - 1ns;
  shard.pass(last + 3min);
  EXPECT_THAT(told(shard), IsEmpty());
  shard.pass(last + 3min + 1ns);
  EXPECT_THAT(told(shard), ElementsAre(std::string{kServer}));
}

TEST(Blind, FiftyNineMinutesAreNotEnough) {
  TestShard shard(load_rules(rules_with("")));
  repeat(shard, 0, 60);
  shard.pass(10h);
  EXPECT_THAT(told(shard), IsEmpty());
}

TEST(Blind, WhoHasToldTheEndOfEverythingHasNothingToRepeat) {
  TestShard shard(load_rules(rules_with("")));
  repeat(shard, 0, 90);
  shard.send(90min, {close_of(std::string{kServer})});
  shard.pass(10h);
  EXPECT_THAT(told(shard), IsEmpty());
}

TEST(Blind, AWebhookSpeaksWhenThereIsSomethingToSay) {
  TestShard shard(load_rules(rules_with("")));
  for (int i = 0; i < 200; ++i)
    shard.send(std::chrono::minutes(i), {word(std::string{kServer})}, "alertmanager-webhook");
  shard.pass(10h);
  EXPECT_THAT(told(shard), IsEmpty()) << "it has no lease: nothing says that it repeats";
}

TEST(Blind, TheEnginesOwnStopIsNoSilence) {
  TestShard shard(load_rules(rules_with("")));
  repeat(shard, 0, 61);
  shard.restart(5h);
  EXPECT_THAT(told(shard), IsEmpty());
  shard.pass(5h + 3min);
  EXPECT_THAT(told(shard), IsEmpty());
  shard.pass(5h + 3min + 1ns);
  EXPECT_THAT(told(shard), ElementsAre(std::string{kServer})) << "it could have been heard for three minutes";
}

TEST(Blind, OffLearnsNothingAndAReloadEndsIt) {
  TestShard shard(load_rules(rules_with("")));
  repeat(shard, 0, 61);
  shard.pass(70min);
  EXPECT_EQ(shard.counts().sources_silent, 1U);
  shard.switch_to(71min, load_rules(rules_with("blind: {learn: off}")));
  EXPECT_THAT(told(shard), IsEmpty());
  EXPECT_EQ(shard.counts().sources_silent, 0U);
  shard.switch_to(72min, load_rules(rules_with("blind: {learn: on}")));
  shard.pass(73min);
  EXPECT_EQ(shard.counts().sources_silent, 1U) << "it has not spoken since";
}

TEST(Blind, SourcesAreBounded) {
  TestShard shard(load_rules(rules_with("blind: {max_keys: 2}")));
  for (const char* who : {"http://a:1", "http://b:1", "http://c:1"}) shard.send(1min, {word(who)});
  EXPECT_EQ(shard.shard.state().sources().speakers().size(), 2U);
  EXPECT_EQ(shard.shard.state().sources().refused(), 1U);
  for (const char* who : {"http://d:1", "http://e:1"}) shard.send(169h, {word(who)});
  EXPECT_EQ(shard.shard.state().sources().speakers().size(), 2U) << "those of a week ago give way";
}

const std::string kHeartbeat =
    "blind: {expect: [{source: alertmanager, every: 1m}]}\n"
    "correlate: [{id: dead, kind: absence, when: name == \"Watchdog\", expect: name == \"Watchdog\", every: 1m, "
    "within: "
    "90s, by: [labels.by], emit: {severity: critical}}, {id: each, kind: group, by: [name]}]\n";

bool is_dead(const TestShard& shard) {
  const ConditionBook& conditions = shard.shard.state().conditions();
  return std::ranges::any_of(conditions.in_order(), [&](std::uint32_t slot) {
    return conditions[slot].firing && conditions[slot].texts[Field::name] == "dead";
  });
}

TEST(Blind, AHeartbeatIsNotMissedWhileItsSourceIsSilent) {
  TestShard shard(load_rules(rules_with(kHeartbeat)));
  repeat(shard, 0, 10);
  shard.pass(2h);
  EXPECT_FALSE(is_dead(shard));
  EXPECT_EQ(told(shard).size(), 1U);
  shard.cut();
  shard.send(3h, {word(std::string{kServer}, "Other")});
  EXPECT_THAT(told(shard), IsEmpty());
  shard.send(3h + 1min, {word(std::string{kServer}, "Other")});
  shard.pass(3h + 90s);
  EXPECT_FALSE(is_dead(shard));
  shard.pass(3h + 90s + 1ns);
  EXPECT_TRUE(is_dead(shard)) << "its source speaks, and says nothing of it";
}

TEST(Blind, AHeartbeatIsMissedWhereItsSourceSpeaks) {
  TestShard shard(load_rules(rules_with(kHeartbeat)));
  repeat(shard, 0, 10);
  for (int i = 10; i < 13; ++i) shard.send(std::chrono::minutes(i), {word(std::string{kServer}, "Other")});
  EXPECT_TRUE(is_dead(shard));
}

TEST(Blind, WhatAStartExpectsIsHeldToo) {
  TestShard shard(load_rules(rules_with(
      "blind: {expect: [{source: alertmanager, every: 1m}]}\n"
      "correlate: [{id: dead, kind: absence, start: name == \"Begun\", expect: name == \"Done\", within: 5m, by: "
      "[labels.by], emit: {severity: critical}}, {id: each, kind: group, by: [name]}]\n")));
  repeat(shard, 0, 10);
  shard.send(10min, {word(std::string{kServer}, "Begun")});
  shard.pass(2h);
  EXPECT_FALSE(is_dead(shard));
  shard.cut();
  repeat(shard, 120, 6);
  EXPECT_FALSE(is_dead(shard));
  shard.pass(2h + 5min + 1ns);
  EXPECT_TRUE(is_dead(shard));
}

}  // namespace
}  // namespace tocsin
