#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/db.h>

#include "engine/model/refusal.h"

namespace tocsin {

/// The RocksDB database of a data folder (its folder `db`): what sinks confirmed, and effects kept for them. Included
/// by the files that implement the local storage, by no others. Any thread.
struct LocalDatabase {
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* meta = nullptr;
  rocksdb::ColumnFamilyHandle* outbox = nullptr;
  std::uint64_t journal = 0;   // whose sinks' marks these are
  std::shared_ptr<void> lock;  // of the data folder, for as long as this is open

  LocalDatabase() = default;
  ~LocalDatabase();
  LocalDatabase(const LocalDatabase&) = delete;
  LocalDatabase& operator=(const LocalDatabase&) = delete;
};

/// Opens it, or makes it when `make`. storage_damaged when RocksDB finds it damaged or it is not there.
Result<std::shared_ptr<LocalDatabase>> open_local_database(const std::filesystem::path& folder, bool make);

/// What RocksDB said, for people: `doing` is what we wanted ("cannot keep an effect"). storage_full when space is what
/// is missing, storage_damaged when it is damaged, else storage_failed.
std::unexpected<Error> storage_error(std::string_view doing, const rocksdb::Status& status);

inline rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(const rocksdb::Slice& text) { return {text.data(), text.size()}; }

}  // namespace tocsin
