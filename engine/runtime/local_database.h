#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/db.h>

#include "engine/model/refusal.h"

namespace tocsin {

/// The RocksDB database of a data folder; included by the files that implement the local storage, by no others. Shared
/// by journal and outbox; any thread.
struct LocalDatabase {
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* meta = nullptr;
  rocksdb::ColumnFamilyHandle* journal = nullptr;
  rocksdb::ColumnFamilyHandle* outbox = nullptr;
  std::string folder;
  bool for_reading = false;

  LocalDatabase() = default;
  ~LocalDatabase();
  LocalDatabase(const LocalDatabase&) = delete;
  LocalDatabase& operator=(const LocalDatabase&) = delete;
};

/// Opens or makes it.
Result<std::shared_ptr<LocalDatabase>> open_local_database(const std::filesystem::path& folder, bool for_reading);

/// What RocksDB said, as storage_failed, for people: `doing` is what we wanted ("cannot append to the journal").
std::unexpected<Error> storage_error(std::string_view doing, const rocksdb::Status& status);

inline rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(const rocksdb::Slice& text) { return {text.data(), text.size()}; }

}  // namespace tocsin
