#include "engine/runtime/log/mark_file.h"

namespace tocsin {
namespace {

constexpr std::size_t kSlots = 2;

}  // namespace

Result<MarkRead> read_mark_file(Disk& disk, std::uint64_t journal) {
  MarkRead read;
  if (!disk.exists(kMarkFile)) {
    read.wrong = "it is missing";
    return read;
  }
  const auto bytes = read_file(disk, kMarkFile);
  if (!bytes) {
    read.wrong = bytes.error().message;
    return read;
  }
  bool is_foreign = false;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const std::size_t at = slot * kLogBlockBytes;
    const std::string_view block = at < bytes->size() ? std::string_view(*bytes).substr(at) : std::string_view{};
    const auto mark = read_mark(block, journal);
    if (!mark) {
      read.is_newer |= mark.error() == BlockFault::newer;
      is_foreign |= mark.error() == BlockFault::foreign;
      read.wrong = "one of its two slots does not match its checksum";
    } else if (!read.mark || mark->generation > read.mark->generation) {
      read.mark = *mark;
    }
  }
  if (!read.mark)
    read.wrong = is_foreign ? "it belongs to another journal" : "neither of its slots matches its checksum";
  return read;
}

Result<void> make_mark_file(Disk& disk, std::string_view path, const LogMark& mark) {
  std::string bytes;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    LogMark both = mark;
    both.generation = mark.generation + slot;
    bytes += block_of(both);
  }
  return replace_file(disk, path, bytes);
}

Result<std::unique_ptr<MarkFile>> MarkFile::open(Disk& disk) {
  auto file = disk.open(kMarkFile, DiskUse::writing);
  if (!file) return std::unexpected(std::move(file.error()));
  return std::unique_ptr<MarkFile>(new MarkFile(std::move(*file)));
}

Result<void> MarkFile::write(LogMark& mark) {
  ++mark.generation;
  return file_->write(mark.generation % kSlots * kLogBlockBytes,
                      std::string_view(block_of(mark)).substr(0, kSectorBytes));
}

}  // namespace tocsin
