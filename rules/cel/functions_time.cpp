// What timestamps and durations have: getHours() and its kin, with an optional time zone.

#include <array>

#include "rules/cel/functions.h"
#include "rules/cel/time_zone.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;

/// Of a duration: all of it in whole units, except for the milliseconds, which are those beyond the seconds.
Value part_of_duration(TimePart part, std::int64_t ns) {
  switch (part) {
    case TimePart::hours:
      return Value::integer(ns / (3600 * kSecond));
    case TimePart::minutes:
      return Value::integer(ns / (60 * kSecond));
    case TimePart::seconds:
      return Value::integer(ns / kSecond);
    case TimePart::milliseconds:
      return Value::integer(ns / kMillisecond % 1000);
    default:
      return no_overload();
  }
}

template <TimePart part>
Value get(Evaluation& evaluation, Arguments arguments) {
  const Value& of = arguments[0];
  if (of.is(Kind::duration) && arguments.size() == 1) return part_of_duration(part, of.duration_ns());
  if (!of.is(Kind::timestamp)) return no_overload();
  if (arguments.size() == 1) return Value::integer(utc_part(part, of));
  if (!arguments[1].is(Kind::string)) return no_overload();
  if (!evaluation.spend(100)) return Evaluation::exhausted_error();
  const auto zone = TimeZone::find_listed(arguments[1].as_text());
  return zone ? Value::integer(zone->part(part, of)) : bad_argument("not a time zone");
}

constexpr std::array<Function, 10> kFunctions = {{
    {"getFullYear", true, "t:i ts:i", get<TimePart::full_year>, 20},
    {"getMonth", true, "t:i ts:i", get<TimePart::month>, 20},
    {"getDate", true, "t:i ts:i", get<TimePart::date>, 20},
    {"getDayOfMonth", true, "t:i ts:i", get<TimePart::day_of_month>, 20},
    {"getDayOfWeek", true, "t:i ts:i", get<TimePart::day_of_week>, 20},
    {"getDayOfYear", true, "t:i ts:i", get<TimePart::day_of_year>, 20},
    {"getHours", true, "t:i r:i ts:i", get<TimePart::hours>, 20},
    {"getMinutes", true, "t:i r:i ts:i", get<TimePart::minutes>, 20},
    {"getSeconds", true, "t:i r:i ts:i", get<TimePart::seconds>, 20},
    {"getMilliseconds", true, "t:i r:i ts:i", get<TimePart::milliseconds>, 20},
}};

}  // namespace

std::span<const Function> time_functions() { return kFunctions; }

}  // namespace tocsin::cel
