#include "engine/model/time_text.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

using namespace std::chrono_literals;

struct TimeCase {
  const char* name;
  const char* text;
  std::int64_t unix_ns;
};
class Rfc3339 : public testing::TestWithParam<TimeCase> {};

TEST_P(Rfc3339, IsRead) {
  const auto instant = parse_rfc3339(GetParam().text);
  ASSERT_TRUE(instant.has_value());
  EXPECT_EQ(to_unix_ns(*instant), GetParam().unix_ns);
}

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kUnsetNs = to_unix_ns(kUnset);

INSTANTIATE_TEST_SUITE_P(
    Table, Rfc3339,
    testing::Values(TimeCase{"epoch", "1970-01-01T00:00:00Z", 0},
                    TimeCase{"before_the_epoch", "1969-12-31T23:59:59.5Z", -kSecond / 2},
                    TimeCase{"plain", "2026-03-28T23:00:00Z", 1'774'738'800 * kSecond},
                    TimeCase{"east", "2026-03-29T01:00:00+02:00", 1'774'738'800 * kSecond},
                    TimeCase{"west_by_half_an_hour", "2026-03-28T19:30:00-03:30", 1'774'738'800 * kSecond},
                    TimeCase{"small_letters", "2026-03-28t23:00:00z", 1'774'738'800 * kSecond},
                    TimeCase{"blank", "2026-03-28 23:00:00Z", 1'774'738'800 * kSecond},
                    TimeCase{"one_digit", "1970-01-01T00:00:00.1Z", kSecond / 10},
                    TimeCase{"nine_digits", "1970-01-01T00:00:00.123456789Z", 123'456'789},
                    TimeCase{"more_digits_are_cut", "1970-01-01T00:00:00.1234567899999Z", 123'456'789},
                    TimeCase{"fraction_and_offset", "1970-01-01T01:00:00.5+01:00", kSecond / 2},
                    TimeCase{"leap_second", "2016-12-31T23:59:60Z", 1'483'228'800 * kSecond},
                    TimeCase{"leap_day", "2024-02-29T00:00:00Z", 1'709'164'800 * kSecond},
                    TimeCase{"zero_of_go", "0001-01-01T00:00:00Z", kUnsetNs},
                    TimeCase{"year_zero", "0000-01-01T00:00:00Z", kUnsetNs},
                    TimeCase{"far_future", "9999-12-31T23:59:59Z", kUnsetNs}),
    [](const auto& named) { return std::string(named.param.name); });

TEST(Rfc3339Text, OtherTextsAreNone) {
  for (const char* text : {"",
                           "now",
                           "2026",
                           "2026-03-28",
                           "2026-03-28T23:00:00",
                           "2026-03-28T23:00Z",
                           "2026-03-28T23:00:00.Z",
                           "2026-03-28T23:00:00Zx",
                           "2026-03-28T23:00:00 Z",
                           "2026-03-28T23:00:00+0200",
                           "2026-03-28T23:00:00+02",
                           "2026-03-28T23:00:00+24:00",
                           "2026-03-28T23:00:00+02:60",
                           "2026-03-28T23:00:00+02:00x",
                           "2026-03-28T24:00:00Z",
                           "2026-03-28T23:60:00Z",
                           "2026-03-28T23:00:61Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "26-03-28T23:00:00Z",
                           "2026/03/28T23:00:00Z",
                           "2026-03-28X23:00:00Z",
                           " 2026-03-28T23:00:00Z",
                           "+026-03-28T23:00:00Z",
                           "2026-03-28T23:00:0aZ",
                           "1774738800"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Rfc3339Text, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(from_unix_ns(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(from_unix_ns(1'774'738'800'999'999'999)), "2026-03-28T23:00:00.999Z") << "cut, not rounded";
  EXPECT_EQ(to_rfc3339(from_unix_ns(-1)), "1969-12-31T23:59:59.999Z");
  std::string out = "at ";
  append_rfc3339(out, from_unix_ns(1'000'000));
  EXPECT_EQ(out, "at 1970-01-01T00:00:00.001Z");
}

TEST(Rfc3339Text, IsReadAsItWasWritten) {
  for (std::int64_t ms = -4'000'000'000'000; ms < 9'000'000'000'000; ms += 86'399'999'983) {
    const Instant at = from_unix_ns(ms * 1'000'000);
    ASSERT_EQ(parse_rfc3339(to_rfc3339(at)), at) << ms;
  }
}

TEST(DurationText, IsRead) {
  EXPECT_EQ(parse_duration("0s"), Duration{0});
  EXPECT_EQ(parse_duration("90s"), Duration{90s});
  EXPECT_EQ(parse_duration("5m"), Duration{5min});
  EXPECT_EQ(parse_duration("1h30m"), Duration{90min});
  EXPECT_EQ(parse_duration("250ms"), Duration{250ms});
  EXPECT_EQ(parse_duration("2d"), Duration{48h});
  EXPECT_EQ(parse_duration("1w"), Duration{168h});
  EXPECT_EQ(parse_duration("1w2d3h4m5s6ms7us"), Duration{168h + 48h + 3h + 4min + 5s + 6ms + 7us});
}

TEST(DurationText, OtherTextsAreNone) {
  for (const char* text : {"", "5", "m", "-5m", "+5m", "5 m", "1.5h", "5x", "30m1h", "5m5m", "5M", "1y", "h1",
                           "99999999999999999999s", "9223372036854775807w", "106752d9999999999999s"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(DurationText, IsWrittenAsPeopleWouldAndReadAgain) {
  EXPECT_EQ(to_text(Duration{0}), "0s");
  EXPECT_EQ(to_text(Duration{5400s}), "1h30m");
  EXPECT_EQ(to_text(Duration{240h}), "10d") << "not 1w3d";
  EXPECT_EQ(to_text(Duration{336h}), "2w");
  EXPECT_EQ(to_text(Duration{1500ms}), "1s500ms");
  EXPECT_EQ(to_text(Duration{-90s}), "-1m30s");
  for (const Duration duration : {Duration{1us}, Duration{999ms}, Duration{61s}, Duration{3601s}, Duration{1000h}}) {
    EXPECT_EQ(parse_duration(to_text(duration)), duration) << to_text(duration);
  }
}

}  // namespace
}  // namespace tocsin
