#include "engine/runtime/log/log_journal.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/runtime/log/real_disk.h"
#include "tests/runtime/log_world.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

std::unique_ptr<LogJournal> open_real(const std::filesystem::path& folder) {
  std::shared_ptr<Disk> disk = real_disk(folder);
  LogOptions options;
  options.sizes = {.bytes_min = 64 << 10, .bytes_max = 128 << 10};
  const bool is_new = begin_folder(*disk).value();
  EXPECT_TRUE(!is_new || make_log(*disk, options));
  std::vector<std::string> remarks;
  auto journal = open_log(disk, options, remarks);
  EXPECT_TRUE(journal) << journal.error().message;
  EXPECT_TRUE(end_folder(*disk));
  return journal ? std::move(*journal) : nullptr;
}

// With its thread, over many segments, while others read it.
TEST(LogJournal, IsReadBesideItsWriterAllTheTime) {
  const TemporaryFolder folder(TemporaryFolder::in_memory());
  const auto journal = open_real(folder.path());
  ASSERT_NE(journal, nullptr);
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> ended{false};
  std::thread reader([&] {
    int reads = 0;
    while (!ended || reads == 0) {
      const std::uint64_t at_least = acknowledged;
      const auto beside = open_log_for_reading(real_disk(folder.path()));
      ASSERT_TRUE(beside) << beside.error().message;
      std::uint64_t seen = 0;
      ASSERT_TRUE((*beside)->read_from(Position{1}, [&](const JournalEntry& entry) {
        EXPECT_EQ(entry.position.value(), ++seen);
        return true;
      }));
      ASSERT_GE(seen, at_least);
      ++reads;
    }
  });
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(append_all(*journal, {std::string(static_cast<std::size_t>(i % 40) * 300, 'x')}));
    acknowledged = journal->last_position().value();
  }
  ended = true;
  reader.join();
  EXPECT_GT(journal->segments().size(), 10u);
}

// A process that fills its disk: what was synced is read back before the next try.
TEST(LogJournal, AWriteThatFoundNoSpaceIsMadeUndoneAndTriedAgain) {
  SimulatedDisk disk(8);
  Entries written;
  const auto journal = open_small_log(disk).value();
  ASSERT_TRUE(append_all(*journal, {"one"}, &written));
  disk.fail_at = disk.steps();
  disk.failure = Refusal::storage_full;
  const std::string large(9000, 'x');
  EXPECT_EQ(append_all(*journal, {large}).error().code, Refusal::storage_full);
  EXPECT_EQ(journal->last_position(), Position{1});
  ASSERT_TRUE(append_all(*journal, {"two"}, &written));
  ASSERT_TRUE(append_all(*journal, {"three"}, &written));
  disk.settle(SimulatedDisk::Ending::killed);
  EXPECT_EQ(entries_of(*open_small_log(disk).value()).value(), written);
}

TEST(LogJournal, WhenWhatWasSyncedIsNotWholeAfterAWriteThatFoundNoSpaceItTakesNoMore) {
  SimulatedDisk disk(8);
  const auto journal = open_small_log(disk).value();
  ASSERT_TRUE(append_all(*journal, {"one"}));
  disk.fail_at = disk.steps();
  disk.failure = Refusal::storage_full;
  EXPECT_EQ(append_all(*journal, {"two"}).error().code, Refusal::storage_full);
  disk.bytes("log/0000000001-00000000000000000001.log")[kLogBlockBytes + 200] ^= 1;
  EXPECT_EQ(journal->make_room().error().code, Refusal::storage_failed);
  EXPECT_EQ(append_all(*journal, {"two"}).error().code, Refusal::storage_failed);
}

TEST(LogJournal, AFailedSyncIsFinal) {
  SimulatedDisk disk(8);
  Entries written;
  const auto journal = open_small_log(disk).value();
  ASSERT_TRUE(append_all(*journal, {"one"}, &written));
  disk.fail_at = disk.steps();
  EXPECT_EQ(append_all(*journal, {"two"}).error().code, Refusal::storage_failed);
  EXPECT_EQ(append_all(*journal, {"three"}).error().code, Refusal::storage_failed);
  EXPECT_EQ(journal->make_room().error().code, Refusal::storage_failed);
}

TEST(LogJournal, ASmallDiskIsFilledToTheLastSegmentThatFits) {
  SimulatedDisk disk(8);
  disk.bytes_max = 40 * kLogBlockBytes;  // room for one of 16 blocks, none of 32 behind it, one of 16
  Entries written;
  const auto journal = open_small_log(disk).value();
  Result<void> appended;
  while (appended) appended = append_all(*journal, {std::string(3000, 'x')}, &written);
  EXPECT_EQ(appended.error().code, Refusal::storage_full);
  EXPECT_EQ(journal->segments().size(), 2u);
  EXPECT_EQ(written.size(), 30u);
  disk.bytes_max = SimulatedDisk::kNever;
  ASSERT_TRUE(journal->make_room());
  ASSERT_TRUE(append_all(*journal, {"more"}, &written));
  EXPECT_EQ(entries_of(*journal).value(), written);
}

TEST(LogJournal, ACutThatWasInterruptedIsNoLoss) {
  SimulatedDisk base(8);
  Entries written;
  {
    const auto journal = open_small_log(base).value();
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(append_all(*journal, {std::string(6000, 'x')}, &written));
  }
  base.settle(SimulatedDisk::Ending::killed);
  for (std::uint64_t step = 0; step < 12; ++step) {
    SimulatedDisk disk = base.clone();
    {
      const auto journal = open_small_log(disk).value();
      disk.end_at = disk.steps() + step;
      static_cast<void>(journal->cut_before(Position{50}));
    }
    disk.settle(step % 2 == 0 ? SimulatedDisk::Ending::power_lost : SimulatedDisk::Ending::killed);
    const auto journal = open_small_log(disk);
    ASSERT_TRUE(journal) << journal.error().message;
    const Entries left = entries_of(**journal).value();
    for (std::uint64_t position = 50; position <= 60; ++position) ASSERT_TRUE(left.contains({position, 1}));
    ASSERT_TRUE(append_all(**journal, {"more"}));
  }
}

}  // namespace
}  // namespace tocsin
