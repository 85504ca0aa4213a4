#pragma once

#include <memory>
#include <string>

#include "engine/runtime/journal.h"

namespace tocsin {

struct LocalDatabase;

/// The journal in RocksDB: one WriteBatch with a sync for a group.
class LocalJournal final : public Journal {
 public:
  /// Reads the newest entry and the key; makes the key when the database is new.
  static Result<std::unique_ptr<LocalJournal>> open(std::shared_ptr<LocalDatabase> database);
  ~LocalJournal() override;

  Result<void> append(std::span<const JournalEntry> group) override;
  Position last_position() const override { return last_position_; }
  Instant last_instant() const override { return last_instant_; }
  Result<void> read_from(Position from, const std::function<bool(const JournalEntry&)>& see) override;
  Result<void> cut_before(Position position) override;
  const HashKey& key() const override { return key_; }

 private:
  LocalJournal(std::shared_ptr<LocalDatabase> database, const HashKey::Seed& seed);
  Result<void> find_last();
  Result<void> remove_files_before_cut();

  std::shared_ptr<LocalDatabase> database_;
  HashKey key_;
  Position last_position_{};
  Instant last_instant_ = kUnset;
  Position first_position_{1};  // entries before it are cut, though their files may still be there
  bool failed_ = false;
};

}  // namespace tocsin
