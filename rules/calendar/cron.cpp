#include "rules/calendar/cron.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <utility>

namespace tocsin::rules {
namespace {

constexpr std::int64_t kMinutesOfDay = 24 * 60;
constexpr std::int64_t kDaysOfNineYears = 9 * 366;  // 29 February comes after eight years at the latest

struct CronField {
  std::string_view name;
  int min;
  int max;                 // what a value may be
  int last;                // where `*` ends
  std::string_view words;  // names of three letters, from `min`
};

constexpr std::array<CronField, 5> kFields{{{"minute", 0, 59, 59, ""},
                                            {"hour", 0, 23, 23, ""},
                                            {"day of the month", 1, 31, 31, ""},
                                            {"month", 1, 12, 12, kCronMonths},
                                            {"day of the week", 0, 7, 6, kCronWeekdays}}};
constexpr std::size_t kDay = 2;
constexpr std::size_t kWeekday = 4;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// A number or name of the field at the start of `text`, taken from it.
std::optional<int> take_value(std::string_view& text, const CronField& field) {
  int number = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc{} && number >= field.min && number <= field.max && text.front() != '-') {
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    return number;
  }
  for (std::size_t i = 0; text.size() >= 3 && i + 3 <= field.words.size(); i += 3) {
    if (std::ranges::equal(text.substr(0, 3), field.words.substr(i, 3), {}, upper)) {
      text.remove_prefix(3);
      return field.min + static_cast<int>(i / 3);
    }
  }
  return std::nullopt;
}

std::optional<int> take_step(std::string_view text, const CronField& field) {
  int step = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), step);
  const bool is_step = failed == std::errc{} && rest == text.data() + text.size() && step > 0 && step <= field.max;
  return is_step ? std::optional{step} : std::nullopt;
}

/// What is left of an item behind a day of the week: `#2`, `L`. The bit of Cron::nth_weekdays_; nullopt for others.
std::optional<std::uint64_t> nth_weekday(std::string_view rest, int weekday) {
  const int day = weekday % 7;
  if (rest == "L" || rest == "l") return std::uint64_t{1} << day;
  if (rest.size() != 2 || rest[0] != '#' || rest[1] < '1' || rest[1] > '5') return std::nullopt;
  return std::uint64_t{1} << (7 * (rest[1] - '0') + day);
}

/// The values of one field.
struct FieldBits {
  std::uint64_t values = 0;
  std::uint64_t nth = 0;  // of the day of the week
};

/// Adds the values of an item; false when it is none.
bool add_item(std::string_view item, const CronField& field, FieldBits& bits) {
  if (&field == &kFields[kDay] && (item == "L" || item == "l")) {
    bits.values |= 1;
    return true;
  }
  int first = field.min;
  int last = field.last;
  if (item.starts_with('*')) {
    item.remove_prefix(1);
  } else {
    const auto value = take_value(item, field);
    if (!value) return false;
    first = *value;
    if (item.starts_with('-')) {
      item.remove_prefix(1);
      const auto end = take_value(item, field);
      if (!end) return false;
      last = *end == 0 && first > 0 && field.max == 7 ? 7 : *end;  // FRI-SUN
      if (last < first) return false;
    } else if (item.empty()) {
      last = first;
    } else if (const auto nth = &field == &kFields[kWeekday] ? nth_weekday(item, first) : std::nullopt) {
      bits.nth |= *nth;
      return true;
    }
  }
  int step = 1;
  if (item.starts_with('/')) {
    const auto read = take_step(item.substr(1), field);
    if (!read) return false;
    step = *read;
  } else if (!item.empty()) {
    return false;
  }
  for (int value = first; value <= last; value += step) bits.values |= std::uint64_t{1} << value;
  return true;
}

/// The next word of `text`, which spaces divide; "" at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

std::optional<FieldBits> read_field(std::string_view column, const CronField& field) {
  FieldBits bits;
  while (true) {
    const std::size_t comma = column.find(',');
    if (!add_item(column.substr(0, comma), field, bits)) return std::nullopt;
    if (comma == std::string_view::npos) return bits;
    column.remove_prefix(comma + 1);
  }
}

/// (day, minute of the day) of a minute; also before 1970.
std::pair<std::int64_t, int> split(LocalMinute minute) {
  std::int64_t day = minute / kMinutesOfDay;
  if (minute % kMinutesOfDay < 0) --day;
  return {day, static_cast<int>(minute - day * kMinutesOfDay)};
}

}  // namespace

bool DaysOff::add(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t length) -> int {
    int value = 0;
    const char* const end = text.data() + at + length;
    const auto [rest, failed] = std::from_chars(text.data() + at, end, value);
    return failed == std::errc{} && rest == end && text[at] != '-' ? value : -1;
  };
  const bool is_dated = text.size() == 10 && text[4] == '-' && text[7] == '-';
  if (!is_dated && (text.size() != 5 || text[2] != '-')) return false;
  const std::size_t month_at = is_dated ? 5 : 0;
  // 29 February is a day of each year that has one.
  const std::chrono::year_month_day date{std::chrono::year{is_dated ? number(0, 4) : 2000},
                                         std::chrono::month{static_cast<unsigned>(number(month_at, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(month_at + 3, 2))}};
  if (number(month_at, 2) < 1 || number(month_at + 3, 2) < 1 || !date.ok() || (is_dated && number(0, 4) < 1970)) {
    return false;
  }
  const auto insert = [](auto& into, auto value) { into.insert(std::ranges::upper_bound(into, value), value); };
  if (is_dated) {
    insert(dates_, std::chrono::sys_days{date}.time_since_epoch().count() + std::int64_t{0});
  } else {
    insert(of_each_year_, static_cast<unsigned>(date.month()) * 32 + static_cast<unsigned>(date.day()));
  }
  return true;
}

bool DaysOff::has(std::int64_t day) const {
  if (std::ranges::binary_search(dates_, day)) return true;
  if (of_each_year_.empty()) return false;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return std::ranges::binary_search(of_each_year_,
                                    static_cast<unsigned>(date.month()) * 32 + static_cast<unsigned>(date.day()));
}

std::expected<Cron, std::string> Cron::parse(std::string_view text) {
  std::array<std::uint64_t, kFields.size()> bits{};
  std::uint64_t nth = 0;
  std::array<bool, kFields.size()> any{};
  std::string_view rest = text;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const std::string_view column = take_word(rest);
    if (column.empty()) {
      return std::unexpected("`cron` has five fields: minute, hour, day of the month, month, day of the week");
    }
    const auto read = read_field(column, kFields[i]);
    if (!read) return std::unexpected("the " + std::string{kFields[i].name} + " of this `cron` is not sound");
    bits[i] = read->values;
    nth |= read->nth;
    any[i] = column.starts_with('*');
  }
  if (!take_word(rest).empty()) {
    return std::unexpected("`cron` has five fields: minute, hour, day of the month, month, day of the week");
  }
  constexpr std::uint64_t kSunday = std::uint64_t{1} << 7;
  if ((bits[kWeekday] & kSunday) != 0) bits[kWeekday] = (bits[kWeekday] & ~kSunday) | 1;

  Cron cron;
  cron.minutes_ = bits[0];
  cron.hours_ = static_cast<std::uint32_t>(bits[1]);
  cron.days_ = static_cast<std::uint32_t>(bits[2]);
  cron.months_ = static_cast<std::uint32_t>(bits[3]);
  cron.weekdays_ = static_cast<std::uint32_t>(bits[kWeekday]);
  cron.nth_weekdays_ = nth;
  cron.any_hour_ = any[1];
  cron.any_day_ = any[kDay];
  cron.any_weekday_ = any[kWeekday];
  if (!cron.next(0, kDaysOfNineYears * kMinutesOfDay)) {
    return std::unexpected("no date is meant by this `cron`: the month has no such day");
  }
  return cron;
}

bool Cron::has_day(std::int64_t day) const {
  const std::chrono::sys_days at{std::chrono::days{day}};
  const std::chrono::year_month_day date{at};
  if ((months_ >> static_cast<unsigned>(date.month()) & 1) == 0) return false;
  if (off_ != nullptr && off_->has(day)) return false;
  const unsigned of_month = static_cast<unsigned>(date.day());
  const bool is_last_week = std::chrono::year_month_day{at + std::chrono::days{7}}.month() != date.month();
  const bool is_last = std::chrono::year_month_day{at + std::chrono::days{1}}.month() != date.month();
  const bool is_day = (days_ >> of_month & 1) != 0 || (is_last && (days_ & 1) != 0);
  const unsigned weekday = std::chrono::weekday{at}.c_encoding();
  const bool is_nth = (nth_weekdays_ >> (7 * ((of_month + 6) / 7) + weekday) & 1) != 0 ||
                      (is_last_week && (nth_weekdays_ >> weekday & 1) != 0);
  const bool is_weekday = (weekdays_ >> weekday & 1) != 0 || is_nth;
  return any_day_ || any_weekday_ ? is_day && is_weekday : is_day || is_weekday;
}

std::optional<std::pair<int, int>> Cron::only_hour_and_minute() const {
  if (std::popcount(hours_) != 1 || std::popcount(minutes_) != 1) return std::nullopt;
  return std::pair{std::countr_zero(hours_), std::countr_zero(minutes_)};
}

Cron Cron::without(std::shared_ptr<const DaysOff> days) const {
  Cron cron = *this;
  cron.off_ = std::move(days);
  return cron;
}

bool operator==(const Cron& a, const Cron& b) {
  const bool same_days_off = a.off_ == b.off_ || (a.off_ != nullptr && b.off_ != nullptr && *a.off_ == *b.off_);
  return same_days_off && a.minutes_ == b.minutes_ && a.hours_ == b.hours_ && a.days_ == b.days_ &&
         a.months_ == b.months_ && a.weekdays_ == b.weekdays_ && a.nth_weekdays_ == b.nth_weekdays_ &&
         a.any_hour_ == b.any_hour_ && a.any_day_ == b.any_day_ && a.any_weekday_ == b.any_weekday_;
}

bool Cron::matches(LocalMinute minute) const {
  const auto [day, of_day] = split(minute);
  return (minutes_ >> (of_day % 60) & 1) != 0 && (hours_ >> (of_day / 60) & 1) != 0 && has_day(day);
}

std::optional<LocalMinute> Cron::next(LocalMinute from, LocalMinute end, bool matching) const {
  auto [day, of_day] = split(from);
  for (; day * kMinutesOfDay < end; ++day, of_day = 0) {
    const bool is_day = has_day(day);
    if (matching && !is_day) continue;
    for (int hour = of_day / 60, minute = of_day % 60; hour < 24; ++hour, minute = 0) {
      const std::uint64_t found = is_day && (hours_ >> hour & 1) != 0 ? minutes_ : 0;
      const std::uint64_t wanted = (matching ? found : ~found) >> minute;
      const int first = wanted == 0 ? 60 : minute + std::countr_zero(wanted);
      if (first >= 60) continue;
      const LocalMinute at = day * kMinutesOfDay + hour * 60 + first;
      return at < end ? std::optional{at} : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<LocalMinute> Cron::previous(LocalMinute from, LocalMinute begin) const {
  auto [day, of_day] = split(from);
  for (; (day + 1) * kMinutesOfDay > begin; --day, of_day = static_cast<int>(kMinutesOfDay) - 1) {
    if (!has_day(day)) continue;
    for (int hour = of_day / 60, minute = of_day % 60; hour >= 0; --hour, minute = 59) {
      if ((hours_ >> hour & 1) == 0) continue;
      const std::uint64_t found = minutes_ & (~std::uint64_t{0} >> (63 - minute));
      if (found == 0) continue;
      const LocalMinute at = day * kMinutesOfDay + hour * 60 + 63 - std::countl_zero(found);
      return at >= begin ? std::optional{at} : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace tocsin::rules
