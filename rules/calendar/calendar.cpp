#include "rules/calendar/calendar.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "rules/cel/time_zone.h"

namespace tocsin::rules {

class Zone::Impl {
 public:
  explicit Impl(absl::TimeZone zone) : zone_(zone) {}
  const absl::TimeZone& zone() const { return zone_; }

 private:
  absl::TimeZone zone_;
};

namespace {

using Seconds = std::int64_t;  // Unix time

constexpr Seconds kFarPast = -(std::int64_t{1} << 40);
constexpr Seconds kFarFuture = std::int64_t{1} << 40;
constexpr Seconds kNineYears = Seconds{9} * 366 * 86400;

Seconds seconds_of(Instant at) { return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count(); }
Instant instant_of(Seconds at) { return Instant{std::chrono::seconds{at}}; }

/// Between two jumps of the clock: local time is Unix time + `east`.
struct Stretch {
  Seconds begin = kFarPast;
  Seconds end = kFarFuture;  // not included
  Seconds east = 0;
  Seconds jump = 0;  // by how much the clock was put forward at `begin`; back: negative
};

Seconds east_of(const absl::TimeZone& zone, Seconds at) { return zone.At(absl::FromUnixSeconds(at)).offset; }

/// Whether `transition` is one, and when.
Seconds instant_of(const absl::TimeZone& zone, const absl::TimeZone::CivilTransition& transition) {
  return absl::ToUnixSeconds(zone.At(transition.to).trans);
}

Stretch stretch_at(const Zone& zone, Seconds at) {
  Stretch stretch;
  if (zone.impl() == nullptr) return stretch;
  const absl::TimeZone& place = zone.impl()->zone();
  stretch.east = east_of(place, at);
  absl::TimeZone::CivilTransition transition;
  if (place.NextTransition(absl::FromUnixSeconds(at), &transition)) stretch.end = instant_of(place, transition);
  // PrevTransition is about what was before its argument: the jump at `at` counts too.
  if (place.PrevTransition(absl::FromUnixSeconds(at + 1), &transition)) {
    stretch.begin = instant_of(place, transition);
    stretch.jump = stretch.east - east_of(place, stretch.begin - 1);
  }
  return stretch;
}

constexpr std::int64_t floor_minutes(Seconds local) { return local >= 0 ? local / 60 : -((59 - local) / 60); }
constexpr std::int64_t ceil_minutes(Seconds local) { return -floor_minutes(-local); }

/// The first local minute in a stretch that is a start of its own: after a jump back, what the clock shows again is
/// not.
LocalMinute first_start(const Stretch& stretch, const Cron& cron) {
  const Seconds again = cron.is_hourly() ? 0 : std::max<Seconds>(-stretch.jump, 0);
  return ceil_minutes(stretch.begin + stretch.east + again);
}

/// Whether a start was skipped by the jump at the beginning of a stretch: it happens there.
bool starts_at_jump(const Stretch& stretch, const Cron& cron) {
  if (cron.is_hourly() || stretch.jump <= 0) return false;
  const Seconds local = stretch.begin + stretch.east;
  return cron.next(ceil_minutes(local - stretch.jump), ceil_minutes(local)).has_value();
}

}  // namespace

std::optional<Zone> Zone::find(std::string_view name) {
  Zone zone;
  if (name == "UTC") return zone;
  absl::TimeZone place;
  if (!cel::is_zone_name(name) || !absl::LoadTimeZone({name.data(), name.size()}, &place)) return std::nullopt;
  zone.impl_ = std::make_shared<const Impl>(place);
  return zone;
}

LocalMinute Zone::local(Instant at) const {
  const Seconds second = seconds_of(at);
  return floor_minutes(second + (impl_ == nullptr ? 0 : east_of(impl_->zone(), second)));
}

Instant Zone::when_it_shows(Instant clock) const {
  if (impl_ == nullptr) return clock;
  const Seconds second = seconds_of(clock);
  const Duration fraction = clock - instant_of(second);
  const absl::TimeZone::TimeInfo info = impl_->zone().At(absl::CivilSecond(1970, 1, 1) + second);
  return instant_of(absl::ToUnixSeconds(info.pre)) + fraction;
}

bool Calendar::covers(Instant at) const { return cron_.matches(zone_.local(at)); }

Instant Calendar::next_change(Instant at) const {
  const Seconds limit = seconds_of(at) + kNineYears;
  const bool now = covers(at);
  Seconds from = seconds_of(at);
  while (from < limit) {
    const Stretch stretch = stretch_at(zone_, from);
    const Seconds end = std::min(stretch.end, limit);
    const auto minute = cron_.next(floor_minutes(from + stretch.east), ceil_minutes(end + stretch.east), !now);
    if (minute) return instant_of(std::max(from, *minute * 60 - stretch.east));
    from = end;
  }
  return kNever;
}

Instant Calendar::next_start(Instant after) const {
  Seconds from = seconds_of(after) + 1;
  const Seconds limit = from + kNineYears;
  while (from < limit) {
    const Stretch stretch = stretch_at(zone_, from);
    if (from == stretch.begin && starts_at_jump(stretch, cron_)) return instant_of(from);
    const Seconds end = std::min(stretch.end, limit);
    const LocalMinute first = std::max(first_start(stretch, cron_), ceil_minutes(from + stretch.east));
    if (const auto minute = cron_.next(first, ceil_minutes(end + stretch.east))) {
      return instant_of(*minute * 60 - stretch.east);
    }
    from = end;
  }
  return kNever;
}

std::optional<Instant> Calendar::last_start(Instant at, Instant not_before) const {
  const Seconds floor = -seconds_of(Instant{-not_before.time_since_epoch()});  // rounded up
  Seconds from = seconds_of(at);
  while (from >= floor) {
    const Stretch stretch = stretch_at(zone_, from);
    const LocalMinute first = std::max(first_start(stretch, cron_), ceil_minutes(floor + stretch.east));
    if (const auto minute = cron_.previous(floor_minutes(from + stretch.east), first)) {
      return instant_of(*minute * 60 - stretch.east);
    }
    if (stretch.begin < floor) break;
    if (starts_at_jump(stretch, cron_)) return instant_of(stretch.begin);
    from = stretch.begin - 1;
  }
  return std::nullopt;
}

Windows Windows::until(Calendar calendar, int minute_of_day) {
  // No window is longer than a day and what a change of the clock adds to it.
  Windows windows(std::move(calendar), std::chrono::hours{27});
  windows.until_ = minute_of_day;
  return windows;
}

Instant Windows::end_of(Instant start) const {
  if (until_ < 0) return start + length_;
  const Seconds at = seconds_of(start);
  if (calendar_.zone().impl() == nullptr) {
    const Seconds midnight = at - ((at % 86400) + 86400) % 86400;
    const Seconds end = midnight + until_ * 60;
    return instant_of(end > at ? end : end + 86400);
  }
  const absl::TimeZone& place = calendar_.zone().impl()->zone();
  const absl::CivilDay today{absl::ToCivilSecond(absl::FromUnixSeconds(at), place)};
  for (int days = 0; days < 3; ++days) {
    const absl::CivilSecond wanted = absl::CivilMinute(today + days) + until_;
    const absl::TimeZone::TimeInfo info = place.At(wanted);
    const absl::Time end = info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
    if (absl::ToUnixSeconds(end) > at) return instant_of(absl::ToUnixSeconds(end));
  }
  return start + length_;  // a place that left out days
}

Windows::Span Windows::at(Instant at) const {
  const auto start = calendar_.last_start(at, at - length_ + Duration{1});
  if (start && end_of(*start) > at) return {true, end_of(*start)};
  return {false, calendar_.next_start(at)};
}

bool Windows::never_shuts() const {
  constexpr LocalMinute kYear = 400 * 24 * 60;
  const Cron& cron = calendar_.cron();
  const auto end_of_start = [&](LocalMinute start) {
    if (until_ < 0) return start + std::chrono::floor<std::chrono::minutes>(length_).count();
    const LocalMinute end = start - start % (24 * 60) + until_;
    return end > start ? end : end + 24 * 60;
  };
  auto start = cron.next(0, 10 * kYear);
  if (!start) return false;
  const LocalMinute limit = *start + kYear;
  while (*start < limit) {
    // To the end of those that begin minute after minute.
    const auto gap = cron.next(*start, limit, false);
    if (!gap) return true;
    const auto next = cron.next(*gap, limit + kYear * 9);
    if (!next || end_of_start(*gap - 1) < *next) return false;
    start = next;
  }
  return true;
}

std::optional<int> parse_time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 99; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  return hour < 24 && minute < 60 && digit(1) < 10 && digit(4) < 10 ? std::optional{hour * 60 + minute} : std::nullopt;
}

}  // namespace tocsin::rules
