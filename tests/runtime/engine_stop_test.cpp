// The end, at any time: each pair of parts that could wait for each other, and what is given up without being lost. The
// table of who waits for whom is in engine/README.md.

#include <chrono>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/reload/rule_reloader.h"
#include "tests/runtime/engine_fixture.h"
#include "tests/runtime/rule_world.h"

namespace tocsin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

RuleReading some_rules(const std::string& name) {
  RuleFolder folder;
  folder.files["rules.yaml"] = "tocsin: 1\nruleset: " + name + "\n";
  return folder.load();
}

RuleSwitch switch_to(const std::string& name) {
  RuleReading reading = some_rules(name);
  return {reading.rules, std::move(reading.packed)};
}

/// A decoder that says when it is called and waits until it may go on.
class HeldDecoders final : public DecoderSet, private SourceDecoder {
 public:
  SourceDecoder* find(std::string_view) override { return this; }
  std::promise<void> reached;
  std::promise<void> goes_on;

 private:
  std::string_view name() const override { return "lines"; }
  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override {
    if (calls_++ == 0) {
      reached.set_value();
      goes_on.get_future().wait();
    }
    return lines_.decode(body, key, batch);
  }

  LineDecoder lines_;
  int calls_ = 0;
};

/// Each test with the shard on its own thread, and helped by the sequencer's.
class EngineStop : public testing::TestWithParam<EngineOptions::ShardWork> {
 protected:
  EngineOptions options() {
    EngineOptions given = small_engine(disk.open(), clock, decoders);
    given.shard_work = GetParam();
    given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
    return given;
  }

  /// An engine whose sink takes nothing, with all that it can hold: outbox, rings, the bound on bytes.
  std::unique_ptr<Engine> begin_full() {
    script.set_up(false);
    EngineOptions given = options();
    given.outbox = {.memory_bytes_max = 1, .disk_bytes_max = 1};
    given.bytes_in_flight_max = 100'000;
    auto engine = begin(std::move(given));
    TestConnector connector(*engine);
    std::string body;
    for (int i = 0; i < 500; ++i) body += "line\n";
    while (connector.submit(body)) connector.wait_for_receipt();
    return engine;
  }

  RuleReloader::Parts reloads_of(Engine& engine) {
    RuleReloader::Parts parts;
    parts.read = [] { return some_rules("other"); };
    parts.pass = [&engine, this](RuleSwitch next) {
      passing.set_value();
      return engine.switch_rules(std::move(next));
    };
    parts.position = [&engine] { return engine.rules_position(); };
    parts.clock = &clock;
    return parts;
  }

  MemoryDisk disk;
  ManualClock clock;
  LineDecoders decoders;
  SinkScript script;
  std::promise<void> passing;  // a reload has its rules and gives them to the engine
};

INSTANTIATE_TEST_SUITE_P(Each, EngineStop,
                         testing::Values(EngineOptions::ShardWork::own_thread, EngineOptions::ShardWork::helped),
                         [](const auto& each) {
                           return each.param == EngineOptions::ShardWork::helped ? "Helped" : "OwnThread";
                         });

TEST_P(EngineStop, AReloadUnderWayAndAFullOutboxDoNotWaitForEachOther) {
  const auto engine = begin_full();
  RuleReloader reloader(reloads_of(*engine), some_rules("mine").rules);
  std::promise<ReloadOutcome> outcome;
  reloader.request([&](const ReloadOutcome& came) { outcome.set_value(came); });
  passing.get_future().wait();
  reloader.begin_stop();
  engine->begin_stop(Duration::zero());
  engine->stop();
  reloader.stop();
  const ReloadOutcome came = outcome.get_future().get();
  if (came.result == ReloadResult::failed) {
    EXPECT_EQ(came.error.code, Refusal::stopping);
  } else {
    EXPECT_EQ(came.result, ReloadResult::switched);
    EXPECT_EQ(came.position, Position{disk.records.size()});
  }
}

TEST_P(EngineStop, AReloadUnderWayEndsAlsoWhenOnlyTheBeginningOfTheStopIsSaid) {
  const auto engine = begin_full();
  RuleReloader reloader(reloads_of(*engine), some_rules("mine").rules);
  reloader.request();
  passing.get_future().wait();
  engine->begin_stop(Duration::zero());
  reloader.stop();  // before the engine's threads end: it waits for the shard, which waits for nobody any more
  EXPECT_GT(engine->rules_position(), Position{0});
  engine->stop();
}

TEST_P(EngineStop, AReloadUnderWayAndAJournalThatFailsDoNotWaitForEachOther) {
  disk.fail_at_append = 0;
  const auto engine = begin(options());
  RuleReloader reloader(reloads_of(*engine), some_rules("mine").rules);
  std::promise<ReloadOutcome> outcome;
  reloader.request([&](const ReloadOutcome& came) { outcome.set_value(came); });
  passing.get_future().wait();
  engine->begin_stop(Duration::zero());
  reloader.stop();
  engine->stop();
  EXPECT_EQ(outcome.get_future().get().error.code, Refusal::storage_failed);
}

TEST_P(EngineStop, ReloadsThatAreAskedForDuringTheStopAreRefusedAtOnce) {
  std::promise<void> reading;
  std::promise<void> goes_on;
  RuleReloader::Parts parts;
  parts.read = [&] {
    reading.set_value();
    goes_on.get_future().wait();
    return some_rules("mine");
  };
  parts.position = [] { return Position{1}; };
  parts.clock = &clock;
  RuleReloader reloader(std::move(parts), some_rules("mine").rules);
  std::vector<Refusal> refused;
  const auto answer = [&](const ReloadOutcome& outcome) { refused.push_back(outcome.error.code); };
  std::promise<ReloadResult> first;
  reloader.request([&](const ReloadOutcome& outcome) { first.set_value(outcome.result); });
  reading.get_future().wait();
  reloader.request(answer);  // waits for the next one, which will not be
  reloader.begin_stop();
  EXPECT_EQ(refused, std::vector<Refusal>{Refusal::stopping});
  reloader.request(answer);
  EXPECT_EQ(refused.size(), 2U);
  goes_on.set_value();
  EXPECT_EQ(first.get_future().get(), ReloadResult::unchanged);  // the one under way comes to its end
  reloader.stop();
}

TEST_P(EngineStop, AQueryThatWasAskedBeforeIsAnsweredAndOneAfterwardsIsRefused) {
  const auto engine = begin_full();
  TestConnector connector(*engine);
  Query query;
  query.ticket = 7;
  query.id = "before";
  ASSERT_TRUE(connector.intake().ask(std::move(query)));
  engine->begin_stop(Duration::zero());
  QueryAnswer answer;
  while (!connector.intake().next_answer(answer)) std::this_thread::yield();
  EXPECT_EQ(answer.ticket, 7U);
  EXPECT_EQ(connector.ask("after").json, "");
  engine->stop();
}

TEST_P(EngineStop, WhatWasSubmittedToAFullEngineHasItsReceipt) {
  const auto engine = begin_full();
  TestConnector connector(*engine);
  engine->begin_stop(Duration::zero());
  EXPECT_FALSE(connector.submit("late"));
  EXPECT_EQ(connector.intake().refusing(), Refusal::stopping);
  engine->stop();
  EXPECT_FALSE(disk.records.empty());
}

TEST_P(EngineStop, DuringTheReplayEndsIt) {
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    for (int i = 0; i < 10; ++i) connector.send("line");
  }
  HeldDecoders held;
  EngineOptions given = options();
  given.decoders = &held;
  auto engine = Engine::open(std::move(given)).value();
  auto recovered = std::async(std::launch::async, [&] { return engine->recover({}); });
  held.reached.get_future().wait();
  engine->begin_stop(Duration::zero());
  held.goes_on.set_value();
  const Result<void> outcome = recovered.get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Refusal::stopping);
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_shard_position 0\n"));
  engine->stop();
  EXPECT_EQ(disk.records.size(), 10U);
}

TEST_P(EngineStop, BeforeTheReplayEndsItAtItsBeginning) {
  auto engine = Engine::open(options()).value();
  engine->begin_stop(Duration::zero());
  const auto outcome = engine->recover({});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Refusal::stopping);
}

TEST_P(EngineStop, BetweenTheReplayAndTheStartIsNotForgotten) {
  auto engine = Engine::open(options()).value();
  ASSERT_TRUE(engine->recover({}));
  engine->begin_stop(Duration::zero());
  engine->start();
  TestConnector connector(*engine);
  EXPECT_EQ(connector.intake().refusing(), Refusal::stopping);
  engine->stop();
}

// The start waits until its rule set is in force, and the shard may have more to tell than a full outbox takes.
TEST_P(EngineStop, AStartThatWaitsForAFullOutboxComesToItsEnd) {
  script.set_up(false);
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    std::string body;
    for (std::size_t i = 0; i < limits::kEffectRingSlots + 1000; ++i) body += "wait 1\n";
    connector.send(body);
    engine->stop(Duration::zero());
  }
  clock.advance(seconds{10});
  EngineOptions given = options();
  given.outbox = {.memory_bytes_max = 1, .disk_bytes_max = 1};
  given.rules = switch_to("mine");
  auto engine = Engine::open(std::move(given)).value();
  ASSERT_TRUE(engine->recover({}));
  std::thread starting([&] { engine->start(); });
  script.wait_until_refused(2);
  engine->begin_stop(Duration::zero());
  starting.join();
  engine->stop();
}

TEST_P(EngineStop, SaysWhichSinkOwesItsWordForHowMuch) {
  script.set_up(false);
  const auto engine = begin(options());
  TestConnector connector(*engine);
  EXPECT_EQ(engine->sinks().at(0).effects_waiting, 0U);
  connector.send("one\ntwo");
  script.wait_until_refused();
  const auto waiting = engine->sinks();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].name, "sink");
  EXPECT_EQ(waiting[0].effects_waiting, 2U);
  engine->stop(Duration::zero());
}

TEST_P(EngineStop, AnEngineThatGaveUpAcceptsNothingWritesNothingAndTellsWhatItAccepted) {
  script.set_up(false);
  const auto engine = begin(options());
  TestConnector connector(*engine);
  EXPECT_TRUE(connector.send("wait 5").durable);
  engine->give_up("the folder is gone");
  engine->give_up("and something else");
  EXPECT_EQ(connector.intake().refusing(), Refusal::storage_failed);
  EXPECT_FALSE(connector.submit("late"));
  const Result<Position> switched = engine->switch_rules(switch_to("other"));
  ASSERT_FALSE(switched);
  EXPECT_EQ(switched.error().message, "the folder is gone");
  clock.advance(seconds{5});  // a deadline is due, and its input could not be kept
  const EngineHealth health = engine->health();
  EXPECT_TRUE(health.has_failed);
  EXPECT_FALSE(health.accepts);
  EXPECT_THAT(health.reasons.front(), HasSubstr("until a restart: the folder is gone"));
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_journal_failed 1"));
  EXPECT_EQ(connector.ask("still").json, "still 1");
  script.set_up(true);
  script.wait_until_taken(1);
  engine->stop();
  EXPECT_EQ(disk.records.size(), 1U);
  EXPECT_EQ(script.taken().size(), 1U);
}

TEST_P(EngineStop, GivingUpBeforeTheStartIsNothing) {
  auto engine = Engine::open(options()).value();
  engine->give_up("too early");
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  TestConnector connector(*engine);
  EXPECT_TRUE(connector.send("one").durable);
}

TEST_P(EngineStop, ARestartKnowsTheLastRulesOfAJournalThatBeginsWithRules) {
  {
    EngineOptions given = options();
    given.rules = switch_to("first");
    const auto engine = begin(std::move(given));
    ASSERT_TRUE(engine->switch_rules(switch_to("second")));
  }
  auto engine = Engine::open(options()).value();
  ASSERT_TRUE(engine->recover({}));
  ASSERT_NE(engine->replayed_rules(), nullptr);
  EXPECT_EQ(engine->replayed_rules()->name, "second");
  engine->start();
  engine->stop();
  EXPECT_EQ(disk.records.size(), 3U) << "two rule sets, and that it began again";
}

TEST_P(EngineStop, AJournalWhoseFirstInputsHadOtherRulesDoesNotKnowThem) {
  {
    const auto engine = begin(options());
    TestConnector connector(*engine);
    connector.send("one");
    ASSERT_TRUE(engine->switch_rules(switch_to("later")));
  }
  auto engine = Engine::open(options()).value();
  ASSERT_TRUE(engine->recover({}));
  EXPECT_EQ(engine->replayed_rules(), nullptr);
}

}  // namespace
}  // namespace tocsin
