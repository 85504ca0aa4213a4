// The engine on the real core while its clock is wrong, with senders whose clocks are right: what fires goes on firing,
// what comes opens, what is said to end ends, and a replay tells the same.
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/time/trusted_clock.h"
#include "tests/runtime/rule_world.h"

namespace tocsin {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.name}}]
dedup: {resolve: {expire: 5m}, reopen: {within: 1h}}
correlate: [{id: each, kind: group, by: [name], window: {idle: 1h, max: 24h}}]
)";

constexpr int kMany = 105;

class EngineClock : public testing::Test {
 protected:
  EngineClock() {
    world.folder.files["rules.yaml"] = kRules;
    world.begin();
  }

  /// Both clocks go on, and so do those of the senders.
  void pass(Duration span) {
    world.clock.advance(span);
    senders += span;
  }

  /// As Prometheus says it: it fires, and its word is good for four minutes.
  std::string firing(const std::string& name) const { return until(name, senders + 4min); }
  /// As Prometheus says it: it has ended now.
  std::string ended(const std::string& name) const { return until(name, senders); }
  static std::string until(const std::string& name, Instant end) {
    return "until:" + std::to_string(to_unix_ns(end)) + " name=" + name + "\n";
  }
  std::string many() const {
    std::string body;
    for (int i = 0; i < kMany; ++i) body += firing("A" + std::to_string(i));
    return body;
  }
  /// The same from a source that says nothing of time.
  static std::string many_without_times() {
    std::string body;
    for (int i = 0; i < kMany; ++i) body += "name=A" + std::to_string(i) + "\n";
    return body;
  }

  void send(const std::string& body) { ASSERT_TRUE(world.send(body).durable); }

  /// What is true of the clock now is believed after it has been so for a while. The first word makes sure that it was
  /// seen, the second that what follows from it is written.
  void pass_the_second_look() {
    send("name=Watch\n");
    pass(TrustedClock::kSecondLook);
    send("name=Watch\n");
    send("name=Watch\n");
  }

  /// How often each change was told, once `count` effects were.
  std::map<std::string, int> changes(std::size_t count) {
    world.sink->wait_until_taken(count);
    std::map<std::string, int> changes;
    for (const EffectPtr& effect : world.sink->taken()) ++changes[std::string(name_of(effect->change))];
    return changes;
  }

  /// Ends the engine. Nothing more was told than what was looked at, and the journal tells the same.
  void expect_the_journal_tells_the_same(std::size_t count) {
    world.end();
    const auto told = world.told();
    EXPECT_EQ(told.size(), count);
    EXPECT_EQ(world.replayed(world.folder.load().rules), told);
  }

  std::string metrics() const { return world.engine->metrics(); }

  RuleWorld world;
  Instant senders = world.clock.now();
};

class EngineClockJumps : public EngineClock, public testing::WithParamInterface<Duration> {};

// An hour, or five minutes, for a second and a half: all that fired was closed, and what came opened nothing until the
// clock had caught up.
TEST_P(EngineClockJumps, AndIsRightAgainBeforeTheSecondLook) {
  send(many());
  EXPECT_EQ(changes(kMany)["opened"], kMany);
  pass(10s);
  world.clock.step(GetParam());
  send(many());
  EXPECT_THAT(world.engine->health().remarks, ElementsAre(HasSubstr("not believed until")));
  EXPECT_TRUE(world.engine->health().accepts);
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_trusted 0\n"));
  send(firing("While"));
  pass(1500ms);
  send(many());
  world.clock.step(-GetParam());
  send(many() + firing("After"));
  EXPECT_EQ(changes(kMany + 2)["opened"], kMany + 2);
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_trusted 1\n"));
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_steps_total{outcome=\"rejected\"} 1\n"));
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_offset_seconds 0\n"));

  pass(1min);
  send(ended("After"));
  EXPECT_EQ(changes(kMany + 3)["resolved"], 1);
  pass(2min + 58500ms - 1ms);  // four minutes after the word of While
  send(firing("Before"));
  EXPECT_EQ(changes(kMany + 4)["resolved"], 1);
  pass(1ms);
  EXPECT_EQ(changes(kMany + 5)["resolved"], 2) << "While";
  pass(1500ms);
  EXPECT_EQ(changes(2 * kMany + 5)["resolved"], kMany + 2) << "the stated ends were met";
  EXPECT_THAT(metrics(), HasSubstr("tocsin_alerts_stale_total 0\n"));
  expect_the_journal_tells_the_same(2 * kMany + 5);
  EXPECT_THAT(world.kinds(), Not(Contains(InputKind::clock_set)));
}

INSTANTIATE_TEST_SUITE_P(Table, EngineClockJumps, testing::Values(1h, -1h, 5min, -5min), [](const auto& test) {
  return (test.param > 0s ? "ahead_" : "back_") + std::to_string(std::chrono::abs(test.param) / 1min) + "m";
});

TEST_F(EngineClock, SetAnHourAheadForGoodClosesNothingAndSilenceStillDoes) {
  send(many_without_times());
  pass(4min);
  world.clock.step(1h);
  senders += 1h;  // the clocks of the site were late, all of them
  pass_the_second_look();
  EXPECT_EQ(changes(kMany + 1)["opened"], kMany + 1);
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_last_step_seconds 3600\n"));
  EXPECT_THAT(world.engine->health().remarks, ElementsAre(HasSubstr("was set 1h ahead")));
  send(firing("New"));
  EXPECT_EQ(changes(kMany + 2)["opened"], kMany + 2);

  pass(5min - 1ms);
  send("name=Marker\n");
  EXPECT_EQ(changes(kMany + 4)["resolved"], 1) << "New, whose stated end was met";
  pass(1ms);
  EXPECT_EQ(changes(2 * kMany + 5)["resolved"], kMany + 2) << "a whole expiry after the clock was set";
  expect_the_journal_tells_the_same(2 * kMany + 5);
  EXPECT_THAT(world.kinds(), Contains(InputKind::clock_set).Times(1));
}

TEST_F(EngineClock, SetAnHourBackForGoodClosesWhatIsSaidToEndAndLeasesEndInTime) {
  send(many_without_times());
  world.clock.step(-1h);
  senders -= 1h;  // the clocks of the site were ahead, all of them
  pass_the_second_look();
  EXPECT_EQ(changes(kMany + 1)["opened"], kMany + 1);
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_offset_seconds 3600\n"));
  EXPECT_THAT(world.engine->health().remarks, ElementsAre(HasSubstr("was set 1h back")));
  send(many() + firing("New") + firing("Silent"));
  EXPECT_EQ(changes(kMany + 3)["opened"], kMany + 3);
  pass(3min);
  send(many());
  EXPECT_EQ(changes(kMany + 3)["resolved"], 0);
  send(ended("New") + "end name=A0\n");
  EXPECT_EQ(changes(kMany + 5)["resolved"], 2);

  pass(1min);  // the end of Silent; its lease lasts a tenth longer
  send("name=Marker\n");
  EXPECT_EQ(changes(kMany + 6)["resolved"], 2);
  pass(27s);
  EXPECT_EQ(changes(kMany + 7)["resolved"], 3) << "Silent";
  pass(5min);
  EXPECT_GE(changes(2 * kMany + 6)["resolved"], kMany + 2);
  EXPECT_THAT(metrics(), HasSubstr("tocsin_alerts_stale_total 0\n"));
  world.end();
  EXPECT_THAT(world.kinds(), Not(Contains(InputKind::clock_set)));
  EXPECT_EQ(world.replayed(world.folder.load().rules), world.told());
}

TEST_F(EngineClock, AClockThatStandsStillStopsNothing) {
  send(many() + firing("Silent"));
  EXPECT_EQ(changes(kMany + 1)["opened"], kMany + 1);
  for (int minute = 0; minute < 20; ++minute) {
    for (int i = 0; i < 12; ++i) {
      world.clock.advance_frozen(5s);
      senders += 5s;
      send("name=Watch\n");  // looked at, as a clock is
    }
    send(many());
  }
  auto told = changes(kMany + 3);
  EXPECT_EQ(told["opened"], kMany + 2);
  EXPECT_EQ(told["resolved"], 1) << "Silent";
  send(firing("New"));
  EXPECT_EQ(changes(kMany + 4)["opened"], kMany + 3);
  send(ended("New"));
  EXPECT_EQ(changes(kMany + 5)["resolved"], 2);
  EXPECT_THAT(world.engine->health().remarks, ElementsAre(HasSubstr("stands still or wanders since")));
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_trusted 0\n"));

  world.clock.step(senders - world.clock.now());
  send(many());
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_trusted 1\n"));
  expect_the_journal_tells_the_same(kMany + 5);
}

// A stopped process, a stuck disk, an outbox without room: when it went on, the first thing it did was to close all
// whose sources had not been let in.
TEST_F(EngineClock, WhatCouldNotBeHeardIsNoSilence) {
  send(many_without_times());
  changes(kMany);
  world.clock.stop_for(10min);
  senders += 10min;
  send("name=Marker\n");
  EXPECT_EQ(changes(kMany + 1)["opened"], kMany + 1);
  EXPECT_THAT(metrics(), HasSubstr("tocsin_journal_unheard_total 1\n"));
  pass(5min - 1ms);
  send("name=Marker\n");
  EXPECT_EQ(changes(kMany + 1)["resolved"], 0);
  pass(1ms);
  EXPECT_EQ(changes(2 * kMany + 1)["resolved"], kMany);
  expect_the_journal_tells_the_same(2 * kMany + 1);
}

TEST_F(EngineClock, AStartBehindTheJournalGoesOn) {
  send(many_without_times());
  changes(kMany);
  world.end();
  world.clock.step(-1h);
  senders -= 1h;
  world.begin();
  EXPECT_THAT(world.engine->health().remarks, ElementsAre(HasSubstr("the clock was behind the journal")));
  EXPECT_THAT(metrics(), HasSubstr("tocsin_clock_offset_seconds 3600\n"));
  send(firing("New"));
  EXPECT_EQ(changes(kMany + 1)["opened"], kMany + 1);
  send(ended("New"));
  EXPECT_EQ(changes(kMany + 2)["resolved"], 1);
  pass(5min);
  send("name=Marker\n");
  EXPECT_EQ(changes(kMany + 3)["resolved"], 1);
  pass(34s);
  EXPECT_EQ(changes(2 * kMany + 3)["resolved"], kMany + 1) << "five minutes of the engine's time";
  expect_the_journal_tells_the_same(2 * kMany + 3);
}

}  // namespace
}  // namespace tocsin
