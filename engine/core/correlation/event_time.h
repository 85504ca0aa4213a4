#pragma once

#include <algorithm>
#include <chrono>

#include "engine/core/conditions/condition.h"
#include "engine/model/instant.h"
#include "rules/set/rule_set.h"

namespace tocsin {

inline constexpr Duration kOldestEventTime = std::chrono::minutes{15};
inline constexpr Duration kNewestEventTime = std::chrono::minutes{5};

/// Windows go by event time, within bounds of the instant at which the alert is looked at: a source with a wrong clock
/// cannot open or close windows at will, and what was held back counts as new at its release. By the clock of receipt
/// the source has no say at all.
inline Instant window_time(const Condition& alert, Instant now, rules::WindowClock clock) {
  if (clock == rules::WindowClock::received) return now;
  return std::clamp(alert.event_time, now - kOldestEventTime, now + kNewestEventTime);
}

}  // namespace tocsin
