// The engine in one piece, from intake to sink, with a small shard whose every effect is known.

#include "engine/runtime/engine.h"

#include <future>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/intake/intake_lane.h"
#include "tests/runtime/engine_fixture.h"
#include "tests/runtime/manual_clock.h"

namespace tocsin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

/// Each test with the shard on its own thread, and helped by the sequencer's.
class EngineTest : public testing::TestWithParam<EngineOptions::ShardWork> {
 protected:
  EngineOptions options() {
    EngineOptions options = small_engine(disk.open(), clock, decoders);
    options.shard_work = GetParam();
    return options;
  }
  std::unique_ptr<Sink> sink(std::string name = "sink") {
    return std::make_unique<ScriptedSink>(std::move(name), script);
  }

  MemoryDisk disk;
  ManualClock clock;
  LineDecoders decoders;
  SinkScript script;
};

INSTANTIATE_TEST_SUITE_P(Each, EngineTest,
                         testing::Values(EngineOptions::ShardWork::own_thread, EngineOptions::ShardWork::helped),
                         [](const auto& each) {
                           return each.param == EngineOptions::ShardWork::helped ? "Helped" : "OwnThread";
                         });

TEST_P(EngineTest, ABodyBecomesDurableThenItsEffectsReachTheSink) {
  auto given = options();
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  const Receipt receipt = connector.send("disk full\nnode down");
  EXPECT_EQ(receipt.ticket, 1u);
  EXPECT_TRUE(receipt.durable);
  EXPECT_EQ(receipt.position, Position{1});
  EXPECT_EQ(disk.records.size(), 1u);
  script.wait_until_taken(2);
  const auto taken = script.taken();
  EXPECT_EQ(taken[1]->name, (EffectName{Position{1}, 1}));
  EXPECT_THAT(taken[1]->value, HasSubstr("node down"));
  EXPECT_EQ(taken[1]->at, clock.now());
}

TEST_P(EngineTest, RefusedThingsBecomeDeadLettersWithTheirBytes) {
  auto given = options();
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  EXPECT_TRUE(connector.send("malformed {").durable);
  EXPECT_TRUE(connector.send("good\nbad\nfine").durable);
  script.wait_until_taken(4);
  const auto taken = script.taken();
  EXPECT_EQ(taken[0]->kind, EffectKind::dead_letter);
  EXPECT_THAT(taken[0]->value, HasSubstr("as the test wants: malformed {"));
  EXPECT_EQ(taken[3]->kind, EffectKind::dead_letter);
  EXPECT_THAT(taken[3]->value, HasSubstr("1 of good\nbad\nfine"));
}

TEST_P(EngineTest, TimePassesAtTheNextDeadlineOnly) {
  auto given = options();
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  const Instant began = clock.now();
  connector.send("wait 60\nwait 30");
  script.wait_until_taken(2);
  clock.advance(seconds{10});  // nothing is due
  clock.advance(seconds{20});
  script.wait_until_taken(3);
  clock.advance(seconds{3000});  // long after the next one
  script.wait_until_taken(4);
  connector.send("wait 5");
  script.wait_until_taken(5);
  clock.advance(seconds{5});
  script.wait_until_taken(6);
  engine->stop();

  const auto taken = script.taken();
  EXPECT_THAT(taken[2]->value, HasSubstr("due wait 30"));
  EXPECT_EQ(taken[2]->at, began + seconds{30});
  EXPECT_EQ(taken[3]->at, began + seconds{3030});
  EXPECT_THAT(taken[5]->value, HasSubstr("due wait 5"));
  EXPECT_EQ(disk.records.size(), 5u);  // two bodies, three deadlines, no tick
}

TEST_P(EngineTest, InstantsDoNotGoBackWhenTheClockDoes) {
  auto given = options();
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  connector.send("one");
  const Instant before = clock.now();
  clock.step(-seconds{3600});
  EXPECT_TRUE(connector.send("two").durable);
  script.wait_until_taken(2);
  EXPECT_EQ(script.taken()[1]->at, before);
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_clock_jumps_total{direction=\"back\"} 1"));
}

TEST_P(EngineTest, QueriesAreAnsweredFromTheStateAfterTheLastInput) {
  const auto engine = begin(options());
  TestConnector connector(*engine);
  connector.send("one");
  connector.send("two");
  EXPECT_TRUE(connector.ask("what").json.starts_with("what "));
  const auto answer = connector.ask("again");
  EXPECT_EQ(answer.ticket, 4u);
}

TEST_P(EngineTest, SeveralConnectorsAreServedAndEachGetsItsOwnReceipts) {
  auto given = options();
  given.intakes = 3;
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  constexpr int kBodies = 200;
  std::vector<std::thread> threads;
  std::vector<std::vector<std::uint64_t>> positions(3);
  for (std::size_t i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      TestConnector connector(*engine, i);
      int due = 0;
      for (int body = 0; body < kBodies; ++body) {
        due += connector.submit("body " + std::to_string(body));
        if (body % 7 == 0)
          for (; due > 0; --due) positions[i].push_back(connector.wait_for_receipt().position.value());
        if (body % 11 == 0) connector.ask("q");
      }
      for (; due > 0; --due) positions[i].push_back(connector.wait_for_receipt().position.value());
    });
  for (std::thread& thread : threads) thread.join();
  script.wait_until_taken(3 * kBodies);
  std::vector<std::uint64_t> all;
  for (const auto& of_one : positions) {
    EXPECT_TRUE(std::is_sorted(of_one.begin(), of_one.end()));
    all.insert(all.end(), of_one.begin(), of_one.end());
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 3u * kBodies);
  EXPECT_EQ(all.front(), 1u);
  EXPECT_EQ(all.back(), 3u * kBodies);
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

TEST_P(EngineTest, WithoutSpaceBodiesAreRefusedAndItGoesOnByItselfWhenThereIsSome) {
  auto given = options();
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  EXPECT_TRUE(connector.send("wait 5").durable);
  script.wait_until_taken(1);
  disk.is_full = true;
  const Receipt receipt = connector.send("two");
  EXPECT_FALSE(receipt.durable);
  EXPECT_EQ(receipt.refusal, Refusal::storage_full);
  EXPECT_EQ(connector.intake().refusing(), Refusal::storage_full);
  EXPECT_FALSE(connector.submit("three"));
  EXPECT_FALSE(engine->health().accepts);
  ASSERT_FALSE(engine->health().reasons.empty());
  EXPECT_THAT(engine->health().reasons[0], HasSubstr("there is no room on the test's disk"));
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_journal_full 1"));
  EXPECT_EQ(connector.ask("still").json, "still 1");
  EXPECT_EQ(engine->switch_rules({}).error().code, Refusal::storage_full);
  clock.advance(seconds{6});  // a deadline comes due meanwhile: it is owed

  disk.is_full = false;
  script.wait_until_taken(2);  // the deadline's effect: nobody asked
  EXPECT_THAT(script.taken()[1]->value, HasSubstr("due wait 5"));
  EXPECT_EQ(connector.intake().refusing(), std::nullopt);
  EXPECT_TRUE(connector.send("four").durable);
  EXPECT_TRUE(engine->health().accepts);
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_journal_full 0"));
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_journal_full_total 1"));
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_journal_failed 0"));
}

TEST_P(EngineTest, AStartWithoutSpaceSaysThatItListensAgainAsSoonAsThereIsSome) {
  {
    const auto engine = begin(options());
    EXPECT_TRUE(TestConnector(*engine).send("one").durable);
  }
  disk.is_full = true;
  const auto engine = begin(options());
  TestConnector connector(*engine);
  EXPECT_FALSE(connector.send("two").durable);
  disk.is_full = false;
  while (connector.intake().refusing()) std::this_thread::yield();
  EXPECT_TRUE(connector.send("three").durable);
  std::vector<InputKind> kinds;
  for (const auto& [position, record] : disk.records) kinds.push_back(read_journal_record(position, record)->kind);
  EXPECT_EQ(kinds, (std::vector{InputKind::alerts, InputKind::started, InputKind::alerts}));
}

TEST_P(EngineTest, AStopWhileThereIsNoSpaceEnds) {
  const auto engine = begin(options());
  TestConnector connector(*engine);
  disk.is_full = true;
  EXPECT_FALSE(connector.send("one").durable);
  engine->stop();
}

TEST_P(EngineTest, AfterAStorageFailureNothingIsAcceptedAndQueriesAreStillAnswered) {
  disk.fail_at_append = 2;
  auto given = options();
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  EXPECT_TRUE(connector.send("one").durable);
  EXPECT_TRUE(connector.send("two").durable);
  EXPECT_EQ(connector.intake().refusing(), std::nullopt);
  const Receipt receipt = connector.send("three");
  EXPECT_FALSE(receipt.durable);
  EXPECT_EQ(receipt.refusal, Refusal::storage_failed);
  EXPECT_EQ(receipt.position, Position{0});
  EXPECT_EQ(connector.intake().refusing(), Refusal::storage_failed);
  EXPECT_FALSE(connector.submit("four"));
  script.wait_until_taken(2);  // durable is not applied yet
  EXPECT_EQ(connector.ask("still").json, "still 2");

  const EngineHealth health = engine->health();
  EXPECT_FALSE(health.accepts);
  ASSERT_FALSE(health.reasons.empty());
  EXPECT_THAT(health.reasons[0], HasSubstr("the test's disk is full"));
  EXPECT_THAT(engine->metrics(), HasSubstr("tocsin_journal_failed 1"));
  script.wait_until_taken(2);
  engine->stop();
  EXPECT_EQ(script.taken().size(), 2u);
}

/// A shard that is busy until the test lets it go.
class BusyShard final : public ShardPort {
 public:
  explicit BusyShard(std::shared_future<void> go) : go_(std::move(go)) {}
  void apply(const Input& input, std::vector<EffectPtr>& effects) override {
    go_.wait();
    shard_.apply(input, effects);
  }
  Instant next_deadline() const override { return shard_.next_deadline(); }
  const ShardCounts& counts() const override { return shard_.counts(); }
  QueryAnswer answer(const Query& query) const override { return shard_.answer(query); }

 private:
  std::shared_future<void> go_;
  SmallShard shard_;
};

TEST_P(EngineTest, BytesInFlightAreBounded) {
  std::promise<void> go;
  auto given = options();
  given.sinks.push_back(sink());
  given.make_shard = [future = go.get_future().share()](const HashKey&) { return std::make_unique<BusyShard>(future); };
  given.bytes_in_flight_max = 500'000;
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  // A shard that does not keep up fills the bound on bytes: the sender is refused, not lost.
  std::string body;
  for (int i = 0; i < 500; ++i) body += "line\n";
  std::size_t durable = 0;
  while (connector.submit(body)) durable += connector.wait_for_receipt().durable;
  EXPECT_EQ(connector.intake().refusing(), Refusal::overloaded);
  EXPECT_GE(durable, 3u);

  go.set_value();
  script.wait_until_taken(durable * 500);
  while (connector.intake().refusing()) connector.ask("until the shard has caught up");
  EXPECT_TRUE(connector.send(body).durable);
}

TEST(IntakeLane, WhatWasMadeOfABodyCountsAsInFlightToo) {
  Gate gate;
  ShardFeed feed;
  ManualClock clock;
  IntakeLane lane(gate, feed, clock);
  Submission submission;
  submission.body_bytes = 1000;
  submission.payload = std::string(400, 'x');
  submission.batch = std::make_unique<AlertBatch>();
  submission.batch->alerts.reserve(20);
  submission.batch->label_pool.reserve(300);
  submission.batch->arena.allocate(100'000);
  ASSERT_TRUE(lane.submit(std::move(submission)));
  EXPECT_GE(gate.bytes_in_flight, static_cast<std::int64_t>(101'400 + 20 * sizeof(Alert) + 300 * sizeof(Label)));
  Waiting waiting;
  ASSERT_TRUE(lane.take(waiting));
  EXPECT_EQ(gate.bytes_in_flight, static_cast<std::int64_t>(waiting.cost_bytes));
}

TEST_P(EngineTest, AFullSubmissionRingRefusesUntilReceiptsAreTaken) {
  const auto engine = begin(options());
  TestConnector connector(*engine);
  std::size_t taken = 0;
  while (connector.submit("x")) ++taken;
  EXPECT_EQ(taken, limits::kSubmissionRingSlots);
  EXPECT_EQ(connector.intake().refusing(), Refusal::overloaded);
  Submission refused = connector.make("y");
  const std::string payload = refused.payload;
  EXPECT_FALSE(connector.intake().submit(std::move(refused)));
  EXPECT_EQ(refused.payload, payload);
  EXPECT_NE(refused.batch, nullptr);
  for (std::size_t i = 0; i < taken; ++i) EXPECT_TRUE(connector.wait_for_receipt().durable);
  EXPECT_TRUE(connector.submit("z"));
}

TEST_P(EngineTest, AfterStopWhatWasSubmittedHasItsReceiptAndTheRestIsRefused) {
  auto given = options();
  given.sinks.push_back(sink());
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(connector.submit("x"));
  engine->stop();
  for (int i = 0; i < 100; ++i) {
    Receipt receipt;
    ASSERT_TRUE(connector.intake().next_receipt(receipt));
    EXPECT_TRUE(receipt.durable);
  }
  EXPECT_EQ(connector.intake().refusing(), Refusal::stopping);
  EXPECT_FALSE(connector.submit("y"));
  EXPECT_EQ(connector.ask("z").json, "");
  EXPECT_EQ(script.taken().size(), 100u);
  EXPECT_EQ(disk.confirmed["sink"], (EffectName{Position{100}, 0}));
  engine->stop();  // twice is fine
}

TEST_P(EngineTest, StopDoesNotWaitForASinkThatIsDown) {
  script.set_up(false);
  auto given = options();
  given.sinks.push_back(sink());
  given.outbox = {.memory_bytes_max = 1};
  const auto engine = begin(std::move(given));
  TestConnector connector(*engine);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(connector.submit("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl"));
  engine->stop(Duration::zero());
  EXPECT_EQ(disk.records.size(), 500u);
  EXPECT_TRUE(script.taken().empty());
}

TEST_P(EngineTest, ListenersHearLiveEffectsBeforeTheSinks) {
  auto given = options();
  given.sinks.push_back(sink());
  auto engine = Engine::open(std::move(given)).value();
  std::promise<std::string> heard;
  engine->on_effect([&](const EffectPtr& effect) { heard.set_value(effect->value); });
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  TestConnector connector(*engine);
  connector.send("one");
  EXPECT_THAT(heard.get_future().get(), HasSubstr("one"));
}

TEST_P(EngineTest, MetricsAddUp) {
  auto given = options();
  given.sinks.push_back(sink());
  auto engine = Engine::open(std::move(given)).value();
  engine->on_scrape([](MetricsPage&) {});
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  TestConnector connector(*engine);
  connector.send("one\nmended two\nbad");
  connector.send("malformed");
  script.wait_until_taken(4);
  engine->stop();
  const std::string text = engine->metrics();
  for (const char* line :
       {"tocsin_alerts_received_total{source=\"lines\"} 3\n", "tocsin_alerts_new_total 2\n",
        "tocsin_alerts_refused_total{reason=\"bad_value\"} 1\n",
        "tocsin_alerts_mended_total{source=\"lines\",kind=\"status\"} 1\n",
        "tocsin_alerts_mended_total{source=\"lines\",kind=\"blanks\"} 1\n",
        "tocsin_alerts_mended_total{source=\"lines\",kind=\"number\"} 0\n",
        "tocsin_words_unknown_total{source=\"lines\",field=\"status\",word=\"mended two\"} 1\n",
        "tocsin_bodies_refused_total{reason=\"malformed\"} 1\n", "tocsin_effects_total 4\n",
        "tocsin_effects_confirmed_total{sink=\"sink\"} 4\n", "tocsin_effects_waiting{sink=\"sink\"} 0\n",
        "tocsin_journal_entries_total 2\n", "tocsin_received_to_durable_seconds_count 2\n",
        "tocsin_received_to_effect_seconds_count 2\n", "tocsin_effect_to_confirmed_seconds_count{sink=\"sink\"} 4\n",
        "tocsin_build_info{version=\"test\"} 1\n", "tocsin_bytes_in_flight 0\n", "tocsin_open_without_close_total 0\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(EngineThreads, EffectsAreTheSameWhoeverAppliesTheInputs) {
  const auto told = [](EngineOptions::ShardWork work) {
    MemoryDisk disk;
    ManualClock clock;
    LineDecoders decoders;
    SinkScript script;
    EngineOptions given = small_engine(disk.open(), clock, decoders);
    given.shard_work = work;
    given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script));
    const auto engine = begin(std::move(given));
    TestConnector connector(*engine);
    std::size_t effects = 0;
    for (int i = 0; i < 200; ++i) {
      std::string body = "alert " + std::to_string(i % 7) + "\nwait " + std::to_string(i % 5 + 1);
      if (i % 9 == 0) body += "\nbad";
      if (i % 31 == 0) body = "malformed";
      EXPECT_TRUE(connector.send(body).durable);
      effects += i % 31 == 0 ? 1 : i % 9 == 0 ? 3 : 2;
      if (i % 10 == 9) {
        script.wait_until_taken(effects);  // all are applied, and their deadlines known
        clock.advance(seconds{6});
        std::size_t due = 0;
        for (int j = i - 9; j <= i; ++j) due += j % 31 == 0 ? 0 : 1;
        effects += due;
        script.wait_until_taken(effects);
      }
    }
    engine->stop();
    return values_of(script.taken());
  };
  EXPECT_EQ(told(EngineOptions::ShardWork::helped), told(EngineOptions::ShardWork::own_thread));
}

TEST_P(EngineTest, SaysHowItIs) {
  script.set_up(false);
  auto given = options();
  given.sinks.push_back(sink());
  auto engine = Engine::open(std::move(given)).value();
  EXPECT_FALSE(engine->health().accepts);
  ASSERT_TRUE(engine->recover({}));
  engine->start();
  TestConnector connector(*engine);
  connector.send("one");
  script.wait_until_refused(2);  // the second time means that the first one's trouble was published
  const EngineHealth health = engine->health();
  EXPECT_TRUE(health.accepts);
  EXPECT_FALSE(health.is_well);
  EXPECT_TRUE(health.reasons.empty());
  ASSERT_EQ(health.remarks.size(), 1u);
  EXPECT_THAT(health.remarks[0],
              testing::MatchesRegex("sink sink: the test switched it off; 1 effect, [0-9]+ bytes waiting"));
  engine->stop(Duration::zero());
  EXPECT_FALSE(engine->health().accepts);
}

}  // namespace
}  // namespace tocsin
