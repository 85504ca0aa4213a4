#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

#include "engine/model/limits.h"

namespace tocsin {

/// Why a data folder cannot be used.
struct FolderTrouble {
  enum class Kind {
    unusable,  // not a folder, not to be made, not to be written
    foreign,   // somebody else's things lie in it
    newer,     // a newer tocsin made it
    in_use,    // another tocsin has it: may go by itself
    full,      // too little space on its disk: may go by itself
  };
  Kind kind{};
  std::string message;  // a sentence
};

struct FolderLook {
  bool has_journal = false;             // of some version
  std::vector<FolderTrouble> troubles;  // all that was found
};

/// Looks at a data folder from outside, before it is opened. Nothing in it is made, changed or kept locked. What it
/// says of locks and space is true at that moment only: opening finds the same again, less kindly. Requires: this
/// process has not opened the folder (it would give its own lock away).
FolderLook look_at_data_folder(const std::filesystem::path& folder,
                               std::uint64_t bytes_free_min = limits::kStartBytesMin);

/// Knows a data folder that is open by its inodes, so that it is noticed when another one, or none, is at its path: a
/// file that was deleted takes what is written as before, and everything in it is gone with the process. One thread.
///
/// Noticed: the folder or its LOCK is gone or another; a file that a start needs is gone (CURRENT, identity, mark,
/// log); a file that is open for writing was removed. Not noticed: older parts of the log that nobody has open; the
/// next start misses them.
class DataFolderGuard {
 public:
  /// Requires: `folder` was just opened by this process.
  explicit DataFolderGuard(const std::filesystem::path& folder);
  ~DataFolderGuard();
  DataFolderGuard(const DataFolderGuard&) = delete;
  DataFolderGuard& operator=(const DataFolderGuard&) = delete;

  /// One sentence when something is wrong, "" when all is well. Some system calls, and one for each open descriptor.
  std::string look();

 private:
  std::string removed_while_open();

  std::filesystem::path path_;    // absolute, as it was given
  std::filesystem::path target_;  // without links
  // Descriptors that only name (O_PATH): they keep the inodes' numbers from being given to others, and closing them
  // gives no lock away. -1: there was none.
  int folder_;
  int lock_;
  std::vector<std::string> needed_;  // names in the folder that were there
  std::set<ino_t> removed_before_;   // by the last look: the storage itself removes a file just before it closes it
};

}  // namespace tocsin
