#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/runtime/log/aligned_bytes.h"
#include "engine/runtime/log/disk.h"
#include "engine/runtime/log/layout.h"

namespace tocsin {

/// What the file `mark` says.
struct MarkRead {
  std::optional<LogMark> mark;  // the newer of its two slots
  std::string wrong;            // why there is none, or which slot is not whole
  bool is_newer = false;        // made by a newer tocsin
};
Result<MarkRead> read_mark_file(Disk& disk, std::uint64_t journal);

/// A new file of that name with `mark` in both slots, durable.
Result<void> make_mark_file(Disk& disk, std::string_view path, const LogMark& mark);

/// Writes the mark after every group. A write survives the process; the machine only after sync(), which comes later:
/// what lies behind an older mark is judged by the chain alone.
class MarkFile {
 public:
  static Result<std::unique_ptr<MarkFile>> open(Disk& disk);

  /// Gives it the next generation.
  Result<void> write(LogMark& mark);
  /// Also beside write().
  Result<void> sync() { return file_->sync(); }

 private:
  explicit MarkFile(std::unique_ptr<DiskFile> file) : file_(std::move(file)) {}
  std::unique_ptr<DiskFile> file_;
};

}  // namespace tocsin
