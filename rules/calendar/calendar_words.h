#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rules/calendar/calendar.h"

namespace tocsin::rules {

/// "Tuesday 2026-01-06 02:00, Tuesday 2026-01-13 02:00": the first starts after `after` on the calendar's own clock.
std::string starts_in_words(const Calendar& calendar, Instant after, std::size_t count);

/// What was probably meant by a cron expression that cannot be read: "did you mean `30 2 * * TUE`?", or how its form
/// is said here; "" when nothing comes to mind.
std::string cron_hint(std::string_view text);

/// The same for the name of a zone.
std::string zone_hint(std::string_view name);

}  // namespace tocsin::rules
