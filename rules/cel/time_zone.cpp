#include "rules/cel/time_zone.h"

#include <array>
#include <chrono>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "rules/cel/zone_names.h"

namespace tocsin::cel {
namespace {

constexpr std::array<std::string_view, 10> kFunctions = {"getFullYear",  "getMonth",       "getDate",  "getDayOfMonth",
                                                         "getDayOfWeek", "getDayOfYear",   "getHours", "getMinutes",
                                                         "getSeconds",   "getMilliseconds"};

/// `local_seconds` counts as if the zone were UTC.
std::int64_t part_of(TimePart part, std::int64_t local_seconds, std::uint32_t nanoseconds) {
  using namespace std::chrono;
  const sys_seconds at{seconds{local_seconds}};
  const sys_days day = floor<days>(at);
  const std::int64_t second_of_day = (at - day).count();
  const year_month_day date{day};
  switch (part) {
    case TimePart::full_year:
      return static_cast<int>(date.year());
    case TimePart::month:
      return static_cast<std::int64_t>(static_cast<unsigned>(date.month())) - 1;
    case TimePart::date:
      return static_cast<std::int64_t>(static_cast<unsigned>(date.day()));
    case TimePart::day_of_month:
      return static_cast<std::int64_t>(static_cast<unsigned>(date.day())) - 1;
    case TimePart::day_of_week:
      return weekday{day}.c_encoding();
    case TimePart::day_of_year:
      return (day - sys_days{date.year() / January / 1}).count();
    case TimePart::hours:
      return second_of_day / 3600;
    case TimePart::minutes:
      return second_of_day / 60 % 60;
    case TimePart::seconds:
      return second_of_day % 60;
    case TimePart::milliseconds:
      return nanoseconds / 1'000'000;
  }
  return 0;
}

class FixedOffset final : public TimeZone {
 public:
  explicit FixedOffset(std::int64_t seconds_east) : seconds_east_(seconds_east) {}
  std::int64_t part(TimePart part, const Value& timestamp) const override {
    return part_of(part, timestamp.seconds() + seconds_east_, timestamp.nanoseconds());
  }

 private:
  std::int64_t seconds_east_;
};

class NamedZone final : public TimeZone {
 public:
  explicit NamedZone(absl::TimeZone zone) : zone_(zone) {}
  std::int64_t part(TimePart part, const Value& timestamp) const override {
    const absl::Time at = absl::FromUnixSeconds(timestamp.seconds());
    const std::int64_t local = absl::ToCivilSecond(at, zone_) - absl::CivilSecond(1970, 1, 1);
    return part_of(part, local, timestamp.nanoseconds());
  }

 private:
  absl::TimeZone zone_;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// [+|-]hh:mm in seconds.
std::optional<std::int64_t> parse_offset(std::string_view name) {
  const bool west = name.starts_with('-');
  if (west || name.starts_with('+')) name.remove_prefix(1);
  if (name.size() != 5 || !is_digit(name[0]) || !is_digit(name[1]) || name[2] != ':' || !is_digit(name[3]) ||
      !is_digit(name[4])) {
    return std::nullopt;
  }
  const std::int64_t hours = (name[0] - '0') * 10 + (name[1] - '0');
  const std::int64_t minutes = (name[3] - '0') * 10 + (name[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name == "localtime" || name.starts_with('/')) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !is_digit(c) && c != '_' && c != '/' && c != '-' && c != '+') return false;
  }
  return true;
}

std::optional<TimePart> time_part_of(std::string_view function) {
  for (std::size_t i = 0; i < kFunctions.size(); ++i) {
    if (kFunctions[i] == function) return static_cast<TimePart>(i);
  }
  return std::nullopt;
}

std::int64_t utc_part(TimePart part, const Value& timestamp) {
  return part_of(part, timestamp.seconds(), timestamp.nanoseconds());
}

std::unique_ptr<const TimeZone> TimeZone::find_listed(std::string_view name) {
  if (name != "Z" && is_zone_name(name) && !is_listed_zone(name)) return nullptr;
  return find(name);
}

std::unique_ptr<const TimeZone> TimeZone::find(std::string_view name) {
  if (name == "UTC" || name == "Z") return std::make_unique<FixedOffset>(0);
  if (const auto offset = parse_offset(name)) return std::make_unique<FixedOffset>(*offset);
  absl::TimeZone zone;
  if (!is_zone_name(name) || !absl::LoadTimeZone({name.data(), name.size()}, &zone)) return nullptr;
  return std::make_unique<NamedZone>(zone);
}

}  // namespace tocsin::cel
