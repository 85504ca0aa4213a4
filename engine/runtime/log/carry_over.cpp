#include "engine/runtime/log/carry_over.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <rocksdb/db.h>
#include <sys/random.h>

#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/journal/journal_record.h"
#include "engine/runtime/journal/local_database.h"
#include "engine/runtime/log/log_folder.h"
#include "engine/runtime/outbox/local_outbox_store.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {
namespace {

constexpr std::string_view kOldSign = "CURRENT";
constexpr std::string_view kBuilt = "carry.tmp";
constexpr std::string_view kDone = "carry.done";
constexpr std::string_view kOldPlace = "journal-v1";
constexpr std::size_t kGroupBytes = 1 << 20;
constexpr std::string_view kConfirmed = "confirmed/";

std::string in(std::string_view folder, std::string_view name) { return std::string(folder) + "/" + std::string(name); }

bool is_of_rocksdb(std::string_view name) {
  return name == "IDENTITY" || name.starts_with("LOG") || name.starts_with("MANIFEST-") ||
         name.starts_with("OPTIONS-") || name.ends_with(".sst") || name.ends_with(".log") || name.ends_with(".dbtmp");
}

/// A reader leaves no trace in the folder.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// The database of format 1, read only.
class OldDatabase {
 public:
  static Result<std::unique_ptr<OldDatabase>> open(const std::string& folder) {
    rocksdb::DBOptions options;
    options.info_log = std::make_shared<NoLog>();
    // Only a record that was being written when the process ended may be missing, at the end of its log.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.paranoid_checks = true;
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, {}}, {"journal", {}}, {"outbox", {}}};
    auto old = std::make_unique<OldDatabase>();
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::OpenForReadOnly(options, folder, families, &old->handles_, &db);
    if (!status.ok()) return storage_error("cannot open the journal of format 1 in " + folder, status);
    old->db_.reset(db);
    return old;
  }

  ~OldDatabase() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  Result<std::string> meta(std::string_view name) {
    std::string value;
    const auto status = db_->Get(rocksdb::ReadOptions(), handles_[0], slice(name), &value);
    if (!status.ok() && !status.IsNotFound()) return storage_error("cannot read the journal's head", status);
    return value;
  }

  std::unique_ptr<rocksdb::Iterator> entries() { return iterate(1); }
  std::unique_ptr<rocksdb::Iterator> marks() { return iterate(0); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterate(std::size_t family) {
    rocksdb::ReadOptions options;
    options.readahead_size = 2 << 20;
    return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, handles_[family]));
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

Result<LogIdentity> identity_for(OldDatabase& old, const std::string& folder) {
  const auto format = old.meta("format");
  if (!format) return std::unexpected(format.error());
  const auto seed = old.meta("key_seed");
  if (!seed) return std::unexpected(seed.error());
  LogIdentity identity;
  identity.made = WallClock().now();
  std::array<char, sizeof identity.journal + HashKey::kSeedBytes> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return refuse(Refusal::storage_failed, "the operating system gives no random bytes");
  std::memcpy(&identity.journal, random.data(), sizeof identity.journal);
  std::memcpy(identity.seed.data(), random.data() + sizeof identity.journal, identity.seed.size());
  if (format->empty()) return identity;  // it was never begun
  if (*format != "1")
    return refuse(Refusal::storage_failed,
                  "the journal in " + folder + " has format \"" + *format + "\", which this tocsin does not know");
  if (seed->size() != identity.seed.size())
    return refuse(Refusal::storage_damaged, "the journal in " + folder + " has no key");
  std::copy(seed->begin(), seed->end(), identity.seed.begin());
  return identity;
}

/// Copies all entries; the positions of format 1 have no gap.
Result<std::uint64_t> copy_entries(OldDatabase& old, Position cut, LogWriter& writer) {
  std::vector<std::string> records;  // that group's entries borrow from
  std::vector<JournalEntry> group;
  std::size_t bytes = 0;
  std::uint64_t copied = 0;
  const auto flush = [&]() -> Result<void> {
    group.clear();
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Position position{writer.last().value() + 1 + i};
      auto entry = read_journal_record(position, records[i]);
      if (!entry) return std::unexpected(std::move(entry.error()));
      group.push_back(std::move(*entry));
    }
    if (!group.empty())
      if (auto appended = writer.append(group); !appended) return appended;
    copied += group.size();
    records.clear();
    bytes = 0;
    return {};
  };
  std::uint64_t due = cut.value();
  const auto at = old.entries();
  std::string first;
  append_big_endian(first, due);
  for (at->Seek(slice(first)); at->Valid(); at->Next(), ++due) {
    const std::uint64_t position = ByteReader(view(at->key())).big_endian<std::uint64_t>();
    if (position != due)
      return refuse(Refusal::storage_damaged, "the journal of format 1 lacks entry " + std::to_string(due));
    records.emplace_back(view(at->value()));
    bytes += records.back().size();
    if (bytes < kGroupBytes) continue;
    if (auto flushed = flush(); !flushed) return std::unexpected(std::move(flushed.error()));
  }
  if (!at->status().ok()) return storage_error("cannot read the journal of format 1", at->status());
  if (auto flushed = flush(); !flushed) return std::unexpected(std::move(flushed.error()));
  return copied;
}

Result<void> copy_marks(OldDatabase& old, Disk& disk, const LogIdentity& identity) {
  auto database = open_local_database(disk.full_name(in(kBuilt, kDatabaseFolder)), true);
  if (!database) return std::unexpected(std::move(database.error()));
  const auto at = old.marks();
  rocksdb::WriteOptions durable;
  durable.sync = true;
  for (at->Seek(slice(kConfirmed)); at->Valid() && at->key().starts_with(slice(kConfirmed)); at->Next()) {
    ByteReader reader(view(at->value()));
    EffectName name;
    name.position = Position{reader.big_endian<std::uint64_t>()};
    name.index = reader.big_endian<std::uint32_t>();
    name.life.journal = identity.journal;
    if (!reader.ok())
      return refuse(Refusal::storage_damaged, "what a sink confirmed cannot be read: " + at->key().ToString());
    const auto status = (*database)->db->Put(durable, (*database)->meta, at->key(), slice(confirmed_value(name)));
    if (!status.ok()) return storage_error("cannot carry over what a sink confirmed", status);
  }
  if (!at->status().ok()) return storage_error("cannot read what sinks confirmed", at->status());
  return {};
}

Result<std::uint64_t> build(Disk& disk) {
  const std::string folder = disk.full_name("");
  auto old = OldDatabase::open(folder);
  if (!old) return std::unexpected(std::move(old.error()));
  auto identity = identity_for(**old, folder);
  if (!identity) return std::unexpected(std::move(identity.error()));
  const auto cut_text = (*old)->meta("cut");
  if (!cut_text) return std::unexpected(cut_text.error());
  Position cut{1};
  if (cut_text->size() == sizeof(std::uint64_t)) cut = Position{ByteReader(*cut_text).big_endian<std::uint64_t>()};

  if (auto removed = remove_all(disk, kBuilt); !removed) return std::unexpected(std::move(removed.error()));
  const std::string log = in(kBuilt, kLogFolder);
  for (const std::string& path : {std::string(kBuilt), log})
    if (auto made = disk.make_folder(path); !made) return std::unexpected(std::move(made.error()));
  LogIdentity epoch_0 = *identity;
  LogWriter writer(disk, log, epoch_0, {}, nullptr);
  if (auto begun = writer.begin_segment(cut, kUnset, 0); !begun) return std::unexpected(std::move(begun.error()));
  const auto copied = copy_entries(**old, cut, writer);
  if (!copied) return copied;

  identity->epoch = 1;
  LogWriter next(disk, log, *identity, {}, nullptr);
  next.go_on(writer.segments(), writer.last(), writer.last_at(), writer.chain());
  if (auto begun = next.begin_segment(Position{next.last().value() + 1}, next.last_at(), 0); !begun)
    return std::unexpected(std::move(begun.error()));
  LogMark mark;
  mark.journal = identity->journal;
  mark.position = next.last();
  mark.at = next.last_at();
  mark.segment = next.segments().back().name;
  mark.end = next.segments().back().end;
  mark.chain = next.chain();
  mark.oldest = next.segments().front().name;
  mark.cut = cut;
  if (auto made = make_mark_file(disk, in(kBuilt, kMarkFile), mark); !made) return std::unexpected(made.error());
  if (auto made = replace_file(disk, in(kBuilt, kIdentityFile), block_of(*identity)); !made)
    return std::unexpected(made.error());
  if (auto marks = copy_marks(**old, disk, *identity); !marks) return std::unexpected(std::move(marks.error()));
  if (auto synced = disk.sync_folder(kBuilt); !synced) return std::unexpected(std::move(synced.error()));
  return copied;
}

Result<void> finish(Disk& disk) {
  if (auto made = disk.make_folder(kOldPlace); !made) return made;
  if (disk.exists(kOldSign)) {
    const auto names = disk.list("");
    if (!names) return std::unexpected(names.error());
    for (const std::string& name : *names)
      if (is_of_rocksdb(name))
        if (auto moved = disk.rename(name, in(kOldPlace, name)); !moved) return moved;
    if (auto synced = disk.sync_folder(kOldPlace); !synced) return synced;
    if (auto moved = disk.rename(kOldSign, in(kOldPlace, kOldSign)); !moved) return moved;
    if (auto synced = disk.sync_folder(kOldPlace); !synced) return synced;
    if (auto synced = disk.sync_folder(""); !synced) return synced;
  }
  const auto names = disk.list(kDone);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names)
    if (auto moved = disk.rename(in(kDone, name), name); !moved) return moved;
  if (auto synced = disk.sync_folder(""); !synced) return synced;
  if (auto removed = disk.remove(kDone); !removed) return removed;
  return disk.sync_folder("");
}

}  // namespace

bool is_journal_of_format_1(Disk& disk) { return disk.exists(kOldSign) && !disk.exists(kDone); }

Result<void> discard_unfinished_carry(Disk& disk) {
  if (!disk.exists(kBuilt)) return {};
  return remove_all(disk, kBuilt);
}

Result<void> carry_over(Disk& disk, std::vector<std::string>& remarks) {
  if (disk.exists(kDone)) return finish(disk);
  if (!is_journal_of_format_1(disk)) return {};
  const auto copied = build(disk);
  if (!copied) {
    static_cast<void>(discard_unfinished_carry(disk));
    return std::unexpected(copied.error());
  }
  if (auto renamed = disk.rename(kBuilt, kDone); !renamed) return renamed;
  if (auto synced = disk.sync_folder(""); !synced) return synced;
  if (auto finished = finish(disk); !finished) return finished;
  remarks.push_back("the journal of format 1 in " + disk.full_name("") +
                    " was carried over: " + std::to_string(*copied) + " entries. Its old files are in " +
                    disk.full_name(kOldPlace) + " and may be removed");
  return {};
}

}  // namespace tocsin
