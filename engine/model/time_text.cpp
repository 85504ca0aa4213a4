#include "engine/model/time_text.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace tocsin {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

/// Reads exactly `count` digits at `at`; -1 where there are not.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const char c = text[i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// Writes the last `width` digits of a number.
char* put_digits(char* at, std::uint32_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
  return at + width;
}

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
// Largest first: the order in which a duration may be written.
constexpr std::array<Unit, 7> kUnits{{{"w", 7 * 24 * 3600 * kNsPerSecond},
                                      {"d", 24 * 3600 * kNsPerSecond},
                                      {"h", 3600 * kNsPerSecond},
                                      {"m", 60 * kNsPerSecond},
                                      {"s", kNsPerSecond},
                                      {"ms", 1'000'000},
                                      {"us", 1'000}}};

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
  // YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;

  std::size_t at = 19;
  std::int64_t fraction_ns = 0;
  if (at < text.size() && text[at] == '.') {
    const std::size_t first = ++at;
    std::int64_t scale = kNsPerSecond / 10;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      fraction_ns += (text[at] - '0') * scale;
    }
    if (at == first) return std::nullopt;
  }
  if (at >= text.size()) return std::nullopt;
  int offset_minutes = 0;
  if (text[at] == 'Z' || text[at] == 'z') {
    if (at + 1 != text.size()) return std::nullopt;
  } else if (text[at] == '+' || text[at] == '-') {
    const int offset_h = digits(text, at + 1, 2);
    const int offset_m = digits(text, at + 4, 2);
    if (offset_h < 0 || offset_h > 23 || offset_m < 0 || offset_m > 59) return std::nullopt;
    if (text[at + 3] != ':' || at + 6 != text.size()) return std::nullopt;
    offset_minutes = (offset_h * 60 + offset_m) * (text[at] == '-' ? -1 : 1);
  } else {
    return std::nullopt;
  }

  const std::int64_t day_number = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t unix_s =
      day_number * 86'400 + hour * 3'600 + minute * 60 + second - static_cast<std::int64_t>(offset_minutes) * 60;
  // The range of 64-bit nanoseconds, a day inside it at both ends.
  if (unix_s < -9'223'286'400 || unix_s > 9'223'286'400) return kUnset;
  return from_unix_ns(unix_s * kNsPerSecond + fraction_ns);
}

std::string_view write_rfc3339(Instant at, std::array<char, kRfc3339Bytes>& out) {
  const std::chrono::sys_time<nanoseconds> utc{at.time_since_epoch()};
  const auto day = std::chrono::floor<days>(utc);
  const std::chrono::year_month_day date{day};
  const auto ms = static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(utc - day).count());
  char* next = put_digits(out.data(), static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
  *next++ = '-';
  next = put_digits(next, static_cast<unsigned>(date.month()), 2);
  *next++ = '-';
  next = put_digits(next, static_cast<unsigned>(date.day()), 2);
  *next++ = 'T';
  next = put_digits(next, ms / 3'600'000, 2);
  *next++ = ':';
  next = put_digits(next, ms / 60'000 % 60, 2);
  *next++ = ':';
  next = put_digits(next, ms / 1'000 % 60, 2);
  *next++ = '.';
  next = put_digits(next, ms % 1'000, 3);
  *next = 'Z';
  return {out.data(), out.size()};
}

void append_rfc3339(std::string& out, Instant at) {
  std::array<char, kRfc3339Bytes> text{};
  out += write_rfc3339(at, text);
}

std::string to_rfc3339(Instant at) {
  std::string out;
  append_rfc3339(out, at);
  return out;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total_ns = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || count < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const std::string_view name = text.substr(0, letters);
    std::size_t unit = next_unit;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (unit == kUnits.size()) return std::nullopt;
    std::int64_t part_ns = 0;
    if (__builtin_mul_overflow(count, kUnits[unit].ns, &part_ns)) return std::nullopt;
    if (__builtin_add_overflow(total_ns, part_ns, &total_ns)) return std::nullopt;
    text.remove_prefix(letters);
    next_unit = unit + 1;
  }
  return Duration{total_ns};
}

std::string to_text(Duration duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string out;
  if (left < 0) {
    out += '-';
    left = -left;
  }
  for (const Unit& unit : kUnits) {
    if (unit.name == "w" && left % unit.ns != 0) continue;  // 10d reads better than 1w3d
    if (left >= unit.ns) {
      out += std::to_string(left / unit.ns);
      out += unit.name;
      left %= unit.ns;
    }
  }
  if (left > 0) out += std::to_string(left) + "ns";
  return out;
}

}  // namespace tocsin
