#pragma once

#include <span>
#include <string_view>

namespace tocsin::cel {

/// Whether the tz database had a zone of this name when the program was built.
bool is_listed_zone(std::string_view name);

/// All of them, sorted by bytes.
std::span<const std::string_view> listed_zones();

}  // namespace tocsin::cel
