// Journals of format 1, as the version before wrote them, made here through RocksDB itself.

#include "engine/runtime/log/carry_over.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/journal/local_storage.h"
#include "engine/runtime/log/real_disk.h"
#include "tests/runtime/log_world.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFirst = 11;  // what is before was cut
constexpr std::uint64_t kLast = 300;

std::string payload_of(std::uint64_t position) {
  return "payload " + std::to_string(position) + std::string(position % 50 * 100, 'x');
}

/// journal_record.h, version 1.
std::string old_record(std::uint64_t position) {
  std::string bytes;
  append_little_endian<std::uint8_t>(bytes, 1);
  append_little_endian<std::uint8_t>(bytes, 1);
  append_little_endian(bytes, static_cast<std::uint64_t>(to_unix_ns(instant_of(position))));
  append_little_endian<std::uint8_t>(bytes, 0);
  append_little_endian<std::uint32_t>(bytes, 0xffffffff);
  append_little_endian<std::uint16_t>(bytes, 7);
  append_little_endian<std::uint16_t>(bytes, 4);
  append_little_endian<std::uint32_t>(bytes, 0);
  append_little_endian<std::uint32_t>(bytes, 0);
  return bytes + "generic" + "acme" + payload_of(position);
}

std::string big_endian(std::uint64_t number) {
  std::string bytes;
  append_big_endian(bytes, number);
  return bytes;
}

const std::string kSeed = "0123456789abcdef";

/// Two lives, so that a part is in tables and a part in RocksDB's log; or one, without entries.
void make_old_journal(const fs::path& folder, bool empty = false) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  const std::vector<rocksdb::ColumnFamilyDescriptor> families{
      {rocksdb::kDefaultColumnFamilyName, {}}, {"journal", {}}, {"outbox", {}}};
  const std::uint64_t middle = 200;
  for (int life = 0; life < 2; ++life) {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(rocksdb::DB::Open(options, folder.string(), families, &handles, &db).ok());
    rocksdb::WriteOptions durable;
    durable.sync = true;
    if (life == 0) {
      ASSERT_TRUE(db->Put(durable, handles[0], "format", "1").ok());
      ASSERT_TRUE(db->Put(durable, handles[0], "key_seed", kSeed).ok());
    }
    if (!empty) {
      ASSERT_TRUE(db->Put(durable, handles[0], "cut", big_endian(kFirst)).ok());
      for (std::uint64_t p = life == 0 ? kFirst - 4 : middle; p <= (life == 0 ? middle - 1 : kLast); ++p)
        ASSERT_TRUE(db->Put(durable, handles[1], big_endian(p), old_record(p)).ok());
      ASSERT_TRUE(db->Put(durable, handles[0], "confirmed/kafka", big_endian(250) + std::string("\0\0\0\3", 4)).ok());
      ASSERT_TRUE(db->Put(durable, handles[2], "kept", "effect").ok());
    }
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }
}

void expect_all(Storage& storage) {
  const auto entries = entries_of(*storage.journal);
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), kLast - kFirst + 1);
  for (std::uint64_t p = kFirst; p <= kLast; ++p) ASSERT_EQ(entries->at({p, 0}), payload_of(p));
  HashKey::Seed seed;
  std::copy(kSeed.begin(), kSeed.end(), seed.begin());
  EXPECT_EQ(storage.journal->key().hash("x"), HashKey(seed).hash("x"));
  EXPECT_EQ(storage.journal->life().epoch, 1u);
  EXPECT_NE(storage.journal->life().journal, 0u);
  EXPECT_EQ(storage.journal->last_position(), Position{kLast});
  EXPECT_EQ(storage.journal->last_instant(), instant_of(kLast));
  EXPECT_EQ(storage.outbox->confirmed("kafka"), (EffectName{Position{250}, 3}));
}

TEST(CarryOver, KeepsEntriesPositionsInstantsKeyAndWhatSinksConfirmed) {
  const TemporaryFolder folder;
  make_old_journal(folder.path());
  {
    auto storage = open_local_storage(folder.path());
    ASSERT_TRUE(storage) << storage.error().message;
    ASSERT_EQ(storage->remarks.size(), 1u);
    EXPECT_NE(storage->remarks[0].find("290 entries"), std::string::npos) << storage->remarks[0];
    expect_all(*storage);
    ASSERT_TRUE(storage->journal->read_from(Position{20}, [&](const JournalEntry& entry) {
      EXPECT_EQ(entry.at, instant_of(20));
      EXPECT_EQ(entry.wall, kUnset);
      EXPECT_EQ(entry.source, "generic");
      EXPECT_EQ(entry.tenant, "acme");
      return false;
    }));
  }
  EXPECT_TRUE(fs::exists(folder.path() / "journal-v1" / "CURRENT"));
  EXPECT_FALSE(fs::exists(folder.path() / "CURRENT"));
  EXPECT_FALSE(fs::exists(folder.path() / "carry.done"));
  auto storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage) << storage.error().message;
  EXPECT_TRUE(storage->remarks.empty());
  expect_all(*storage);
  Entries written;
  ASSERT_TRUE(append_all(*storage->journal, {"new"}, &written));
  EXPECT_TRUE(written.contains({kLast + 1, 1}));
}

TEST(CarryOver, AnEmptyJournalIsCarriedOverToo) {
  const TemporaryFolder folder;
  make_old_journal(folder.path(), true);
  auto storage = open_local_storage(folder.path());
  ASSERT_TRUE(storage) << storage.error().message;
  EXPECT_TRUE(entries_of(*storage->journal)->empty());
  EXPECT_TRUE(append_all(*storage->journal, {"new"}));
}

TEST(CarryOver, WhatRocksDbFindsDamagedIsRefusedAndLeftAlone) {
  const TemporaryFolder folder;
  int files = 0;
  const fs::path whole = folder.path() / "whole";
  make_old_journal(whole);
  for (const auto& file : fs::directory_iterator(whole)) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(".log") && !name.ends_with(".sst")) continue;
    if (file.file_size() < 20'000) continue;  // not the journal's
    SCOPED_TRACE(name);
    ++files;
    const fs::path place = folder.path() / "place";
    fs::remove_all(place);
    fs::copy(whole, place, fs::copy_options::recursive);
    std::fstream stream(place / name, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(static_cast<std::streamoff>(file.file_size() / 2));
    stream.write("damage", 6);
    stream.close();
    const auto storage = open_local_storage(place);
    ASSERT_FALSE(storage);
    EXPECT_EQ(storage.error().code, Refusal::storage_damaged) << storage.error().message;
    EXPECT_TRUE(fs::exists(place / "CURRENT"));
    EXPECT_FALSE(fs::exists(place / "identity"));
    EXPECT_FALSE(open_local_storage(place, {.accept_loss = true}))
        << "there is no part of it that is known to be whole";
  }
  EXPECT_EQ(files, 2) << "a table and RocksDB's log";
}

/// The machine's disk, that does no more from some step on.
class StoppingDisk final : public Disk {
 public:
  StoppingDisk(const fs::path& folder, int steps) : disk_(real_disk(folder)), steps_(steps) {}
  bool has_stopped() const { return steps_ < 0; }

  Result<std::unique_ptr<DiskFile>> open(std::string_view path, DiskUse use) override { return disk_->open(path, use); }
  Result<std::unique_ptr<DiskFile>> create(std::string_view path, std::uint64_t bytes) override {
    if (--steps_ < 0) return stopped();
    return disk_->create(path, bytes);
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    if (--steps_ < 0) return stopped();
    return disk_->rename(from, to);
  }
  Result<void> link(std::string_view from, std::string_view to) override { return disk_->link(from, to); }
  Result<void> remove(std::string_view path) override {
    if (--steps_ < 0) return stopped();
    return disk_->remove(path);
  }
  Result<void> make_folder(std::string_view path) override {
    if (--steps_ < 0) return stopped();
    return disk_->make_folder(path);
  }
  Result<std::vector<std::string>> list(std::string_view folder) override { return disk_->list(folder); }
  Result<void> sync_folder(std::string_view folder) override { return disk_->sync_folder(folder); }
  bool exists(std::string_view path) override { return disk_->exists(path); }
  Result<std::uint64_t> free_bytes() override { return disk_->free_bytes(); }
  std::string full_name(std::string_view path) const override { return disk_->full_name(path); }

 private:
  static std::unexpected<Error> stopped() { return refuse(Refusal::storage_failed, "the test ends here"); }
  std::unique_ptr<Disk> disk_;
  int steps_;
};

TEST(CarryOver, IsFinishedOrBegunAnewWhereverItIsInterrupted) {
  const TemporaryFolder folder(TemporaryFolder::in_memory());
  const fs::path whole = folder.path() / "whole";
  const fs::path place = folder.path() / "place";
  make_old_journal(whole);
  bool finished = false;
  for (int step = 0; !finished; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    ASSERT_LT(step, 200);
    fs::remove_all(place);
    fs::copy(whole, place, fs::copy_options::recursive);
    {
      StoppingDisk disk(place, step);
      std::vector<std::string> remarks;
      finished = carry_over(disk, remarks).has_value();
      EXPECT_EQ(finished, !disk.has_stopped());
    }
    auto storage = open_local_storage(place);
    ASSERT_TRUE(storage) << storage.error().message;
    expect_all(*storage);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tocsin
