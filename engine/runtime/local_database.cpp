#include "engine/runtime/local_database.h"

#include <cstdarg>
#include <limits>
#include <system_error>
#include <vector>

#include <rocksdb/env.h>
#include <rocksdb/table.h>

namespace tocsin {
namespace {

constexpr std::size_t kJournalWriteBufferBytes = 64 << 20;
constexpr std::size_t kOutboxWriteBufferBytes = 16 << 20;
constexpr std::size_t kMetaWriteBufferBytes = 1 << 20;
constexpr std::uint64_t kLogBytesMax = 512 << 20;  // then the quiet column families are flushed, so that logs can go

/// A reader leaves no trace in the folder: RocksDB would put its LOG in the place of the engine's.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions database_options(bool for_reading) {
  rocksdb::DBOptions options;
  if (for_reading) options.info_log = std::make_shared<NoLog>();
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.bytes_per_sync = 1 << 20;
  options.wal_bytes_per_sync = 1 << 20;
  // Logs are not recycled: RocksDB 7.8 switches that off by itself with this recovery mode, the one that gets over a
  // torn tail after a power loss.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_total_wal_size = kLogBytesMax;
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;  // a failed write is final: nothing may be retried behind our back
  options.keep_log_file_num = 2;         // RocksDB's own LOG, for people
  options.max_log_file_size = 4 << 20;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions small_options(std::size_t write_buffer_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = write_buffer_bytes;
  options.compression = rocksdb::kNoCompression;
  return options;
}

rocksdb::ColumnFamilyOptions journal_options() {
  rocksdb::ColumnFamilyOptions options = small_options(kJournalWriteBufferBytes);
  options.max_write_buffer_number = 4;
  // Keys only ever rise, so files never overlap and merging them would be work for nothing.
  options.disable_auto_compactions = true;
  options.level0_file_num_compaction_trigger = std::numeric_limits<int>::max();
  options.level0_slowdown_writes_trigger = std::numeric_limits<int>::max();
  options.level0_stop_writes_trigger = std::numeric_limits<int>::max();
  options.soft_pending_compaction_bytes_limit = 0;
  options.hard_pending_compaction_bytes_limit = 0;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;  // it is read once, from front to back
  table.block_size = 64 << 10;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::unexpected<Error> open_error(const std::string& folder, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (text.find("lock ") != std::string::npos && status.IsIOError())
    return refuse(Refusal::storage_failed, "the data folder " + folder + " is in use by another tocsin");
  return refuse(Refusal::storage_failed, "cannot open the data folder " + folder + ": " + text);
}

}  // namespace

LocalDatabase::~LocalDatabase() {
  if (!db) return;
  for (rocksdb::ColumnFamilyHandle* handle : {meta, journal, outbox})
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
  db->Close();
}

Result<std::shared_ptr<LocalDatabase>> open_local_database(const std::filesystem::path& folder, bool for_reading) {
  auto database = std::make_shared<LocalDatabase>();
  database->folder = folder.string();
  database->for_reading = for_reading;
  std::error_code failure;
  if (for_reading) {
    if (!std::filesystem::exists(folder / "CURRENT", failure))
      return refuse(Refusal::storage_failed, "there is no journal in " + database->folder);
  } else {
    std::filesystem::create_directories(folder, failure);
    if (failure)
      return refuse(Refusal::storage_failed,
                    "cannot make the data folder " + database->folder + ": " + failure.message());
  }

  const std::vector<rocksdb::ColumnFamilyDescriptor> families{
      {rocksdb::kDefaultColumnFamilyName, small_options(kMetaWriteBufferBytes)},
      {"journal", journal_options()},
      {"outbox", small_options(kOutboxWriteBufferBytes)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      for_reading ? rocksdb::DB::OpenForReadOnly(database_options(true), database->folder, families, &handles, &db)
                  : rocksdb::DB::Open(database_options(false), database->folder, families, &handles, &db);
  if (!status.ok()) return open_error(database->folder, status);
  database->db.reset(db);
  database->meta = handles[0];
  database->journal = handles[1];
  database->outbox = handles[2];
  return database;
}

std::unexpected<Error> storage_error(std::string_view doing, const rocksdb::Status& status) {
  return refuse(Refusal::storage_failed, std::string(doing) + ": " + status.ToString());
}

}  // namespace tocsin
