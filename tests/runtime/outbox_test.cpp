// The way out, through a whole engine: sinks that fail, differ in speed, restart.

#include "engine/runtime/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runtime/engine_fixture.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

class OutboxTest : public testing::Test {
 protected:
  EngineOptions options() { return small_engine(disk.open(), clock, decoders); }

  static void send(TestConnector& connector, int bodies) {
    for (int i = 0; i < bodies; ++i) ASSERT_TRUE(connector.send("body " + std::to_string(i)).durable);
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

TEST_F(OutboxTest, RefusesToStartWhenASinkConfirmedMoreThanTheJournalHolds) {
  disk.confirmed["sink"] = {Position{7}, 0};
  SinkScript script;
  auto given = options();
  given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
  const auto engine = Engine::open(std::move(given));
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message, testing::HasSubstr("a part of the journal is lost"));
}

}  // namespace
}  // namespace tocsin
