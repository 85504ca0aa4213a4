// What every back end of the journal promises; each runs all of it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/runtime/journal/journal.h"
#include "engine/runtime/journal/local_storage.h"
#include "tests/runtime/memory_journal.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

/// A place where a journal is; open() opens it again, after the one before is gone.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::unique_ptr<Journal> open() = 0;
};

class MemoryPlace final : public Place {
 public:
  std::unique_ptr<Journal> open() override { return std::make_unique<MemoryJournal>(disk_); }

 private:
  MemoryDisk disk_;
};

class LocalPlace final : public Place {
 public:
  std::unique_ptr<Journal> open() override { return std::move(open_local_storage(folder_.path()).value().journal); }

 private:
  TemporaryFolder folder_;
};

struct BackEnd {
  const char* name;
  std::function<std::unique_ptr<Place>()> make;
};

class JournalContract : public testing::TestWithParam<BackEnd> {
 protected:
  JournalContract() : place(GetParam().make()) {}
  std::unique_ptr<Place> place;
};

INSTANTIATE_TEST_SUITE_P(Each, JournalContract,
                         testing::Values(BackEnd{"Memory", [] { return std::make_unique<MemoryPlace>(); }},
                                         BackEnd{"Local", [] { return std::make_unique<LocalPlace>(); }}),
                         [](const auto& each) { return each.param.name; });

Instant second(int n) { return Instant{std::chrono::seconds{n}}; }

JournalEntry body(std::uint64_t position, int at, std::string_view payload) {
  return {Position{position}, second(at), InputKind::alerts, "generic", "acme", payload};
}

std::vector<std::string> payloads_from(Journal& journal, std::uint64_t from) {
  std::vector<std::string> payloads;
  EXPECT_TRUE(journal.read_from(Position{from}, [&](const JournalEntry& entry) {
    payloads.emplace_back(entry.payload);
    return true;
  }));
  return payloads;
}

using Texts = std::vector<std::string>;

TEST_P(JournalContract, BeginsEmptyBeforePosition1) {
  const auto journal = place->open();
  EXPECT_EQ(journal->last_position(), Position{0});
  EXPECT_EQ(journal->last_instant(), kUnset);
  EXPECT_EQ(payloads_from(*journal, 1), Texts{});
}

TEST_P(JournalContract, GivesBackEveryFieldInOrder) {
  const auto journal = place->open();
  const JournalEntry refused{Position{2},
                             second(5),
                             InputKind::refused_body,
                             "generic",
                             "",
                             "bytes",
                             {Refusal::malformed, "not JSON", -1, ""}};
  const JournalEntry group[] = {body(1, 4, "one"), refused, {Position{3}, second(5)}};
  ASSERT_TRUE(journal->append(group));
  EXPECT_EQ(journal->last_position(), Position{3});
  EXPECT_EQ(journal->last_instant(), second(5));

  std::size_t seen = 0;
  ASSERT_TRUE(journal->read_from(Position{1}, [&](const JournalEntry& entry) {
    const JournalEntry& wrote = group[seen++];
    EXPECT_EQ(entry.position, wrote.position);
    EXPECT_EQ(entry.at, wrote.at);
    EXPECT_EQ(entry.kind, wrote.kind);
    EXPECT_EQ(entry.source, wrote.source);
    EXPECT_EQ(entry.tenant, wrote.tenant);
    EXPECT_EQ(entry.payload, wrote.payload);
    EXPECT_EQ(entry.error, wrote.error);
    return true;
  }));
  EXPECT_EQ(seen, 3u);
}

TEST_P(JournalContract, IsThereAfterBeingOpenedAgain) {
  const std::string large(100'000, 'x');
  HashKey::Seed unused{};
  Hash128 hash = HashKey(unused).hash("x");
  {
    const auto journal = place->open();
    hash = journal->key().hash("x");
    const JournalEntry first[] = {body(1, 1, "one"), body(2, 1, "two")};
    const JournalEntry second_group[] = {body(3, 2, large)};
    ASSERT_TRUE(journal->append(first));
    ASSERT_TRUE(journal->append(second_group));
  }
  const auto journal = place->open();
  EXPECT_EQ(journal->last_position(), Position{3});
  EXPECT_EQ(journal->last_instant(), second(2));
  EXPECT_EQ(journal->key().hash("x"), hash);
  EXPECT_EQ(payloads_from(*journal, 1), (Texts{"one", "two", large}));
  const JournalEntry more[] = {body(4, 2, "four")};
  ASSERT_TRUE(journal->append(more));
  EXPECT_EQ(payloads_from(*journal, 3), (Texts{large, "four"}));
}

TEST_P(JournalContract, ReadingBeginsWhereAskedAndEndsWhenTold) {
  const auto journal = place->open();
  const JournalEntry group[] = {body(1, 1, "one"), body(2, 1, "two"), body(3, 1, "three")};
  ASSERT_TRUE(journal->append(group));
  EXPECT_EQ(payloads_from(*journal, 3), Texts{"three"});
  EXPECT_EQ(payloads_from(*journal, 4), Texts{});
  int calls = 0;
  ASSERT_TRUE(journal->read_from(Position{1}, [&](const JournalEntry&) { return ++calls < 2; }));
  EXPECT_EQ(calls, 2);
}

TEST_P(JournalContract, WhatIsCutIsNotReadAnyMoreAndPositionsGoOn) {
  {
    const auto journal = place->open();
    const JournalEntry group[] = {body(1, 1, "one"), body(2, 1, "two"), body(3, 1, "three")};
    ASSERT_TRUE(journal->append(group));
    ASSERT_TRUE(journal->cut_before(Position{3}));
    ASSERT_TRUE(journal->cut_before(Position{2}));  // no way back
    std::vector<std::string> left;
    ASSERT_TRUE(journal->read_from(Position{1}, [&](const JournalEntry& entry) {
      left.emplace_back(entry.payload);
      return true;
    }));
    EXPECT_EQ(left, Texts{"three"});
  }
  const auto journal = place->open();
  EXPECT_EQ(journal->last_position(), Position{3});
  EXPECT_EQ(payloads_from(*journal, 3), Texts{"three"});
  const JournalEntry more[] = {body(4, 1, "four")};
  ASSERT_TRUE(journal->append(more));
  EXPECT_EQ(payloads_from(*journal, 3), (Texts{"three", "four"}));
}

TEST_P(JournalContract, PositionsMayHaveGaps) {
  {
    const auto journal = place->open();
    const JournalEntry group[] = {body(2, 1, "two"), body(5, 1, "five")};
    ASSERT_TRUE(journal->append(group));
    const JournalEntry more[] = {body(1'000'000, 1, "million")};
    ASSERT_TRUE(journal->append(more));
  }
  const auto journal = place->open();
  EXPECT_EQ(journal->last_position(), Position{1'000'000});
  std::vector<std::uint64_t> positions;
  ASSERT_TRUE(journal->read_from(Position{3}, [&](const JournalEntry& entry) {
    positions.push_back(entry.position.value());
    return true;
  }));
  EXPECT_EQ(positions, (std::vector<std::uint64_t>{5, 1'000'000}));
}

TEST_P(JournalContract, APositionThatDoesNotRiseIsOurBug) {
  const auto journal = place->open();
  const JournalEntry first[] = {body(2, 1, "two")};
  ASSERT_TRUE(journal->append(first));
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(static_cast<void>(journal->append(first)), "positions rise");
  const JournalEntry twice[] = {body(3, 1, "three"), body(3, 1, "three")};
  EXPECT_DEATH(static_cast<void>(journal->append(twice)), "positions rise");
}

TEST_P(JournalContract, EntriesSayTheEpochThatTheyWereOf) {
  const auto journal = place->open();
  JournalEntry entry = body(1, 1, "one");
  entry.epoch = 77;
  ASSERT_TRUE(journal->append({&entry, 1}));
  ASSERT_TRUE(journal->read_from(Position{1}, [&](const JournalEntry& read) {
    EXPECT_EQ(read.epoch, journal->life().epoch);
    return true;
  }));
}

TEST_P(JournalContract, LargeGroupsAndManyOfThemAreThere) {
  std::uint64_t position = 0;
  std::vector<std::size_t> sizes;
  {
    const auto journal = place->open();
    for (const std::size_t size : {3'000'000u, 1u, 600'000u, 600'000u, 600'000u, 2'500'000u, 0u, 5'000'000u}) {
      const std::string payload(size, 'x');
      const JournalEntry group[] = {body(++position, 1, payload)};
      ASSERT_TRUE(journal->append(group)) << size;
      sizes.push_back(size);
    }
  }
  const auto journal = place->open();
  std::vector<std::size_t> read;
  for (const std::string& payload : payloads_from(*journal, 1)) read.push_back(payload.size());
  EXPECT_EQ(read, sizes);
  EXPECT_EQ(payloads_from(*journal, 7).size(), 2u);
}

TEST(MemoryJournal, NoSpaceChangesNothingAndMayBeTriedAgain) {
  MemoryDisk disk;
  MemoryJournal journal(disk);
  disk.is_full = true;
  const JournalEntry group[] = {body(1, 1, "one")};
  EXPECT_EQ(journal.append(group).error().code, Refusal::storage_full);
  EXPECT_EQ(journal.make_room().error().code, Refusal::storage_full);
  EXPECT_EQ(journal.last_position(), Position{0});
  disk.is_full = false;
  EXPECT_TRUE(journal.make_room());
  EXPECT_TRUE(journal.append(group));
  EXPECT_EQ(journal.last_position(), Position{1});
}

TEST_P(JournalContract, AnInstantThatGoesBackIsOurBug) {
  const auto journal = place->open();
  const JournalEntry group[] = {body(1, 2, "one"), body(2, 1, "two")};
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(static_cast<void>(journal->append(group)), "do not go back");
}

TEST(MemoryJournal, AFailedAppendIsFinalAndMayLeaveAPart) {
  MemoryDisk disk;
  disk.fail_at_append = 1;
  disk.entries_that_survive_failure = 1;
  {
    MemoryJournal journal(disk);
    const JournalEntry first[] = {body(1, 1, "one")};
    const JournalEntry second_group[] = {body(2, 1, "two"), body(3, 1, "three")};
    ASSERT_TRUE(journal.append(first));
    EXPECT_EQ(journal.append(second_group).error().code, Refusal::storage_failed);
    EXPECT_EQ(journal.append(second_group).error().code, Refusal::storage_failed);
    EXPECT_EQ(journal.last_position(), Position{1});
  }
  MemoryJournal journal(disk);
  EXPECT_EQ(payloads_from(journal, 1), (Texts{"one", "two"}));
}

}  // namespace
}  // namespace tocsin
