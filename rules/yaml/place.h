#pragma once

#include <cstdint>
#include <string>

namespace tocsin::rules {

/// Where something stands in a rule file, for messages.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

}  // namespace tocsin::rules
