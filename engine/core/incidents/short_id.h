#pragma once

#include <cstddef>
#include <string_view>

#include "engine/model/ids.h"

namespace tocsin {

inline constexpr std::size_t kIncidentIdDigitsMin = 4;  // of an id that is given in part

/// The first and the last incident id whose text begins so; `inc-` may be left out, and capitals are read as small
/// letters. False: it is no beginning of an id, or has fewer than kIncidentIdDigitsMin digits.
bool incident_ids_from(std::string_view beginning, IncidentId& first, IncidentId& last);

}  // namespace tocsin
