#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/log/log_journal.h"

namespace tocsin {

/// What a sink's destination holds by its own word.
struct ToldOutside {
  std::string sink;
  EffectName name;
};

struct LogOptions {
  /// Go on without what is damaged: see repair_log.
  bool accept_loss = false;
  /// The newest position that anybody outside (a sink) is known to have seen, and who.
  Position told{};
  std::string told_to;
  /// The same as destinations say it themselves, of any journal: those of this one count.
  std::vector<ToldOutside> outside;

  SegmentSizes sizes;
  bool threaded = true;
  Instant now{};                                // of a journal that is made
  std::function<void(std::span<char>)> random;  // empty: the operating system's
};

/// What a folder holds, looked at without changing anything.
struct LogFindings {
  LogIdentity identity;
  std::optional<LogMark> mark;
  LogScan scan;  // also damage of identity and mark
};

/// Before anything else is opened: finishes or undoes what was interrupted, and says whether the folder is new. Then it
/// has the file `unfinished` until end_folder(): should the process end in between, the next one begins anew.
Result<bool> begin_folder(Disk& disk);
Result<void> end_folder(Disk& disk);

/// Makes the log of a new folder.
Result<void> make_log(Disk& disk, const LogOptions& options);

/// Looks at the whole log. storage_failed when it cannot be read or is newer; damage is in the findings.
Result<LogFindings> inspect_log(Disk& disk, ScanBy by, const ScanHooks& hooks = {});

/// Checks the whole log and opens it for writing. storage_damaged, with a message for people, when something that was
/// acknowledged is missing, or may be; unless `options.accept_loss`. `remarks` are sentences for the operator.
Result<std::unique_ptr<LogJournal>> open_log(std::shared_ptr<Disk> disk, const LogOptions& options,
                                             std::vector<std::string>& remarks);
/// For reading only, also beside a process that writes. Changes nothing.
Result<std::unique_ptr<LogJournal>> open_log_for_reading(std::shared_ptr<Disk> disk);

/// What an operator is told of damage, and what there is to do.
Error damage_error(const Disk& disk, const std::string& sentence);

}  // namespace tocsin
