#include "rules/cel/zone_names.h"

#include <algorithm>

namespace tocsin::cel {
namespace {

constexpr std::string_view kNames[] = {
#include "zone_names.inc"
};
static_assert(std::ranges::is_sorted(kNames));

}  // namespace

bool is_listed_zone(std::string_view name) { return std::ranges::binary_search(kNames, name); }

std::span<const std::string_view> listed_zones() { return kNames; }

}  // namespace tocsin::cel
