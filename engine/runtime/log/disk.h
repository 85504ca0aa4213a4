#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/refusal.h"

namespace tocsin {

/// An open file. One thread at a time, except that sync() may run beside write().
class DiskFile {
 public:
  virtual ~DiskFile() = default;

  /// Fills `into` from `offset` on; fewer bytes at the end of the file. Returns how many.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<char> into) = 0;
  /// Survives the process, and the machine only after sync().
  virtual Result<void> write(std::uint64_t offset, std::string_view bytes) = 0;
  /// Durable when it returns. Requires: offset, size and the bytes' address are multiples of kLogBlockBytes; the file
  /// is that long already. After an error the bytes there may be any mixture of old and new.
  virtual Result<void> write_durable(std::uint64_t offset, std::string_view bytes) = 0;
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
};

enum class DiskUse : std::uint8_t { reading, writing };

/// The data folder as the log sees it; paths are relative to it. Errors say what could not be done with which file;
/// their code is storage_full when space is what is missing, else storage_failed. Any thread.
class Disk {
 public:
  virtual ~Disk() = default;

  virtual Result<std::unique_ptr<DiskFile>> open(std::string_view path, DiskUse use) = 0;
  /// A new file of `bytes` zeros, all of them reserved and durable; an old one of that name is gone. Its name is
  /// durable after sync_folder().
  virtual Result<std::unique_ptr<DiskFile>> create(std::string_view path, std::uint64_t bytes) = 0;
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  /// A second name for the same file; where the file system has none, a copy.
  virtual Result<void> link(std::string_view from, std::string_view to) = 0;
  /// A file or an empty folder; nothing happens when it is not there.
  virtual Result<void> remove(std::string_view path) = 0;
  virtual Result<void> make_folder(std::string_view path) = 0;
  /// Names in it, sorted; "" is the data folder itself. Empty when it is not there.
  virtual Result<std::vector<std::string>> list(std::string_view folder) = 0;
  /// Makes names durable.
  virtual Result<void> sync_folder(std::string_view folder) = 0;
  virtual bool exists(std::string_view path) = 0;
  virtual Result<std::uint64_t> free_bytes() = 0;
  /// The path for people.
  virtual std::string full_name(std::string_view path) const = 0;
};

/// The whole file.
Result<std::string> read_file(Disk& disk, std::string_view path);
/// Puts a file of `bytes` in the place of `path`, durably and at once.
Result<void> replace_file(Disk& disk, std::string_view path, std::string_view bytes);
/// A folder and all that is in it.
Result<void> remove_all(Disk& disk, std::string_view path);

}  // namespace tocsin
