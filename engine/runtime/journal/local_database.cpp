#include "engine/runtime/journal/local_database.h"

#include <vector>

namespace tocsin {
namespace {

constexpr std::size_t kOutboxWriteBufferBytes = 16 << 20;
constexpr std::size_t kMetaWriteBufferBytes = 1 << 20;
constexpr std::uint64_t kLogBytesMax = 64 << 20;  // then the quiet column family is flushed, so that logs can go

rocksdb::DBOptions database_options(bool make) {
  rocksdb::DBOptions options;
  options.create_if_missing = make;
  options.create_missing_column_families = make;
  options.bytes_per_sync = 1 << 20;
  options.wal_bytes_per_sync = 1 << 20;
  // What is torn off its end after a power loss are the newest marks of sinks: what is behind older ones is sent again.
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

}  // namespace

LocalDatabase::~LocalDatabase() {
  if (!db) return;
  for (rocksdb::ColumnFamilyHandle* handle : {meta, outbox})
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
  db->Close();
}

Result<std::shared_ptr<LocalDatabase>> open_local_database(const std::filesystem::path& folder, bool make) {
  const std::vector<rocksdb::ColumnFamilyDescriptor> families{
      {rocksdb::kDefaultColumnFamilyName, small_options(kMetaWriteBufferBytes)},
      {"outbox", small_options(kOutboxWriteBufferBytes)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database_options(make), folder.string(), families, &handles, &db);
  if (!status.ok()) {
    auto error = storage_error("cannot open " + folder.string(), status);
    // A file that is missing or ends too soon is an I/O error or an invalid argument to RocksDB.
    if (error.error().code != Refusal::storage_full) error.error().code = Refusal::storage_damaged;
    return error;
  }
  auto database = std::make_shared<LocalDatabase>();
  database->db.reset(db);
  database->meta = handles[0];
  database->outbox = handles[1];
  return database;
}

std::unexpected<Error> storage_error(std::string_view doing, const rocksdb::Status& status) {
  Refusal code = Refusal::storage_failed;
  if (status.IsNoSpace()) code = Refusal::storage_full;
  if (status.IsCorruption()) code = Refusal::storage_damaged;
  return refuse(code, std::string(doing) + ": " + status.ToString());
}

}  // namespace tocsin
