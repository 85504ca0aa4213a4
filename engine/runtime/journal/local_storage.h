#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/refusal.h"
#include "engine/runtime/journal/journal.h"
#include "engine/runtime/log/log_folder.h"
#include "engine/runtime/outbox/outbox_store.h"

namespace tocsin {

/// What an engine keeps: its journal and its outbox's memory. The two may be used by different threads.
struct Storage {
  std::unique_ptr<Journal> journal;
  std::unique_ptr<OutboxStore> outbox;  // null when opened for reading only
  std::vector<std::string> remarks{};   // of the opening, for the operator: what was cut, carried over, given up
};

struct StorageOptions {
  /// Go on without what is damaged; it is put aside, and `remarks` says what was given up.
  bool accept_loss = false;
  /// What destinations hold by their own word: a journal that ends before what it told is damaged, and when that is
  /// accepted it goes on above. May be empty: what was remembered of sinks is looked at in any case.
  std::vector<ToldOutside> told{};
};

/// Opens the data folder, making it when it is not there; engine/runtime/log/layout.h has its shape. All of the journal
/// is checked. One process at a time. Refused with a sentence for people: storage_failed when another one has it, when
/// the disk does not allow it or a newer tocsin made it; storage_full when there is no space to start with;
/// storage_damaged when something that was acknowledged is missing or changed.
/// A journal of format 1 (all in RocksDB) is carried over and kept in journal-v1/.
///
/// db/ is RocksDB with the column families
///   default: "confirmed/SINK" → see local_outbox_store.h
///            "undeliverable/SINK, position, shard, index, TOPIC" → a record that is held
///   outbox:  sink, position, shard, index → effect record; emptied at each start
Result<Storage> open_local_storage(const std::filesystem::path& folder, const StorageOptions& options = {});

/// The journal alone, for reading, also while an engine has the folder: shows what was durable when it was opened.
/// append() and cut_before() fail.
Result<std::unique_ptr<Journal>> open_local_journal_for_reading(const std::filesystem::path& folder);

}  // namespace tocsin
