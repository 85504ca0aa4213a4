#pragma once

#include <filesystem>
#include <memory>

#include "engine/runtime/log/disk.h"

namespace tocsin {

/// The machine's. Durable writes go past the page cache (O_DIRECT, RWF_DSYNC) where the file system has that, else
/// through it with fdatasync. The folder itself is not made.
std::unique_ptr<Disk> real_disk(const std::filesystem::path& folder);

}  // namespace tocsin
