#pragma once

#include <string_view>

#include <simdjson.h>

#include "engine/model/refusal.h"

namespace tocsin {

/// The array of a body's alerts; `pointer` says where it stands. Refuses wrong_type and too_many_alerts.
Result<void> read_list(simdjson::dom::element value, std::string_view pointer, simdjson::dom::array& alerts);

}  // namespace tocsin
