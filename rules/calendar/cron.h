#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::rules {

/// A minute on a wall clock, counted from 1970-01-01 00:00 on that clock.
using LocalMinute = std::int64_t;

/// Names of three letters, one after another: of the months from 1, of the days of the week from 0.
inline constexpr std::string_view kCronMonths = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
inline constexpr std::string_view kCronWeekdays = "SUNMONTUEWEDTHUFRISAT";

/// Days on which nothing happens, whatever a cron expression says of them. Immutable.
class DaysOff {
 public:
  /// `2026-04-06`: that day; `12-25`: the day of each year. False when it is neither, or no such day.
  bool add(std::string_view text);
  bool has(std::int64_t day) const;  // days from 1970-01-01
  bool empty() const { return dates_.empty() && of_each_year_.empty(); }
  friend bool operator==(const DaysOff&, const DaysOff&) = default;

 private:
  std::vector<std::int64_t> dates_;          // sorted
  std::vector<std::uint32_t> of_each_year_;  // month * 32 + day, sorted
};

/// A cron expression: which minutes of a wall clock it means. Five fields, in this order:
///   minute 0–59 · hour 0–23 · day of the month 1–31 or L · month 1–12 or JAN–DEC · day of the week 0–7 or SUN–SAT (0,
///   7: SUN) field = item {"," item};  item = ("*" | value ["-" value]) ["/" step];  `value/step` runs to the end of
///   the field. `L` is the last day of the month; `TUE#2` the second Tuesday of the month, `FRIL` its last Friday.
/// As cron has always had it: when both days are restricted (neither field begins with `*`), a day that is either of
/// them counts; else it must be both.
class Cron {
 public:
  /// Or a sentence that says what is wrong with it.
  static std::expected<Cron, std::string> parse(std::string_view text);

  bool matches(LocalMinute minute) const;
  /// The first minute that matches, or with `matching` false the first that does not, of [from, end).
  std::optional<LocalMinute> next(LocalMinute from, LocalMinute end, bool matching = true) const;
  /// The last minute that matches of [begin, from].
  std::optional<LocalMinute> previous(LocalMinute from, LocalMinute begin) const;
  /// The hour field begins with `*`: it means points on the line of time and not on the wall clock.
  bool is_hourly() const { return any_hour_; }
  /// Both days are restricted, so that either counts.
  bool means_either_day() const { return !any_day_ && !any_weekday_; }
  /// The one minute and hour of the day that it names; nullopt when there are several.
  std::optional<std::pair<int, int>> only_hour_and_minute() const;

  /// The same, but for these days; null: for none.
  Cron without(std::shared_ptr<const DaysOff> days) const;

  /// Equal: they mean the same in every respect.
  friend bool operator==(const Cron& a, const Cron& b);

 private:
  bool has_day(std::int64_t day) const;  // days from 1970-01-01

  // One bit for each value.
  std::uint64_t minutes_ = 0;
  std::uint32_t hours_ = 0;
  std::uint32_t days_ = 0;  // bit 0: the last of the month
  std::uint32_t months_ = 0;
  std::uint32_t weekdays_ = 0;      // 0 is Sunday
  std::uint64_t nth_weekdays_ = 0;  // bit 7 * n + weekday: its n-th in the month, n from 1; n = 0: its last
  bool any_hour_ = false;
  bool any_day_ = false;
  bool any_weekday_ = false;
  std::shared_ptr<const DaysOff> off_;
};

}  // namespace tocsin::rules
