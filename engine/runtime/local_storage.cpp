#include "engine/runtime/local_storage.h"

#include "engine/runtime/local_database.h"
#include "engine/runtime/local_journal.h"
#include "engine/runtime/local_outbox_store.h"

namespace tocsin {

Result<Storage> open_local_storage(const std::filesystem::path& folder) {
  auto database = open_local_database(folder, false);
  if (!database) return std::unexpected(std::move(database.error()));
  auto journal = LocalJournal::open(*database);
  if (!journal) return std::unexpected(std::move(journal.error()));
  return Storage{std::move(*journal), std::make_unique<LocalOutboxStore>(std::move(*database))};
}

Result<std::unique_ptr<Journal>> open_local_journal_for_reading(const std::filesystem::path& folder) {
  auto database = open_local_database(folder, true);
  if (!database) return std::unexpected(std::move(database.error()));
  return LocalJournal::open(std::move(*database));
}

}  // namespace tocsin
