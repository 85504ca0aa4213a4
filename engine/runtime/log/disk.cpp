#include "engine/runtime/log/disk.h"

#include "engine/runtime/log/aligned_bytes.h"

namespace tocsin {

Result<std::string> read_file(Disk& disk, std::string_view path) {
  auto file = disk.open(path, DiskUse::reading);
  if (!file) return std::unexpected(std::move(file.error()));
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  std::string bytes(*size, '\0');
  const auto got = (*file)->read(0, bytes);
  if (!got) return std::unexpected(got.error());
  bytes.resize(*got);
  return bytes;
}

Result<void> replace_file(Disk& disk, std::string_view path, std::string_view bytes) {
  const std::string fresh = std::string(path) + ".tmp";
  auto file = disk.create(fresh, bytes.size());
  if (!file) return std::unexpected(std::move(file.error()));
  if (auto written = (*file)->write(0, bytes); !written) return written;
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (auto renamed = disk.rename(fresh, path); !renamed) return renamed;
  const std::size_t slash = path.rfind('/');
  return disk.sync_folder(slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash));
}

Result<void> remove_all(Disk& disk, std::string_view path) {
  const auto names = disk.list(path);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names)
    if (auto removed = remove_all(disk, std::string(path) + "/" + name); !removed) return removed;
  return disk.remove(path);
}

}  // namespace tocsin
