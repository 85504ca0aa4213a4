#include "engine/runtime/journal/local_storage.h"

#include <system_error>

#include "engine/model/limits.h"
#include "engine/runtime/journal/local_database.h"
#include "engine/runtime/log/carry_over.h"
#include "engine/runtime/log/folder_lock.h"
#include "engine/runtime/log/log_folder.h"
#include "engine/runtime/log/log_repair.h"
#include "engine/runtime/log/real_disk.h"
#include "engine/runtime/outbox/local_outbox_store.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {
namespace {

/// The folder's disk, with the lock that goes with it.
struct LockedDisk {
  std::unique_ptr<FolderLock> lock;
  std::unique_ptr<Disk> disk;
};

std::shared_ptr<Disk> disk_of(const std::shared_ptr<LockedDisk>& locked) { return {locked, locked->disk.get()}; }

/// What a process that was killed left half made takes space that a start may need.
Result<void> clear_leftovers(Disk& disk) {
  if (auto cleared = discard_unfinished_carry(disk); !cleared) return cleared;
  if (auto cleared = finish_repair(disk); !cleared) return cleared;
  return disk.remove(kNextSegmentFile);
}

Result<void> check_space(Disk& disk) {
  const auto free = disk.free_bytes();
  if (!free) return std::unexpected(free.error());
  if (*free >= limits::kStartBytesMin) return {};
  return refuse(Refusal::storage_full, "no space to start: the file system of " + disk.full_name("") + " has " +
                                           std::to_string(*free >> 10) + " KiB free, a start needs " +
                                           std::to_string(limits::kStartBytesMin >> 10) + " KiB");
}

Error database_damage(const Disk& disk, const std::string& what) {
  return Error{
      Refusal::storage_damaged,
      what +
          ". It holds how far each sink has got, nothing that came in; the journal itself is whole as far as "
          "it was read. Nothing was changed. Put a whole copy of the folder " +
          disk.full_name("") +
          " in its place, or start with --accept-loss to make it anew: all that the journal still tells is then "
          "sent again, under the same ids; the old one is kept in " +
          disk.full_name(kLostFolder),
      -1,
      {}};
}

Result<void> put_database_aside(Disk& disk) {
  if (!disk.exists(kDatabaseFolder)) return {};
  const auto lost = make_lost_folder(disk);
  if (!lost) return std::unexpected(lost.error());
  if (auto moved = disk.rename(kDatabaseFolder, *lost + "/" + std::string(kDatabaseFolder)); !moved) return moved;
  return disk.sync_folder("");
}

struct OpenDatabase {
  std::shared_ptr<LocalDatabase> database;
  std::vector<ConfirmedMark> confirmed;
};

Result<OpenDatabase> open_whole_database(Disk& disk, bool make) {
  const std::string path = disk.full_name(kDatabaseFolder);
  if (!make && !disk.exists(kDatabaseFolder)) return std::unexpected(database_damage(disk, path + " is missing"));
  auto database = open_local_database(path, make);
  if (!database) {
    if (database.error().code != Refusal::storage_damaged) return std::unexpected(std::move(database.error()));
    return std::unexpected(database_damage(disk, database.error().message));
  }
  auto confirmed = read_all_confirmed(**database);
  if (!confirmed) {
    if (confirmed.error().code != Refusal::storage_damaged) return std::unexpected(std::move(confirmed.error()));
    return std::unexpected(database_damage(disk, path + ": " + confirmed.error().message));
  }
  return OpenDatabase{std::move(*database), std::move(*confirmed)};
}

/// When that is accepted, a damaged one is put aside and made anew.
Result<OpenDatabase> open_database(Disk& disk, bool is_new, const StorageOptions& options,
                                   std::vector<std::string>& remarks) {
  auto opened = open_whole_database(disk, is_new);
  if (opened || opened.error().code != Refusal::storage_damaged || !options.accept_loss) return opened;
  if (auto aside = put_database_aside(disk); !aside) return std::unexpected(std::move(aside.error()));
  remarks.push_back("loss accepted: " + disk.full_name(kDatabaseFolder) +
                    " was damaged and is made anew: all effects of the journal are sent again");
  return open_whole_database(disk, true);
}

Result<Storage> open_locked(const std::shared_ptr<LockedDisk>& locked, const StorageOptions& options) {
  Disk& disk = *locked->disk;
  Storage storage;
  if (auto cleared = clear_leftovers(disk); !cleared) return std::unexpected(std::move(cleared.error()));
  if (auto space = check_space(disk); !space) return std::unexpected(std::move(space.error()));
  if (auto carried = carry_over(disk, storage.remarks); !carried) return std::unexpected(std::move(carried.error()));
  const auto is_new = begin_folder(disk);
  if (!is_new) return std::unexpected(is_new.error());
  LogOptions log;
  log.accept_loss = options.accept_loss;
  log.outside = options.told;
  log.now = WallClock().now();
  if (*is_new)
    if (auto made = make_log(disk, log); !made) return std::unexpected(std::move(made.error()));

  auto opened = open_database(disk, *is_new, options, storage.remarks);
  if (!opened) return std::unexpected(std::move(opened.error()));
  for (const ConfirmedMark& mark : opened->confirmed) {
    if (mark.name.position <= log.told) continue;
    log.told = mark.name.position;
    log.told_to = "the sink \"" + mark.sink + "\"";
  }
  auto journal = open_log(disk_of(locked), log, storage.remarks);
  if (!journal) return std::unexpected(std::move(journal.error()));
  const std::uint64_t id = (*journal)->life().journal;
  for (const ConfirmedMark& mark : opened->confirmed) {
    if (mark.name.life.journal == id) continue;
    const Error error =
        database_damage(disk, disk.full_name(kDatabaseFolder) + " belongs to another journal: the sink \"" + mark.sink +
                                  "\" confirmed effects of that one");
    if (!options.accept_loss) return std::unexpected(error);
    opened->database.reset();
    if (auto aside = put_database_aside(disk); !aside) return std::unexpected(std::move(aside.error()));
    storage.remarks.push_back("loss accepted: " + disk.full_name(kDatabaseFolder) +
                              " belonged to another journal and is made anew: all effects are sent again");
    opened = open_whole_database(disk, true);
    if (!opened) return std::unexpected(std::move(opened.error()));
    break;
  }
  if (auto ended = end_folder(disk); !ended) return std::unexpected(std::move(ended.error()));
  opened->database->journal = id;
  opened->database->lock = locked;
  storage.journal = std::move(*journal);
  storage.outbox = std::make_unique<LocalOutboxStore>(std::move(opened->database));
  return storage;
}

}  // namespace

Result<Storage> open_local_storage(const std::filesystem::path& folder, const StorageOptions& options) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    const bool full = failure == std::errc::no_space_on_device;
    return refuse(full ? Refusal::storage_full : Refusal::storage_failed,
                  "cannot make the data folder " + folder.string() + ": " + failure.message());
  }
  auto lock = FolderLock::take(folder);
  if (!lock) return std::unexpected(std::move(lock.error()));
  return open_locked(std::make_shared<LockedDisk>(std::move(*lock), real_disk(folder)), options);
}

Result<std::unique_ptr<Journal>> open_local_journal_for_reading(const std::filesystem::path& folder) {
  std::shared_ptr<Disk> disk = real_disk(folder);
  if (is_journal_of_format_1(*disk))
    return refuse(Refusal::storage_failed,
                  "the journal in " + folder.string() + " has format 1; `tocsin run` carries it over when it opens it");
  return open_log_for_reading(std::move(disk));
}

}  // namespace tocsin
