#pragma once

#include <string>

#include "engine/core/shard_state.h"

namespace tocsin {

inline constexpr std::size_t kNoIncidentBytesMax = 400;

/// Why an alert is a member of no incident, in words: what holds it back, what each group rule asks that is not so,
/// that it has ended; "" when it is a member. Evaluates the group rules: for one alert that is shown, not for all.
std::string why_no_incident(const ShardState& state, const Condition& alert);

}  // namespace tocsin
