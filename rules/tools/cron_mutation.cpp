#include "rules/tools/cron_mutation.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "rules/calendar/calendar.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kLetters = 3;  // of a name

/// The names before and after it in a ring of names; none when it is not in it.
std::vector<std::string> neighbours_in(std::string_view ring, std::string_view name) {
  std::string upper{name};
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  for (std::size_t at = 0; at < ring.size(); at += kLetters) {
    if (ring.substr(at, kLetters) != upper) continue;
    const std::size_t before = (at + ring.size() - kLetters) % ring.size();
    const std::size_t after = (at + kLetters) % ring.size();
    return {std::string{ring.substr(before, kLetters)}, std::string{ring.substr(after, kLetters)}};
  }
  return {};
}

std::vector<std::string> neighbours(std::string_view value) {
  int number = 0;
  if (std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{}) {
    std::vector<std::string> numbers{std::to_string(number - 1), std::to_string(number + 1)};
    if (number == 0) numbers.erase(numbers.begin());
    return numbers;
  }
  std::vector<std::string> names = neighbours_in(kCronWeekdays, value);
  return names.empty() ? neighbours_in(kCronMonths, value) : names;
}

}  // namespace

std::vector<std::string> other_crons(std::string_view text) {
  std::vector<std::string> found;
  const auto cron = Cron::parse(text);
  if (!cron) return found;
  constexpr std::string_view kBetween = " \t,-/*#";
  for (std::size_t begin = 0; (begin = text.find_first_not_of(kBetween, begin)) != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBetween, begin), text.size());
    for (const std::string& value : neighbours(text.substr(begin, end - begin))) {
      std::string changed{text.substr(0, begin)};
      (changed += value) += text.substr(end);
      const auto other = Cron::parse(changed);
      if (other && *other != *cron) found.push_back(std::move(changed));
    }
    begin = end;
  }
  return found;
}

std::vector<std::string> other_times_of_day(std::string_view text) {
  std::vector<std::string> found;
  const auto minute = parse_time_of_day(text);
  if (!minute) return found;
  for (const int hours : {23, 1}) {
    const int hour = (*minute / 60 + hours) % 24;
    found.push_back((hour < 10 ? "0" : "") + std::to_string(hour) + std::string{text.substr(2)});
  }
  return found;
}

std::string_view other_zone(std::string_view zone) {
  constexpr std::array<std::string_view, 5> kNamesOfUtc{"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu"};
  const bool is_utc = std::ranges::find(kNamesOfUtc, zone) != kNamesOfUtc.end();
  return is_utc ? "Europe/Amsterdam" : "UTC";
}

}  // namespace tocsin::rules
