#include "engine/runtime/journal/local_storage.h"

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "engine/runtime/outbox/effect_record.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

JournalEntry body(std::uint64_t position, std::string_view payload) {
  return {Position{position}, Instant{}, InputKind::alerts, "generic", "", payload};
}

std::size_t count_entries(Journal& journal) {
  std::size_t entries = 0;
  EXPECT_TRUE(journal.read_from(Position{1}, [&](const JournalEntry&) { return ++entries > 0; }));
  return entries;
}

TEST(LocalStorage, SaysWhenAnotherOneHasTheFolder) {
  const TemporaryFolder folder;
  const auto first = open_local_storage(folder.path());
  ASSERT_TRUE(first);
  const auto second = open_local_storage(folder.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Refusal::storage_failed);
  EXPECT_NE(second.error().message.find("in use by another tocsin"), std::string::npos) << second.error().message;
}

TEST(LocalStorage, IsReadInPlaceWhileAnEngineHasIt) {
  const TemporaryFolder folder;
  auto storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage);
  const JournalEntry group[] = {body(1, "one"), body(2, "two")};
  ASSERT_TRUE(storage->journal->append(group));

  auto reader = open_local_journal_for_reading(folder.path());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(count_entries(**reader), 2u);
  EXPECT_EQ((*reader)->key().hash("x"), storage->journal->key().hash("x"));
  const JournalEntry more[] = {body(3, "three")};
  EXPECT_FALSE((*reader)->append(more));
  EXPECT_TRUE(storage->journal->append(more));  // the engine was not disturbed
}

TEST(LocalStorage, ForReadingItMustBeThere) {
  const TemporaryFolder folder;
  EXPECT_FALSE(open_local_journal_for_reading(folder.path() / "nothing"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "nothing"));
}

TEST(LocalStorage, AFolderThatCannotBeMadeIsAnErrorForPeople) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto storage = open_local_storage(folder.path() / "file" / "data");
  ASSERT_FALSE(storage);
  EXPECT_NE(storage.error().message.find("cannot make the data folder"), std::string::npos);
}

TEST(LocalStorage, EachJournalHasItsOwnKey) {
  const TemporaryFolder one;
  const TemporaryFolder other;
  EXPECT_NE(open_local_storage(one.path())->journal->key().hash("x"),
            open_local_storage(other.path())->journal->key().hash("x"));
}

TEST(LocalStorage, RemembersConfirmedNamesAndForgetsKeptEffectsWhenTold) {
  const TemporaryFolder folder;
  const auto made = [](std::uint64_t position) {
    auto effect = std::make_shared<Effect>();
    effect->name = {Position{position}, 1};
    effect->value = std::to_string(position);
    return EffectPtr(effect);
  };
  {
    auto storage = open_local_storage(folder.path());
    OutboxStore& outbox = *storage->outbox;
    EXPECT_EQ(outbox.confirmed("kafka"), EffectName{});
    const JournalEntry group[] = {body(300, "x")};  // what is confirmed is in the journal
    ASSERT_TRUE(storage->journal->append(group));
    ASSERT_TRUE(outbox.remember_confirmed("kafka", {Position{300}, 7}));
    // "b" and "bb": one name is the beginning of the other. 300 and 2: order of numbers, not of texts.
    const std::vector<EffectPtr> some{made(2), made(300), made(301)};
    ASSERT_TRUE(outbox.keep("b", some));
    ASSERT_TRUE(outbox.keep("bb", std::vector{made(5)}));

    std::vector<EffectPtr> taken;
    ASSERT_GT(outbox.take_back("b", {}, 1, 10, taken).value(), 0u);
    ASSERT_EQ(taken.size(), 1u);  // at least one
    EXPECT_EQ(taken[0]->value, "2");
    ASSERT_GT(outbox.take_back("b", taken.back()->name, 1 << 20, 1, taken).value(), 0u);
    ASSERT_EQ(taken.size(), 2u);  // at most one
    ASSERT_GT(outbox.take_back("b", taken.back()->name, 1 << 20, 10, taken).value(), 0u);
    ASSERT_EQ(taken.size(), 3u);
    EXPECT_EQ(taken[2]->value, "301");
    EXPECT_EQ(outbox.take_back("b", taken.back()->name, 1 << 20, 10, taken).value(), 0u);
    ASSERT_TRUE(outbox.keep("b", std::vector{made(302)}));
    ASSERT_TRUE(outbox.clear_kept());
    EXPECT_EQ(outbox.take_back("b", {}, 1 << 20, 10, taken).value(), 0u);
    EXPECT_EQ(outbox.take_back("bb", {}, 1 << 20, 10, taken).value(), 0u);
  }
  auto storage = open_local_storage(folder.path());
  EXPECT_EQ(storage->outbox->confirmed("kafka"), (EffectName{Position{300}, 7}));
}

TEST(LocalStorage, HoldsWhatIsUndeliverableOverRestartsUntilItIsDropped) {
  const TemporaryFolder folder;
  const auto record = [](std::uint64_t position, std::string topic, std::string why) {
    auto effect = std::make_shared<Effect>();
    effect->name = {Position{position}, 1, 0, {5, 1}};
    effect->value = R"({"revision":1})";
    return Undeliverable{std::move(effect), std::move(topic), std::move(why), from_unix_ns(1'000'000'000)};
  };
  const auto topics_of = [](OutboxStore& store, std::string_view sink, const UndeliverableKey* after) {
    std::vector<std::string> topics;
    EXPECT_TRUE(store.read_held(sink, after, [&](const Undeliverable& one, std::size_t bytes) {
      EXPECT_GT(bytes, one.effect->value.size());
      topics.push_back(std::to_string(one.effect->name.position.value()) + one.topic + ":" + one.why);
      return true;
    }));
    return topics;
  };
  using Topics = std::vector<std::string>;
  {
    auto storage = open_local_storage(folder.path());
    OutboxStore& store = *storage->outbox;
    EXPECT_TRUE(store.hold("kafka", record(300, "b", "large"))->is_new);
    EXPECT_TRUE(store.hold("kafka", record(300, "a", "large"))->is_new);
    EXPECT_TRUE(store.hold("kafka", record(2, "z", "large"))->is_new);
    EXPECT_TRUE(store.hold("kafka2", record(2, "z", "of another sink"))->is_new);
    const HeldChange again = store.hold("kafka", record(300, "a", "larger")).value();
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(again.grown_bytes, 1);
    ASSERT_TRUE(store.clear_kept());  // has nothing to do with them
  }
  auto storage = open_local_storage(folder.path());
  OutboxStore& store = *storage->outbox;
  EXPECT_EQ(topics_of(store, "kafka", nullptr), (Topics{"2z:large", "300a:larger", "300b:large"}));
  const UndeliverableKey first = record(300, "a", "").key();
  EXPECT_EQ(topics_of(store, "kafka", &first), Topics{"300b:large"});
  EXPECT_GT(store.drop_held("kafka", first).value(), 0u);
  EXPECT_EQ(store.drop_held("kafka", first).value(), 0u);
  EXPECT_EQ(topics_of(store, "kafka", nullptr), (Topics{"2z:large", "300b:large"}));
  ASSERT_TRUE(store.drop_all_held("kafka"));
  EXPECT_EQ(topics_of(store, "kafka", nullptr), Topics{});
  EXPECT_EQ(topics_of(store, "kafka2", nullptr), Topics{"2z:of another sink"});
}

TEST(LocalStorage, ADiskWithoutSpaceIsTriedAgainAndWhatWasDurableIsThere) {
  const TemporaryFolder folder;
  const std::string payload(100'000, 'x');
  std::uint64_t durable = 0;
  {
    auto storage = open_local_storage(folder.path());
    ASSERT_TRUE(storage) << storage.error().message;
    // The kernel refuses to let any file grow over a mebibyte: a full disk for one process.
    const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old_limit{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    const rlimit small{(1 << 20) - 4096, old_limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    Result<void> appended;
    for (int i = 0; i < 100 && appended; ++i) {
      const JournalEntry group[] = {body(durable + 1, payload)};
      appended = storage->journal->append(group);
      if (appended) ++durable;
    }
    const auto room = storage->journal->make_room();
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    std::signal(SIGXFSZ, old_action);
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, Refusal::storage_full) << appended.error().message;
    ASSERT_FALSE(room);
    EXPECT_EQ(room.error().code, Refusal::storage_full);
    EXPECT_EQ(storage->journal->last_position(), Position{durable});
    // There is room again: it goes on.
    ASSERT_TRUE(storage->journal->make_room());
    const JournalEntry group[] = {body(++durable, payload)};
    EXPECT_TRUE(storage->journal->append(group));
  }
  const auto storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage) << storage.error().message;
  EXPECT_EQ(storage->journal->last_position(), Position{durable});
  EXPECT_EQ(count_entries(*storage->journal), durable);
  EXPECT_GE(durable, 9u);
}

TEST(LocalStorage, CuttingGivesTheDiskBack) {
  const TemporaryFolder folder;
  auto storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage);
  const auto bytes_on_disk = [&] {
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder.path() / "log"))
      if (file.path().filename() != "next") bytes += file.file_size();
    return bytes;
  };
  const std::string payload(100'000, 'x');
  for (std::uint64_t position = 1; position <= 40; ++position) {
    const JournalEntry group[] = {body(position, payload)};
    ASSERT_TRUE(storage->journal->append(group));
  }
  const auto before = bytes_on_disk();
  ASSERT_TRUE(storage->journal->cut_before(Position{15}));
  EXPECT_EQ(bytes_on_disk(), before - (1 << 20));  // whole files only
  EXPECT_EQ(count_entries(*storage->journal), 26u);
  storage = {};
  storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage) << storage.error().message;
  EXPECT_EQ(count_entries(*storage->journal), 26u);
}

TEST(LocalStorage, ASinksMarkOfAnotherJournalIsRefused) {
  const TemporaryFolder one;
  const TemporaryFolder other;
  for (const TemporaryFolder* folder : {&one, &other}) {
    auto storage = open_local_storage(folder->path());
    const JournalEntry group[] = {body(1, "one"), body(2, "two")};
    ASSERT_TRUE(storage->journal->append(group));
    ASSERT_TRUE(storage->outbox->remember_confirmed("kafka", {Position{2}, 0}));
  }
  std::filesystem::remove_all(one.path() / "db");
  std::filesystem::rename(other.path() / "db", one.path() / "db");
  const auto refused = open_local_storage(one.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::storage_damaged);
  EXPECT_NE(refused.error().message.find("belongs to another journal"), std::string::npos) << refused.error().message;
  const auto accepted = open_local_storage(one.path(), {.accept_loss = true});
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->outbox->confirmed("kafka"), EffectName{});
  EXPECT_EQ(count_entries(*accepted->journal), 2u);
}

TEST(LocalStorage, WhatASinkConfirmedAndTheJournalLacksIsRefused) {
  const TemporaryFolder folder;
  {
    auto storage = open_local_storage(folder.path());
    const JournalEntry group[] = {body(1, "one")};
    ASSERT_TRUE(storage->journal->append(group));
    ASSERT_TRUE(storage->outbox->remember_confirmed("kafka", {Position{7}, 0}));
  }
  const auto refused = open_local_storage(folder.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::storage_damaged);
  EXPECT_NE(refused.error().message.find("sink \"kafka\""), std::string::npos) << refused.error().message;
  const auto accepted = open_local_storage(folder.path(), {.accept_loss = true});
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_GT(accepted->journal->last_position(), Position{7 + (1 << 20) - 1});
  EXPECT_EQ(accepted->journal->life().epoch, 2u);
}

TEST(LocalStorage, AJournalThatEndsBeforeWhatItToldGoesOnAboveIt) {
  const TemporaryFolder folder;
  std::uint64_t id = 0;
  {
    auto storage = open_local_storage(folder.path());
    const JournalEntry group[] = {body(1, "one")};
    ASSERT_TRUE(storage->journal->append(group));
    id = storage->journal->life().journal;
  }
  StorageOptions how;
  how.told = {{"kafka", {Position{900}, 3, 0, {id + 1, 1}}}};
  EXPECT_TRUE(open_local_storage(folder.path(), how)) << "another journal told that";
  how.told.push_back({"kafka", {Position{7}, 0, 0, {id, 1}}});
  const auto refused = open_local_storage(folder.path(), how);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::storage_damaged);
  how.accept_loss = true;
  const auto accepted = open_local_storage(folder.path(), how);
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_GE(accepted->journal->last_position(), Position{7 + (1 << 20)});
  EXPECT_EQ(accepted->journal->life().epoch, 2u);
}

TEST(LocalStorage, WhatAKilledProcessLeftHalfMadeIsGivenBackBeforeSpaceIsLookedAt) {
  const TemporaryFolder folder;
  ASSERT_TRUE(open_local_storage(folder.path()));
  std::filesystem::create_directories(folder.path() / "carry.tmp" / "log");
  std::filesystem::create_directories(folder.path() / "log.tmp");
  for (const char* name : {"carry.tmp/log/1", "log.tmp/2", "mark.new", "identity.new", "log/next"})
    std::ofstream(folder.path() / name) << "bytes";
  const auto storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage) << storage.error().message;
  for (const char* name : {"carry.tmp", "log.tmp", "mark.new", "identity.new"})
    EXPECT_FALSE(std::filesystem::exists(folder.path() / name)) << name;
}

TEST(LocalStorage, AStartThatWasInterruptedWhileTheFolderWasMadeBeginsAnew) {
  const TemporaryFolder folder;
  ASSERT_TRUE(open_local_storage(folder.path()));
  std::ofstream(folder.path() / "unfinished") << "";
  std::filesystem::remove(folder.path() / "identity");
  const auto storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage) << storage.error().message;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "unfinished"));
}

}  // namespace
}  // namespace tocsin
