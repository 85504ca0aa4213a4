#include "tests/places.h"

#include <cstdlib>

namespace tocsin {

std::filesystem::path source_dir() { return TOCSIN_SOURCE_DIR; }

std::filesystem::path shared_dir() {
  if (const char* const given = std::getenv("TOCSIN_SHARED")) return given;
  return source_dir().parent_path() / "shared";
}

}  // namespace tocsin
