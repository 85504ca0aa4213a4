#include "rules/calendar/calendar_words.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rules/cel/suggestion.h"
#include "rules/cel/zone_names.h"

namespace tocsin::rules {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool are_alike(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty()) return words;
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    words.emplace_back(word);
    text.remove_prefix(word.size());
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) (text += text.empty() ? "" : " ") += word;
  return text;
}

/// `Tuesday` as `TUE`, `Tues` too; other letters as they are.
std::string with_short_names(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, is_letter);
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (word.empty()) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto is_meant = [&](std::string_view name) {
      return word.size() > 3 && word.size() <= name.size() && are_alike(word, name.substr(0, word.size()));
    };
    std::optional<std::string_view> full;
    for (const auto& names :
         {std::span<const std::string_view>{kWeekdays}, std::span<const std::string_view>{kMonths}}) {
      const auto found = std::ranges::find_if(names, is_meant);
      if (found != names.end()) full = *found;
    }
    if (full) {
      std::ranges::transform(full->substr(0, 3), std::back_inserter(out), upper);
    } else {
      out += word;
    }
    text.remove_prefix(word.size());
  }
  return out;
}

/// `08:00-18:00`, `8-18`: the hours from and to.
std::optional<std::pair<int, int>> hours_of(std::string_view text) {
  const auto take_hour = [&]() -> std::optional<int> {
    int hour = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && digits < 2 && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
      hour = hour * 10 + (text[digits] - '0');
    }
    text.remove_prefix(digits);
    if (text.size() >= 3 && text[0] == ':') text.remove_prefix(3);
    return digits > 0 && hour <= 24 ? std::optional{hour} : std::nullopt;
  };
  const auto from = take_hour();
  text.remove_prefix(std::min(text.find_first_not_of(" "), text.size()));
  if (!from || text.empty() || text.front() != '-') return std::nullopt;
  text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of(" "), text.size()));
  const auto to = take_hour();
  return to && text.empty() && *from < *to ? std::optional{std::pair{*from, *to}} : std::nullopt;
}

/// Words that stand for a whole expression in other crons.
std::string_view nickname(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames{{{"@hourly", "0 * * * *"},
                                                                                 {"@daily", "0 0 * * *"},
                                                                                 {"@midnight", "0 0 * * *"},
                                                                                 {"@weekly", "0 0 * * SUN"},
                                                                                 {"@monthly", "0 0 1 * *"},
                                                                                 {"@yearly", "0 0 1 1 *"},
                                                                                 {"@annually", "0 0 1 1 *"}}};
  const auto found = std::ranges::find_if(kNames, [&](const auto& one) { return are_alike(one.first, text); });
  return found == kNames.end() ? std::string_view{} : found->second;
}

/// Cities by the names that their own people give them, and cities that have no zone of their own.
std::string_view zone_of_city(std::string_view city) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 38> kCities{
      {{"Warszawa", "Europe/Warsaw"},
       {"Krakow", "Europe/Warsaw"},
       {"Wien", "Europe/Vienna"},
       {"Muenchen", "Europe/Berlin"},
       {"Munich", "Europe/Berlin"},
       {"Frankfurt", "Europe/Berlin"},
       {"Hamburg", "Europe/Berlin"},
       {"Koeln", "Europe/Berlin"},
       {"Praha", "Europe/Prague"},
       {"Roma", "Europe/Rome"},
       {"Milano", "Europe/Rome"},
       {"Milan", "Europe/Rome"},
       {"Lisboa", "Europe/Lisbon"},
       {"Kobenhavn", "Europe/Copenhagen"},
       {"Kopenhagen", "Europe/Copenhagen"},
       {"Bruxelles", "Europe/Brussels"},
       {"Brussel", "Europe/Brussels"},
       {"Geneva", "Europe/Zurich"},
       {"Geneve", "Europe/Zurich"},
       {"Bern", "Europe/Zurich"},
       {"Moskva", "Europe/Moscow"},
       {"Bucuresti", "Europe/Bucharest"},
       {"Athina", "Europe/Athens"},
       {"Beograd", "Europe/Belgrade"},
       {"Barcelona", "Europe/Madrid"},
       {"Rotterdam", "Europe/Amsterdam"},
       {"Gdansk", "Europe/Warsaw"},
       {"Bangalore", "Asia/Kolkata"},
       {"Mumbai", "Asia/Kolkata"},
       {"Delhi", "Asia/Kolkata"},
       {"Beijing", "Asia/Shanghai"},
       {"Osaka", "Asia/Tokyo"},
       {"San_Francisco", "America/Los_Angeles"},
       {"Seattle", "America/Los_Angeles"},
       {"Boston", "America/New_York"},
       {"Washington", "America/New_York"},
       {"Austin", "America/Chicago"},
       {"Montreal", "America/Toronto"}}};
  const auto found = std::ranges::find_if(kCities, [&](const auto& one) { return are_alike(one.first, city); });
  return found == kCities.end() ? std::string_view{} : found->second;
}

bool reads(const std::string& cron) { return Cron::parse(cron).has_value(); }

}  // namespace

std::string starts_in_words(const Calendar& calendar, Instant after, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    after = calendar.next_start(after);
    if (after == kNever) break;
    const std::chrono::minutes local{calendar.zone().local(after)};
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date{std::chrono::sys_days{day}};
    const auto weekday = std::chrono::weekday{std::chrono::sys_days{day}}.iso_encoding() - 1;
    const auto of_day = static_cast<int>((local - day).count());
    text += fmt::format("{}{} {:04}-{:02}-{:02} {:02}:{:02}", text.empty() ? "" : ", ", kWeekdays[weekday],
                        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                        static_cast<unsigned>(date.day()), of_day / 60, of_day % 60);
  }
  return text;
}

std::string cron_hint(std::string_view text) {
  if (const std::string_view meant = nickname(text); !meant.empty()) return cel::did_you_mean(meant);
  if (const auto hours = hours_of(text)) {
    const std::string from = std::to_string(hours->first);
    return "from " + from + " to " + std::to_string(hours->second) + " as hours: `* " + from + "-" +
           std::to_string(hours->second - 1) + " * * *`; as a window: `cron: 0 " + from +
           " * * *` and `for` or `until`";
  }
  std::vector<std::string> words = words_of(with_short_names(text));
  // Quartz and others begin with seconds, and say `?` where a day is not restricted.
  for (std::string& word : words) {
    if (word == "?") word = "*";
  }
  if (words.size() == 6 && (words[0] == "0" || words[0] == "*")) words.erase(words.begin());
  if (words.size() != 5) {
    return "five fields: minute, hour, day of the month, month, day of the week; here are " +
           std::to_string(words.size());
  }
  if (const std::string meant = joined(words); reads(meant)) return cel::did_you_mean(meant);
  std::swap(words[0], words[1]);
  const std::string swapped = joined(words);
  if (reads(swapped)) return "the minute comes first: " + cel::did_you_mean(swapped);
  std::swap(words[0], words[1]);
  words[4] = "*";
  return reads(joined(words)) ? "days of the week are 0 to 7 or `SUN` to `SAT`" : std::string{};
}

std::string zone_hint(std::string_view name) {
  const auto zones = cel::listed_zones();
  const std::size_t sign = name.find_first_of("+-");
  const std::string_view before = name.substr(0, sign);
  if (sign != std::string_view::npos && (before.empty() || before == "GMT" || before == "UTC")) {
    return "an offset knows no summer time: name a place, such as `Europe/Amsterdam`";
  }
  const auto alike = std::ranges::find_if(zones, [&](std::string_view zone) { return are_alike(zone, name); });
  if (alike != zones.end()) return cel::did_you_mean(*alike);
  const std::string_view city = name.substr(name.rfind('/') + 1);  // all of it where there is no slash
  if (const std::string_view zone = zone_of_city(city); !zone.empty()) return cel::did_you_mean(zone);
  const auto same_city = std::ranges::find_if(zones, [&](std::string_view zone) {
    const std::size_t slash = zone.rfind('/');
    return slash != std::string_view::npos && are_alike(zone.substr(slash + 1), city);
  });
  if (same_city != zones.end()) return cel::did_you_mean(*same_city);
  if (const std::string near = cel::nearest(name, zones); !near.empty()) return cel::did_you_mean(near);
  return city.size() <= 5 ? "a place, so that summer time is known: `Europe/Amsterdam`" : std::string{};
}

}  // namespace tocsin::rules
