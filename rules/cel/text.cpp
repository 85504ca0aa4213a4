#include "rules/cel/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <system_error>

#include "absl/strings/charconv.h"
#include <fmt/format.h>

#include "rules/cel/operations.h"
#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Wider than a duration, so that overflow is seen after the fact.
__extension__ using Wide = __int128;

/// ".5" for 500,000,000; "" for 0.
std::string fraction_text(std::uint32_t nanoseconds) {
  if (nanoseconds == 0) return {};
  std::string text = fmt::format(".{:09}", nanoseconds);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

/// Takes `count` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

/// Digits after a point, as nanoseconds; digits beyond the ninth are dropped.
std::optional<std::uint32_t> take_fraction(std::string_view& text) {
  std::uint32_t nanoseconds = 0;
  std::size_t digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (digits < 9) nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(text[0] - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) nanoseconds *= 10;
  return nanoseconds;
}

/// Z or +hh:mm, in seconds east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return 0;
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\u00B5s", 1'000},
                                         {"\u03BCs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", kSecond},
                                         {"m", 60 * kSecond},
                                         {"h", 3600 * kSecond}}};

/// One number with its unit.
std::optional<Wide> take_amount(std::string_view& text) {
  Wide whole = 0;
  std::size_t digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (++digits > 19) return std::nullopt;
    whole = whole * 10 + (text[0] - '0');
    text.remove_prefix(1);
  }
  Wide fraction = 0;
  Wide scale = 1;
  if (take(text, '.')) {
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      ++digits;
      if (scale < 1'000'000'000'000'000) fraction = fraction * 10 + (text[0] - '0'), scale *= 10;
      text.remove_prefix(1);
    }
  }
  if (digits == 0) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    // "m" is the start of "ms" too; the longer one stands first in the table.
    text.remove_prefix(unit.name.size());
    return whole * unit.nanoseconds + fraction * unit.nanoseconds / scale;
  }
  return std::nullopt;
}

/// In fixed notation at most 343 characters: a sign, "0.", 323 zeros and 17 digits.
std::string floating_text(double value, std::chars_format format) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 400> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  return {buffer.data(), end};
}

/// Whether `text` is `word`, in letters of either case; `word` is lower.
bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

const char* escape_of(char32_t c) {
  switch (c) {
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\v':
      return "\\v";
    case '\\':
      return "\\\\";
    case '"':
      return "\\\"";
    default:
      return nullptr;
  }
}

}  // namespace

std::string floating_text(double value) {
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e21);
  return floating_text(value, plain ? std::chars_format::fixed : std::chars_format::scientific);
}

std::string plain_floating_text(double value) { return floating_text(value, std::chars_format::fixed); }

std::optional<double> parse_floating(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool sign = negative || text.starts_with('+');
  const std::string_view magnitude = text.substr(sign ? 1 : 0);
  if (!sign && is_word(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  if (is_word(magnitude, "inf") || is_word(magnitude, "infinity")) {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  const bool starts = !magnitude.empty() && (magnitude[0] == '.' || (magnitude[0] >= '0' && magnitude[0] <= '9'));
  if (!starts || magnitude.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = absl::from_chars(magnitude.data(), magnitude.data() + magnitude.size(), value);
  if (error == std::errc::invalid_argument || end != magnitude.data() + magnitude.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range && value > 1) return std::nullopt;
  return negative ? -value : value;
}

std::string timestamp_text(const Value& timestamp) {
  using namespace std::chrono;
  const sys_seconds at{seconds{timestamp.seconds()}};
  const sys_days day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), fraction_text(timestamp.nanoseconds()));
}

std::optional<Value> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  const auto year_number = take_digits(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_digits(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_digits(text, 2);
  if (!day_number || !take(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::uint32_t nanoseconds = 0;
  if (take(text, '.')) {
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    nanoseconds = *fraction;
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t at = std::int64_t{sys_days{date}.time_since_epoch().count()} * 86'400 + *hour * 3600 +
                          *minute * 60 + *second - *offset;
  if (at < kTimestampSecondsMin || at > kTimestampSecondsMax) return std::nullopt;
  return Value::timestamp(at, nanoseconds);
}

std::string duration_text(std::int64_t nanoseconds) {
  const bool negative = nanoseconds < 0;
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  return fmt::format("{}{}{}s", negative ? "-" : "", magnitude / kSecond,
                     fraction_text(static_cast<std::uint32_t>(magnitude % kSecond)));
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (!take(text, '-')) take(text, '+');
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  Wide total = 0;
  while (!text.empty()) {
    const auto amount = take_amount(text);
    if (!amount) return std::nullopt;
    total += *amount;
    if (total > Wide{1} << 64) return std::nullopt;
  }
  if (negative) total = -total;
  if (total > std::numeric_limits<std::int64_t>::max() || total < std::numeric_limits<std::int64_t>::min()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(total);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    if (const char* escape = escape_of(point.value); escape != nullptr) {
      out += escape;
    } else {
      append_utf8(out, point.value);
    }
    at += point.length;
  }
  return out + "\"";
}

std::string quoted_bytes(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out + "\"";
}

}  // namespace tocsin::cel
