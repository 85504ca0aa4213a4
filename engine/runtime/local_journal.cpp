#include "engine/runtime/local_journal.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <rocksdb/write_batch.h>
#include <sys/random.h>

#include "engine/model/check.h"
#include "engine/runtime/byte_order.h"
#include "engine/runtime/journal_record.h"
#include "engine/runtime/local_database.h"

namespace tocsin {
namespace {

constexpr std::string_view kFormat = "1";

std::string key_of(Position position) {
  std::string key;
  append_big_endian(key, position.value());
  return key;
}

Position position_of(const rocksdb::Slice& key) { return Position{ByteReader(view(key)).big_endian<std::uint64_t>()}; }

Result<std::optional<std::string>> read_meta(LocalDatabase& database, std::string_view name) {
  std::string value;
  const rocksdb::Status status = database.db->Get(rocksdb::ReadOptions(), database.meta, slice(name), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return storage_error("cannot read the journal's head", status);
  return value;
}

/// A new journal's seed, durable before the first identity is hashed with it.
Result<HashKey::Seed> make_seed(LocalDatabase& database) {
  HashKey::Seed seed;
  if (getrandom(seed.data(), seed.size(), 0) != static_cast<ssize_t>(seed.size()))
    return refuse(Refusal::storage_failed, "the operating system gives no random bytes");
  rocksdb::WriteBatch batch;
  batch.Put(database.meta, "format", slice(kFormat));
  batch.Put(database.meta, "key_seed", rocksdb::Slice(reinterpret_cast<const char*>(seed.data()), seed.size()));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (const auto status = database.db->Write(durable, &batch); !status.ok())
    return storage_error("cannot begin a journal", status);
  return seed;
}

Result<HashKey::Seed> read_or_make_seed(LocalDatabase& database) {
  const auto format = read_meta(database, "format");
  if (!format) return std::unexpected(format.error());
  if (!*format && !database.for_reading) return make_seed(database);
  if (*format != kFormat)
    return refuse(Refusal::storage_failed, "the journal in " + database.folder + " has format \"" +
                                               format->value_or("") + "\"; this tocsin knows format 1");
  const auto text = read_meta(database, "key_seed");
  if (!text) return std::unexpected(text.error());
  HashKey::Seed seed;
  if (!*text || (*text)->size() != seed.size())
    return refuse(Refusal::storage_failed, "the journal in " + database.folder + " has no key");
  std::copy((*text)->begin(), (*text)->end(), seed.begin());
  return seed;
}

}  // namespace

LocalJournal::LocalJournal(std::shared_ptr<LocalDatabase> database, const HashKey::Seed& seed)
    : database_(std::move(database)), key_(seed) {}

LocalJournal::~LocalJournal() = default;

Result<std::unique_ptr<LocalJournal>> LocalJournal::open(std::shared_ptr<LocalDatabase> database) {
  const auto seed = read_or_make_seed(*database);
  if (!seed) return std::unexpected(seed.error());
  std::unique_ptr<LocalJournal> journal(new LocalJournal(std::move(database), *seed));
  const auto cut = read_meta(*journal->database_, "cut");
  if (!cut) return std::unexpected(cut.error());
  if (*cut) journal->first_position_ = position_of(**cut);
  if (const auto found = journal->find_last(); !found) return std::unexpected(found.error());
  return journal;
}

Result<void> LocalJournal::find_last() {
  const std::unique_ptr<rocksdb::Iterator> at(database_->db->NewIterator(rocksdb::ReadOptions(), database_->journal));
  at->SeekToLast();
  if (!at->status().ok()) return storage_error("cannot read the journal's end", at->status());
  if (!at->Valid()) return {};
  const auto entry = read_journal_record(position_of(at->key()), view(at->value()));
  if (!entry) return std::unexpected(entry.error());
  last_position_ = entry->position;
  last_instant_ = entry->at;
  return {};
}

Result<void> LocalJournal::append(std::span<const JournalEntry> group) {
  if (failed_) return refuse(Refusal::storage_failed, "the journal failed before and takes no more");
  if (group.empty()) return {};
  rocksdb::WriteBatch batch;
  std::string record;
  Position position = last_position_;
  Instant at = last_instant_;
  for (const JournalEntry& entry : group) {
    TOCSIN_CHECK(entry.position.value() == position.value() + 1, "positions follow each other without a gap");
    TOCSIN_CHECK(entry.at >= at, "instants do not go back");
    position = entry.position;
    at = entry.at;
    record.clear();
    append_journal_record(record, entry);
    batch.Put(database_->journal, slice(key_of(position)), slice(record));
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (const auto status = database_->db->Write(durable, &batch); !status.ok()) {
    failed_ = true;
    return storage_error("cannot append to the journal", status);
  }
  last_position_ = position;
  last_instant_ = at;
  return {};
}

Result<void> LocalJournal::read_from(Position from, const std::function<bool(const JournalEntry&)>& see) {
  rocksdb::ReadOptions options;
  options.readahead_size = 2 << 20;
  const std::unique_ptr<rocksdb::Iterator> at(database_->db->NewIterator(options, database_->journal));
  Position due = std::max(from, first_position_);
  for (at->Seek(slice(key_of(due))); at->Valid(); at->Next()) {
    const Position position = position_of(at->key());
    if (position != due)
      return refuse(Refusal::storage_failed, "the journal lacks entry " + std::to_string(due.value()));
    const auto entry = read_journal_record(position, view(at->value()));
    if (!entry) return std::unexpected(entry.error());
    if (!see(*entry)) return {};
    due = Position{due.value() + 1};
  }
  if (!at->status().ok()) return storage_error("cannot read the journal", at->status());
  return {};
}

Result<void> LocalJournal::cut_before(Position position) {
  TOCSIN_CHECK(position <= last_position_, "the newest entry is never cut: it says where the next one goes");
  if (position <= first_position_) return {};
  if (const auto status = database_->db->Put(rocksdb::WriteOptions(), database_->meta, "cut", slice(key_of(position)));
      !status.ok())
    return storage_error("cannot cut the journal", status);
  first_position_ = position;
  return remove_files_before_cut();
}

Result<void> LocalJournal::remove_files_before_cut() {
  // Uncompacted files stay in level 0, where DeleteFilesInRange does not look; DeleteFile takes the oldest one there.
  rocksdb::ColumnFamilyMetaData family;
  database_->db->GetColumnFamilyMetaData(database_->journal, &family);
  std::vector<rocksdb::SstFileMetaData> files;
  for (const auto& level : family.levels) files.insert(files.end(), level.files.begin(), level.files.end());
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.smallestkey < b.smallestkey; });
  const std::string cut = key_of(first_position_);
  for (const auto& file : files) {
    if (file.largestkey >= cut) break;
    if (const auto status = database_->db->DeleteFile(file.name); !status.ok())
      return storage_error("cannot remove a part of the journal that was cut", status);
  }
  return {};
}

}  // namespace tocsin
