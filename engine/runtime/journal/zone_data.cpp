#include "engine/runtime/journal/zone_data.h"

#include <cstdlib>
#include <fstream>
#include <mutex>

namespace tocsin {
namespace {

std::string read_version() {
  // Where the library of calendars looks too.
  const char* const folder = std::getenv("TZDIR");
  std::ifstream file(std::string{folder != nullptr ? folder : "/usr/share/zoneinfo"} + "/tzdata.zi");
  std::string line;
  constexpr std::string_view kMark = "# version ";  // zic(8)
  if (!std::getline(file, line) || !line.starts_with(kMark)) return {};
  return line.substr(kMark.size());
}

/// For what a start or a replay tells afterwards; nothing is decided by it.
struct Noted {
  std::mutex mutex;
  std::string version;
};

Noted& noted() {
  static Noted kNoted;
  return kNoted;
}

}  // namespace

const std::string& zone_data_version() {
  static const std::string kVersion = read_version();
  return kVersion;
}

void note_zone_data(std::string_view version) {
  if (version.empty() || zone_data_version().empty() || version == zone_data_version()) return;
  const std::lock_guard lock(noted().mutex);
  noted().version = version;
}

std::string other_zone_data() {
  const std::lock_guard lock(noted().mutex);
  return noted().version;
}

}  // namespace tocsin
