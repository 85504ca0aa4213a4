#include "connectors/sources/source_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/time_text.h"
#include "engine/model/word.h"

namespace tocsin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits at the front, at most `count_max` of them.
std::string_view take_digits(std::string_view& text, std::size_t count_max) {
  std::size_t count = 0;
  while (count < count_max && count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// What RFC 3339 wants for the zone that `text` is; "" when it is none.
std::string zone_of(std::string_view text) {
  // Go prints a name behind the offset, and the reading of its monotonic clock behind that.
  if (const std::size_t clock = text.find(" m="); clock != std::string_view::npos) text = text.substr(0, clock);
  text = trim_blanks(text);
  if (text.empty() || equal_but_for_case(text, "z") || equal_but_for_case(text, "utc") ||
      equal_but_for_case(text, "gmt")) {
    return "Z";
  }
  if (text.front() != '+' && text.front() != '-') return {};
  std::string zone{text.front()};
  text.remove_prefix(1);
  const std::string_view hours = take_digits(text, 2);
  if (hours.size() != 2) return {};
  take(text, ":");
  const std::string_view minutes = take_digits(text, 2);
  if (minutes.size() != 2 && !minutes.empty()) return {};
  zone.append(hours).append(":").append(minutes.empty() ? "00" : minutes);
  if (text.empty()) return zone;
  if (text.front() != ' ') return {};
  // A name of the zone, or the offset once more: the first one counts.
  text = trim_blanks(text);
  for (const char c : text) {
    const bool fits = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '-';
    if (!fits) return {};
  }
  return zone;
}

std::optional<SourceTime> parse_date_time(std::string_view text) {
  constexpr std::size_t kMinutesEnd = 16;  // YYYY-MM-DDTHH:MM
  if (text.size() < kMinutesEnd) return std::nullopt;
  std::string made(text.substr(0, kMinutesEnd));
  text.remove_prefix(kMinutesEnd);
  if (take(text, ":")) {
    made.append(":").append(take_digits(text, 2));
  } else {
    made += ":00";
  }
  if (take(text, ".") || take(text, ",")) {
    const std::string_view fraction = take_digits(text, text.size());
    if (fraction.empty()) return std::nullopt;
    made.append(".").append(fraction.substr(0, 9));
  }
  const std::string zone = zone_of(text);
  if (zone.empty()) return std::nullopt;
  const auto instant = parse_rfc3339(made += zone);
  if (!instant) return std::nullopt;
  return SourceTime{*instant, trim_blanks(text).empty() && *instant != kUnset};
}

/// The number of a month by its English name or the beginning of it, as two digits; "" when it is none.
std::string_view month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames{"jan", "feb", "mar", "apr", "may", "jun",
                                                    "jul", "aug", "sep", "oct", "nov", "dec"};
  constexpr std::array<std::string_view, 12> kNumbers{"01", "02", "03", "04", "05", "06",
                                                      "07", "08", "09", "10", "11", "12"};
  if (name.size() < 3) return {};
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (equal_but_for_case(name.substr(0, 3), kNames[i])) return kNumbers[i];
  return {};
}

/// RFC 822's zones of North America as offsets; others as they are.
std::string_view offset_of(std::string_view zone) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kZones{{{"EST", "-0500"},
                                                                                 {"EDT", "-0400"},
                                                                                 {"CST", "-0600"},
                                                                                 {"CDT", "-0500"},
                                                                                 {"MST", "-0700"},
                                                                                 {"MDT", "-0600"},
                                                                                 {"PST", "-0800"},
                                                                                 {"PDT", "-0700"}}};
  for (const auto& [name, offset] : kZones)
    if (zone == name) return offset;
  return zone;
}

/// The words of a text, at most eight; more: none.
std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::size_t kWordsMax = 8;
  std::vector<std::string_view> words;
  while (!(text = trim_blanks(text)).empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (words.size() == kWordsMax) return {};
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

/// `Fri, 27 Nov 2026 10:00:00 GMT` (RFC 5322), `27 Nov 2026 10:00 +0100`, `Fri Nov 27 10:00:00 CET 2026` (date(1)),
/// `2026/11/27 10:00:00`, `20261127T100000Z` as ISO 8601 has them; "" when it is none of these.
std::string in_iso_order(std::string_view text) {
  constexpr std::size_t kDateBytes = 10;
  constexpr std::size_t kBasicBytes = 15;
  if (text.size() > kDateBytes && text[4] == '/' && text[7] == '/') {
    std::string made(text);
    made[4] = made[7] = '-';
    return made;
  }
  std::string_view rest = text;
  const std::string_view day_digits = take_digits(rest, 8);
  if (day_digits.size() == 8 && take(rest, "T")) {
    const std::string_view time = take_digits(rest, 6);
    if (time.size() != 6) return {};
    std::string made(text.substr(0, 4));
    made.append("-").append(text.substr(4, 2)).append("-").append(text.substr(6, 2)).append("T");
    made.append(time.substr(0, 2)).append(":").append(time.substr(2, 2)).append(":").append(time.substr(4, 2));
    return made.append(text.substr(kBasicBytes));
  }
  std::vector<std::string_view> words = words_of(text);
  if (!words.empty() && !is_digit(words.front().front())) {  // the day of the week says nothing new
    if (words.front().size() < 3) return {};
    words.erase(words.begin());
  }
  if (words.size() < 4) return {};
  std::string_view day = words[0];
  std::string_view month = month_of(words[1]);
  std::string_view year = words[2];
  std::string_view time = words[3];
  std::string_view zone = words.size() > 4 ? words[4] : std::string_view{};
  if (month.empty()) {  // date(1) says the month first and the year last
    month = month_of(words[0]);
    day = words[1];
    time = words[2];
    year = words.back();
    zone = words.size() > 4 ? words[3] : std::string_view{};
  }
  const auto is_number = [](std::string_view word, std::size_t least, std::size_t most) {
    std::string_view left = word;
    return take_digits(left, most).size() >= least && left.empty();
  };
  if (month.empty() || !is_number(day, 1, 2) || !is_number(year, 4, 4) || time.size() < 5) return {};
  std::string made(year);
  made.append("-").append(month).append("-").append(day.size() == 1 ? "0" : "").append(day).append("T");
  return made.append(time).append(zone.empty() ? "" : " ").append(offset_of(zone));
}

/// A decimal number as its digits and the place of its point: 17.5 and 1.75e1 are {"175", 2}.
struct Decimal {
  static constexpr std::size_t kDigitsMax = 40;
  std::array<char, kDigitsMax> digits{};
  std::size_t count = 0;
  std::int64_t point = 0;

  char at(std::int64_t i) const {
    return i >= 0 && i < static_cast<std::int64_t>(count) ? digits[static_cast<std::size_t>(i)] : '0';
  }
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  bool behind_point = false;
  bool any = false;
  while (!text.empty() && (is_digit(text.front()) || (text.front() == '.' && !behind_point))) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '.') {
      behind_point = true;
      continue;
    }
    any = true;
    const bool leading_zero = number.count == 0 && c == '0';
    if (!leading_zero && number.count < Decimal::kDigitsMax) number.digits[number.count++] = c;
    if (behind_point && leading_zero) --number.point;
    if (!behind_point && !leading_zero) ++number.point;
  }
  if (!any) return std::nullopt;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    int exponent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{} || exponent < -1000 || exponent > 1000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    number.point += exponent;
  }
  if (!text.empty()) return std::nullopt;
  return number;
}

std::optional<Instant> parse_number(std::string_view text) {
  const bool is_negative = take(text, "-");
  if (!is_negative) take(text, "+");
  const auto number = parse_decimal(text);
  if (!number) return std::nullopt;
  if (number->count == 0) return kUnset;
  if (is_negative) return std::nullopt;
  // How many digits stand before the point says the unit: 10^11 is the first number with twelve.
  const std::int64_t whole_digits = number->point;
  constexpr std::int64_t kNanosecondDigits = 19;
  if (whole_digits > kNanosecondDigits || whole_digits < -9) return std::nullopt;
  const std::int64_t digits_below_second = whole_digits <= 11 ? 0 : whole_digits <= 14 ? 3 : whole_digits <= 17 ? 6 : 9;
  const std::int64_t point = whole_digits - digits_below_second;  // where seconds end
  std::int64_t seconds = 0;
  for (std::int64_t i = 0; i < point; ++i) seconds = seconds * 10 + (number->at(i) - '0');
  if (seconds > 9'223'286'400) return std::nullopt;  // the range of 64-bit nanoseconds
  std::int64_t nanoseconds = 0;
  for (std::int64_t i = 0; i < 9; ++i) nanoseconds = nanoseconds * 10 + (number->at(point + i) - '0');
  return from_unix_ns(seconds * 1'000'000'000 + nanoseconds);
}

}  // namespace

std::optional<SourceTime> parse_source_time(std::string_view text) {
  text = trim_blanks(text);
  if (const auto instant = parse_rfc3339(text)) return SourceTime{*instant};
  if (const auto time = parse_date_time(text)) return time;
  if (const auto time = parse_date_time(in_iso_order(text))) return time;
  if (const auto instant = parse_number(text)) return SourceTime{*instant};
  return std::nullopt;
}

}  // namespace tocsin
