// What was said to be durable is there after a restart, and tells the same story byte for byte.

#include <cstdlib>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/journal/recovery.h"
#include "tests/runtime/engine_fixture.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

using std::chrono::seconds;

const char* const kBodies[] = {"disk full", "good\nbad\nfine", "malformed [", "wait 20\nwait 5", "a\nb\nc", ""};

/// The effects of a replay alone.
std::vector<std::string> replayed_effects(Journal& journal) {
  SmallShard shard;
  LineDecoders decoders;
  std::vector<EffectPtr> all;
  EXPECT_TRUE(replay_inputs(journal, Position{1}, decoders, [&](const Input& input) {
    std::vector<EffectPtr> effects;
    shard.apply(input, effects);
    all.insert(all.end(), effects.begin(), effects.end());
    return true;
  }));
  return values_of(all);
}

/// Two lives of an engine at `open`; the second life's sink is new and sees the whole story.
void expect_the_same_story(const std::function<Storage()>& open) {
  ManualClock clock;
  LineDecoders decoders;
  SinkScript first;
  {
    auto given = small_engine(open(), clock, decoders);
    given.sinks.push_back(std::make_unique<ScriptedSink>("first", first));
    const auto engine = begin(std::move(given));
    TestConnector connector(*engine);
    for (const char* body : kBodies) {
      ASSERT_TRUE(connector.send(body).durable);
      clock.advance(seconds{3});
    }
    first.wait_until_taken(11);
    engine->stop();
  }
  SinkScript second;
  auto given = small_engine(open(), clock, decoders);
  given.sinks.push_back(std::make_unique<ScriptedSink>("second", second));
  auto engine = Engine::open(std::move(given)).value();
  std::vector<RecoveryProgress> progress;
  ASSERT_TRUE(engine->recover([&](const RecoveryProgress& now) { progress.push_back(now); }));
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress.back().position, progress.back().last);
  engine->start();
  second.wait_until_taken(first.taken().size());
  auto seen = values_of(second.taken());
  const auto told = values_of(first.taken());
  EXPECT_EQ(seen, told);
  clock.advance(seconds{60});
  second.wait_until_taken(told.size() + 1);  // deadlines live on
  engine->stop();
}

TEST(EngineRecovery, TellsTheSameStoryFromMemory) {
  MemoryDisk disk;
  expect_the_same_story([&] { return disk.open(); });
}

TEST(EngineRecovery, TellsTheSameStoryFromTheRealDisk) {
  const TemporaryFolder folder;
  expect_the_same_story([&] { return std::move(open_local_storage(folder.path()).value()); });
}

TEST(EngineRecovery, SaysThatItListensAgainBeforeAnythingElse) {
  MemoryDisk disk;
  ManualClock clock;
  LineDecoders decoders;
  for (int life = 0; life < 2; ++life) {
    const auto engine = begin(small_engine(disk.open(), clock, decoders));
    TestConnector connector(*engine);
    ASSERT_TRUE(connector.send("one").durable);
  }
  std::vector<InputKind> kinds;
  ASSERT_TRUE(disk.open().journal->read_from(Position{1}, [&](const JournalEntry& entry) {
    kinds.push_back(entry.kind);
    return true;
  }));
  EXPECT_EQ(kinds, (std::vector{InputKind::alerts, InputKind::started, InputKind::alerts}));
}

TEST(EngineRecoveryDeathTest, ABodyThatNoLongerDecodesStopsTheProcessWithAClearMessage) {
  MemoryDisk disk;
  const std::string packed = pack_body("malformed by today's rules");
  const JournalEntry group[] = {{Position{1}, Instant{}, InputKind::alerts, "lines", "", packed}};
  ASSERT_TRUE(disk.open().journal->append(group));
  const auto journal = disk.open().journal;
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(replayed_effects(*journal), "journal entry 1, a body of source \"lines\".*no longer decodes");
}

TEST(EngineRecovery, DamagedBytesAreAnError) {
  MemoryDisk disk;
  const JournalEntry group[] = {{Position{1}, Instant{}, InputKind::alerts, "lines", "", "damaged"}};
  ASSERT_TRUE(disk.open().journal->append(group));
  const auto journal = disk.open().journal;
  LineDecoders decoders;
  const auto replayed = replay_inputs(*journal, Position{1}, decoders, [](const Input&) { return true; });
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, Refusal::storage_failed);
  EXPECT_THAT(replayed.error().message, testing::HasSubstr("journal entry 1"));
}

// Random bodies from two connectors, time that jumps, sinks that come and go, a disk that fails at a random append and
// keeps a random part of the last group: what had a durable receipt is there, and every life of the engine and every
// replay tell the same effects.
TEST(EngineRecoveryProperty, WhatWasDurableIsThereAndTheStoryIsTheSame) {
  const char* chosen = std::getenv("TOCSIN_SEED");
  const auto first = chosen != nullptr ? static_cast<unsigned>(std::atoi(chosen)) : 1u;
  const auto last = chosen != nullptr ? first : 60u;
  for (unsigned seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const auto draw = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
    MemoryDisk disk;
    ManualClock clock;
    LineDecoders decoders;
    std::map<std::uint64_t, std::string> durable;  // position → body
    std::map<std::string, std::string> told;       // name → value, all lives together
    for (int life = 0; life < 3; ++life) {
      disk.fail_at_append = draw(2) == 0 ? disk.appends + draw(10) : MemoryDisk::kNever;
      disk.entries_that_survive_failure = draw(3);
      SinkScript script;
      script.set_up(draw(3) != 0);
      auto given = small_engine(disk.open(), clock, decoders);
      given.intakes = 2;
      given.sinks.push_back(std::make_unique<ScriptedSink>("sink", script, 1 + draw(4)));
      given.outbox = {.memory_bytes_max = 1 + draw(4000), .disk_bytes_max = 1 << 20};
      const auto engine = begin(std::move(given));
      TestConnector connectors[] = {{*engine, 0}, {*engine, 1}};
      std::map<std::uint64_t, std::string> waiting[2];
      std::uint64_t tickets[2] = {0, 0};
      for (int step = 0; step < 40; ++step) {
        const unsigned who = draw(2);
        switch (draw(5)) {
          case 0:
            clock.advance(seconds{draw(10)});
            break;
          case 1:
            script.set_up(draw(2) == 0);
            break;
          case 2:
            while (!waiting[who].empty()) {
              const Receipt receipt = connectors[who].wait_for_receipt();
              if (receipt.durable) durable[receipt.position.value()] = waiting[who].at(receipt.ticket);
              waiting[who].erase(receipt.ticket);
            }
            break;
          default: {
            const std::string body = kBodies[draw(6)] + ("\nbody " + std::to_string(draw(1000)));
            ++tickets[who];
            if (connectors[who].submit(body)) waiting[who][tickets[who]] = body;
          }
        }
      }
      engine->stop(draw(2) == 0 ? Duration::zero() : Duration{std::chrono::milliseconds{20}});
      for (unsigned who = 0; who < 2; ++who) {
        Receipt receipt;
        while (connectors[who].intake().next_receipt(receipt)) {
          if (receipt.durable) durable[receipt.position.value()] = waiting[who].at(receipt.ticket);
          waiting[who].erase(receipt.ticket);
        }
        ASSERT_TRUE(waiting[who].empty()) << "each submission has its receipt";
      }
      for (const EffectPtr& effect : script.taken()) {
        const auto [at, is_new] = told.emplace(to_text(effect->name), effect->value);
        ASSERT_TRUE(is_new || at->second == effect->value) << at->first;
      }
    }
    const auto journal = disk.open().journal;
    for (const auto& [position, body] : durable) {
      std::string buffer;
      bool found = false;
      ASSERT_TRUE(journal->read_from(Position{position}, [&](const JournalEntry& entry) {
        found = entry.position.value() == position && unpack_body(entry.payload, buffer).value() == body;
        return false;
      }));
      ASSERT_TRUE(found) << "position " << position;
    }
    const auto story = replayed_effects(*journal);
    for (const auto& [name, value] : told)
      ASSERT_NE(std::find(story.begin(), story.end(), name + " " + value), story.end()) << name;
    ASSERT_EQ(replayed_effects(*journal), story);
  }
}

}  // namespace
}  // namespace tocsin
