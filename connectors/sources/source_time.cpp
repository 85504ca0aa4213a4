#include "connectors/sources/source_time.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

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

std::optional<Instant> parse_date_time(std::string_view text) {
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
  return parse_rfc3339(made += zone);
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

std::optional<Instant> parse_source_time(std::string_view text) {
  text = trim_blanks(text);
  if (const auto instant = parse_rfc3339(text)) return instant;
  if (const auto instant = parse_date_time(text)) return instant;
  return parse_number(text);
}

}  // namespace tocsin
