#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "rules/cel/value.h"

namespace tocsin::cel {

/// What can be read off a date in a zone.
enum class TimePart : std::uint8_t {
  full_year,
  month,         // 0 … 11
  date,          // 1 … 31
  day_of_month,  // 0 … 30
  day_of_week,   // 0 is Sunday
  day_of_year,   // 0 … 365
  hours,
  minutes,
  seconds,
  milliseconds,
};

/// The function that reads a part ("getHours"); nullopt for other names.
std::optional<TimePart> time_part_of(std::string_view function);

/// The form of a name of the tz database, and not a path nor the machine's own zone: results must not depend on where
/// it runs.
bool is_zone_name(std::string_view name);

/// UTC, a fixed offset ("+02:00", "02:00", "-03:30") or a name of the tz database ("Europe/Amsterdam").
class TimeZone {
 public:
  /// nullptr when the name is none of that. Reads the system's tz database, once for a name.
  static std::unique_ptr<const TimeZone> find(std::string_view name);
  /// The same for a name that a sender may have made up: what was asked for is remembered for good, so only names that
  /// the tz database had when the program was built are.
  static std::unique_ptr<const TimeZone> find_listed(std::string_view name);
  virtual ~TimeZone() = default;

  virtual std::int64_t part(TimePart part, const Value& timestamp) const = 0;
};

/// In UTC.
std::int64_t utc_part(TimePart part, const Value& timestamp);

}  // namespace tocsin::cel
