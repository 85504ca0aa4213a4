#pragma once

#include <filesystem>
#include <memory>

#include "engine/model/refusal.h"
#include "engine/runtime/journal.h"
#include "engine/runtime/outbox_store.h"

namespace tocsin {

/// What an engine keeps: its journal and its outbox's memory. The two may be used by different threads.
struct Storage {
  std::unique_ptr<Journal> journal;
  std::unique_ptr<OutboxStore> outbox;  // null when opened for reading only
};

/// Opens the data folder, making it when it is not there. One process at a time: storage_failed with a sentence for
/// people when another one has it, when it is damaged, or when the disk does not allow it.
///
/// RocksDB, one database with the column families
///   default: "format" → "1", "key_seed" → 16 bytes, "cut" → position, "confirmed/SINK" → position, index
///   journal: position (big-endian u64) → journal record; never compacted, so written once; cut by whole files
///   outbox:  sink, position, index → effect record; emptied at each start
Result<Storage> open_local_storage(const std::filesystem::path& folder);

/// The journal alone, for reading, also while an engine has the folder: shows what was durable when it was opened.
/// append() and cut_before() fail.
Result<std::unique_ptr<Journal>> open_local_journal_for_reading(const std::filesystem::path& folder);

}  // namespace tocsin
