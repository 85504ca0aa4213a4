#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

/// The cron expression with one of its values one lower, one higher: hours, days and steps alike, ends of ranges and
/// items of lists each by itself ("0 2 * * TUE": "1 2 * * TUE", "0 1 * * TUE" …). Only what is sound and means other
/// minutes; none when the text is no cron expression.
std::vector<std::string> other_crons(std::string_view text);

/// Another zone: UTC, for which it is one that never has its wall clock.
/// An hour before and after a time of day.
std::vector<std::string> other_times_of_day(std::string_view text);
std::string_view other_zone(std::string_view zone);

}  // namespace tocsin::rules
