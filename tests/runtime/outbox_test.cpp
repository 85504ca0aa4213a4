// The way out, through a whole engine: sinks that fail, differ in speed, restart.

#include "engine/runtime/outbox/outbox.h"

#include <algorithm>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runtime/engine_fixture.h"
#include "tests/runtime/rule_world.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OutboxTest : public testing::Test {
 protected:
  EngineOptions options() { return small_engine(disk.open(), clock, decoders); }

  static void send(TestConnector& connector, int bodies) {
    for (int i = 0; i < bodies; ++i) ASSERT_TRUE(connector.send("body " + std::to_string(i)).durable);
  }

  /// Sends until a sink is full; how many bodies were accepted.
  static int send_until_full(TestConnector& connector) {
    int accepted = 0;
    while (connector.intake().refusing() != Refusal::sink_full) {
      if (connector.submit("body")) accepted += connector.wait_for_receipt().durable;
    }
    return accepted;
  }
  static void wait_until(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::yield();
  }
  Result<std::unique_ptr<Engine>> open(SinkScript& script, bool new_journal = false) {
    auto given = options();
    given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
    given.new_journal = new_journal;
    return Engine::open(std::move(given));
  }

  MemoryDisk disk;
  ManualClock clock;
  LineDecoders decoders;
};

void expect_in_order(const std::vector<EffectPtr>& effects, std::size_t count) {
  ASSERT_EQ(effects.size(), count);
  for (std::size_t i = 1; i < effects.size(); ++i) EXPECT_LT(effects[i - 1]->name, effects[i]->name);
}

TEST_F(OutboxTest, ASinkThatWasDownGetsEverythingInOrder) {
  SinkScript script;
  script.set_up(false);
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  send(connector, 100);
  EXPECT_TRUE(script.taken().empty());
  script.set_up(true);
  script.wait_until_taken(100);
  expect_in_order(script.taken(), 100);
}

TEST_F(OutboxTest, AFastSinkDoesNotWaitForASlowOne) {
  SinkScript fast;
  SinkScript slow;
  slow.set_up(false);
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("slow", slow, 1));
  given.sinks.push_back(std::make_unique<ScriptedSink>("fast", fast));
  given.outbox = {.memory_bytes_max = 2000, .disk_bytes_max = 1 << 20};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  send(connector, 300);
  fast.wait_until_taken(300);
  EXPECT_TRUE(slow.taken().empty());
  slow.set_up(true);
  slow.wait_until_taken(300);
  expect_in_order(slow.taken(), 300);
  engine->stop();
  EXPECT_EQ(values_of(slow.taken()), values_of(fast.taken()));
  EXPECT_GT(disk.kept_ever, 0u);
}

TEST_F(OutboxTest, OnTheRealDiskItKeepsAndTakesBackInOrder) {
  const TemporaryFolder folder;
  SinkScript script;
  script.set_up(false);
  auto given = options();
  given.storage = {};
  given.data_dir = folder.path();
  given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
  given.outbox = {.memory_bytes_max = 500, .disk_bytes_max = 1 << 20};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(connector.submit("body " + std::to_string(i)));
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(connector.wait_for_receipt().durable);
  script.set_up(true);
  script.wait_until_taken(500);
  expect_in_order(script.taken(), 500);
}

TEST_F(OutboxTest, ARestartGoesOnBehindWhatWasConfirmed) {
  std::vector<std::string> first_life;
  {
    SinkScript script;
    auto given = options();
    given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
    const auto engine = begin(std::move(given));
    TestConnector connector(*engine);
    send(connector, 10);
    script.wait_until_taken(10);
    script.set_confirms(false);
    send(connector, 3);
    script.wait_until_taken(13);
    engine->stop(Duration::zero());
    first_life = values_of(script.taken());
  }
  const EffectName confirmed = disk.confirmed["sink"];
  ASSERT_GE(confirmed.position, Position{1});
  ASSERT_LE(confirmed.position, Position{10});

  SinkScript script;
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
  const auto engine = begin(std::move(given));
  const std::size_t owed = 13 - confirmed.position.value();
  script.wait_until_taken(owed);
  engine->stop();
  // The unconfirmed tail, again, byte for byte.
  EXPECT_EQ(values_of(script.taken()),
            std::vector<std::string>(first_life.end() - static_cast<std::ptrdiff_t>(owed), first_life.end()));
}

TEST_F(OutboxTest, ANewSinkGetsAllThatTheJournalHolds) {
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    send(connector, 5);
  }
  SinkScript script;
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("new", script));
  const auto engine = begin(std::move(given));
  script.wait_until_taken(5);
  expect_in_order(script.taken(), 5);
}

TEST_F(OutboxTest, ASinkThatHangsInASyncStopsNeitherIntakeNorTheOtherSink) {
  SinkScript file;
  SinkScript kafka;
  file.set_hangs(true);
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("file", file));
  given.sinks.push_back(std::make_unique<ScriptedSink>("kafka", kafka));
  given.outbox = {.memory_bytes_max = 2000, .disk_bytes_max = 1 << 20};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  file.wait_until_hanging();
  send(connector, 300);
  kafka.wait_until_taken(300);
  EXPECT_LT(file.taken().size(), 300u);
  file.set_hangs(false);
  file.wait_until_taken(300);
  expect_in_order(file.taken(), 300);
}

TEST_F(OutboxTest, AFullSinkRefusesNewBodiesAtOnceWhileTheOthersGoOnAndOpensWhenItHasDrained) {
  SinkScript dead;
  SinkScript fast;
  dead.set_up(false);
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("dead", dead));
  given.sinks.push_back(std::make_unique<ScriptedSink>("fast", fast));
  given.outbox = {.memory_bytes_max = 500, .disk_bytes_max = 20'000};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  int accepted = send_until_full(connector);
  // What is on its way to disk counts more than what is there, so either may be full for a moment; here the dead one is
  // to be full for good: what is on disk alone is above the nine tenths at which it would open again.
  const auto dead_is_full = [&] {
    const std::vector<SinkStatus> sinks = engine->sinks();
    const auto sink = std::ranges::find(sinks, "dead", &SinkStatus::name);
    return sink->disk_bytes >= 18'000 && sink->full_since != kUnset;
  };
  while (!dead_is_full()) accepted += send_until_full(connector);
  EXPECT_GT(accepted, 10);
  EXPECT_FALSE(connector.submit("one more"));
  EXPECT_TRUE(connector.ask("still").ok);
  fast.wait_until_taken(static_cast<std::size_t>(accepted));
  wait_until([&] { return engine->health().reasons.size() == 1; });

  const EngineHealth health = engine->health();
  EXPECT_FALSE(health.accepts);
  EXPECT_FALSE(health.has_failed);
  ASSERT_EQ(health.reasons.size(), 1u);
  EXPECT_THAT(health.reasons[0], HasSubstr("sink dead is full since 20"));
  EXPECT_THAT(health.reasons[0], HasSubstr(std::to_string(accepted) + " effects, "));
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_sink_full{sink=\"dead\"} 1\n"));
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_sink_full{sink=\"fast\"} 0\n"));

  dead.set_up(true);
  dead.wait_until_taken(static_cast<std::size_t>(accepted));
  wait_until([&] { return !connector.intake().refusing(); });
  EXPECT_TRUE(engine->health().accepts);
  EXPECT_TRUE(connector.send("again").durable);
  dead.wait_until_taken(static_cast<std::size_t>(accepted) + 1);
  expect_in_order(dead.taken(), static_cast<std::size_t>(accepted) + 1);
}

TEST_F(OutboxTest, APlaceOnDiskThatFailsRefusesNewBodiesAndLosesNothing) {
  disk.refuses_to_keep = true;
  SinkScript script;
  script.set_up(false);
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
  given.outbox = {.memory_bytes_max = 1, .disk_bytes_max = 1 << 30};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  const auto accepted = static_cast<std::size_t>(send_until_full(connector));
  wait_until([&] { return !engine->sinks()[0].trouble.empty(); });
  script.set_up(true);
  script.wait_until_taken(accepted);
  expect_in_order(script.taken(), accepted);
  wait_until([&] { return !connector.intake().refusing(); });
}

TEST_F(OutboxTest, DeadlinesGoOnWhileASinkIsFull) {
  SinkScript dead;
  SinkScript fast;
  dead.set_up(false);
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("dead", dead));
  given.sinks.push_back(std::make_unique<ScriptedSink>("fast", fast));
  given.outbox = {.memory_bytes_max = 500, .disk_bytes_max = 20'000};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  ASSERT_TRUE(connector.send("wait 60").durable);
  const auto accepted = static_cast<std::size_t>(send_until_full(connector)) + 1;
  fast.wait_until_taken(accepted);
  clock.advance(std::chrono::seconds{60});
  fast.wait_until_taken(accepted + 1);
  EXPECT_THAT(fast.taken().back()->value, HasSubstr("due wait 60"));
}

TEST_F(OutboxTest, StopComesToItsEndWithAFullSinkAndARuleSwitchWaiting) {
  SinkScript script;
  script.set_up(false);
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
  given.outbox = {.memory_bytes_max = 1, .disk_bytes_max = 1};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  send_until_full(connector);
  RuleFolder folder;
  folder.files["a.yaml"] = "tocsin: 1\n";
  const RuleReading reading = folder.load();
  ASSERT_NE(reading.rules, nullptr);
  std::promise<void> first;
  // As the reloader does: one switch after the other, until the engine says no.
  std::thread reloader([&] {
    ASSERT_TRUE(engine->switch_rules({reading.rules, reading.packed})) << "the shard does not wait for the sink";
    first.set_value();
    while (engine->switch_rules({reading.rules, reading.packed})) {
    }
  });
  first.get_future().wait();
  EXPECT_TRUE(engine->stop(Duration::zero()));
  reloader.join();
  EXPECT_TRUE(script.taken().empty());
}

TEST_F(OutboxTest, StopSaysWhatItWaitsForAndAnotherThreadMayEndItAtOnceLosingNothing) {
  std::vector<StopProgress> told;
  {
    SinkScript script;
    script.set_up(false);
    auto engine = open(script).value();
    ASSERT_TRUE(engine->recover({}));
    engine->start();
    TestConnector connector(*engine);
    send(connector, 12);
    EXPECT_TRUE(engine->stop(hours{1}, [&](const StopProgress& progress) {
      told.push_back(progress);
      std::thread([&] { engine->begin_stop(Duration::zero()); }).join();
    }));
    EXPECT_TRUE(script.taken().empty());
  }
  ASSERT_EQ(told.size(), 1u);
  ASSERT_EQ(told[0].sinks.size(), 1u);
  EXPECT_EQ(told[0].sinks[0].name, "sink");
  EXPECT_EQ(told[0].sinks[0].effects_waiting, 12u);
  EXPECT_GT(told[0].left, std::chrono::minutes{59});

  SinkScript script;
  auto engine = open(script).value();
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  script.wait_until_taken(12);
}

TEST_F(OutboxTest, StopDoesNotWaitForASinkThatDoesNotComeBack) {
  SinkScript script;
  script.set_hangs(true);
  auto engine = open(script).value();
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  TestConnector connector(*engine);
  send(connector, 2);
  script.wait_until_hanging();
  EXPECT_FALSE(engine->stop(Duration::zero()));
  script.set_hangs(false);
  EXPECT_TRUE(engine->stop(Duration::zero()));
}

TEST_F(OutboxTest, AReplayThatIsStoppedEndsWithAnErrorAndNothingWasWritten) {
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    send(connector, 5);
  }
  const auto records = disk.records;
  SinkScript script;
  const auto engine = open(script).value();
  engine->begin_stop(Duration::zero());
  const auto recovered = engine->recover({});
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, Refusal::stopping);
  EXPECT_EQ(disk.records, records);
}

TEST_F(OutboxTest, RefusesToStartWhenASinkConfirmedMoreThanTheJournalHolds) {
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    send(connector, 3);
  }
  disk.confirmed["sink"] = {Position{7}, 0};
  SinkScript script;
  const auto engine = open(script);
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message, HasSubstr("a part of the journal is lost"));
}

TEST_F(OutboxTest, RefusesToStartWhenASinkWasToldMoreThanTheJournalHolds) {
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    send(connector, 3);
  }
  SinkScript script;
  script.set_told({.highest = {{Position{400}, 0, 0, {77, 1}}, {Position{4}, 0}}});
  const auto older_copy = open(script);
  ASSERT_FALSE(older_copy);
  EXPECT_THAT(older_copy.error().message, HasSubstr("journal-4-0"));
  script.set_told({.highest = {{Position{3}, 9}}});
  EXPECT_TRUE(open(script));
  script.set_told({.highest = {{Position{400}, 0, 0, {77, 1}}}});
  EXPECT_TRUE(open(script)) << "what another journal told says nothing of this one";
}

TEST_F(OutboxTest, RefusesAMarkOfAnotherJournal) {
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    send(connector, 3);
  }
  disk.confirmed["sink"] = {Position{2}, 0, 0, {77, 1}};
  SinkScript script;
  const auto engine = open(script);
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message, HasSubstr("of another journal"));
}

TEST_F(OutboxTest, AnEmptyJournalBesideAToldSinkIsRefusedUnlessItIsMeant) {
  const EffectName told{Position{50}, 0, 0, {77, 1}};
  SinkScript script;
  script.set_told({.highest = {told}});
  const auto refused = open(script);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("the journal is empty, but the sink \"sink\" was told"));
  EXPECT_THAT(refused.error().message, HasSubstr(to_text(told)));
  EXPECT_THAT(refused.error().message, HasSubstr("--new-journal"));
  script.set_told({});
  disk.confirmed["sink"] = told;
  EXPECT_FALSE(open(script)) << "by the mark alone";

  auto engine = open(script, true).value();
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  TestConnector connector(*engine);
  send(connector, 3);
  script.wait_until_taken(3);  // the old mark does not swallow them
  engine->stop();
  EXPECT_EQ(disk.confirmed["sink"].position, Position{3});
}

TEST_F(OutboxTest, SaysWhenASinkCouldNotBeAsked) {
  SinkScript script;
  script.set_told({.is_known = false, .why = "no broker answers"});
  const auto engine = open(script).value();
  EXPECT_THAT(engine->notes(), ElementsAre(HasSubstr("\"sink\" was told before is not known: no broker answers")));
  script.set_told({});
  EXPECT_THAT(open(script).value()->notes(), IsEmpty());
}

TEST_F(OutboxTest, WhatADestinationDoesNotTakeIsHeldOverARestartAndSentAgainWhenSomebodyAsks) {
  {
    SinkScript script;
    script.set_refuses("bad news");
    auto engine = open(script).value();
    ASSERT_TRUE(engine->recover({}));
    engine->start();
    TestConnector connector(*engine);
    for (const char* body : {"good", "bad news", "fine"}) ASSERT_TRUE(connector.send(body).durable);
    script.wait_until_taken(2);
    const auto held = engine->undeliverable("sink").value();
    ASSERT_EQ(held.size(), 1u);
    EXPECT_EQ(held[0].name.position, Position{2});
    EXPECT_EQ(held[0].topic, "topic");
    EXPECT_EQ(held[0].why, "the test refuses it");
    EXPECT_THAT(engine->health().remarks, ElementsAre(HasSubstr("1 record held as undeliverable")));
    EXPECT_TRUE(engine->health().accepts);
    EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_effects_undeliverable{sink=\"sink\"} 1\n"));
    EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_effects_undeliverable_total{sink=\"sink\"} 1\n"));
    EXPECT_FALSE(engine->undeliverable("no such sink"));
    engine->stop();
  }
  SinkScript script;
  script.set_refuses("bad news");
  auto engine = open(script).value();
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  EXPECT_EQ(engine->send_undeliverable_again("sink").value(), 1u);
  script.wait_until_sent_again(1);
  EXPECT_EQ(engine->undeliverable("sink")->size(), 1u) << "refused again";
  script.set_refuses("");
  EXPECT_TRUE(engine->send_undeliverable_again("sink"));
  script.wait_until_sent_again(2);
  wait_until([&] { return engine->undeliverable("sink")->empty(); });
  EXPECT_EQ(script.taken_again().size(), 1u);
  EXPECT_TRUE(engine->health().is_well);
}

}  // namespace
}  // namespace tocsin
