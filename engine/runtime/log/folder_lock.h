#pragma once

#include <filesystem>
#include <memory>

#include "engine/model/refusal.h"

namespace tocsin {

/// The data folder for one process, by a lock on its file LOCK: held until this is gone, let go by the kernel when the
/// process ends. Also keeps out a tocsin of format 1, whose RocksDB locks the same file.
class FolderLock {
 public:
  /// storage_failed, with a sentence for people, when another one has it. Requires: the folder is there.
  static Result<std::unique_ptr<FolderLock>> take(const std::filesystem::path& folder);
  /// Whether somebody has it; takes nothing.
  static bool is_taken(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace tocsin
