#include "connectors/sources/source_time.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

struct TimeCase {
  const char* name;
  const char* text;
  std::int64_t unix_ns;
};
class SourceTime : public testing::TestWithParam<TimeCase> {};

TEST_P(SourceTime, IsRead) {
  const auto instant = parse_source_time(GetParam().text);
  ASSERT_TRUE(instant.has_value());
  EXPECT_EQ(to_unix_ns(*instant), GetParam().unix_ns);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SourceTime,
    testing::Values(TimeCase{"seconds", "1795793667", 1'795'793'667'000'000'000},
                    TimeCase{"seconds_and_a_fraction", "1795793667.5", 1'795'793'667'500'000'000},
                    TimeCase{"nine_digits_of_fraction", "1795793667.123456789", 1'795'793'667'123'456'789},
                    TimeCase{"more_are_cut", "1795793667.12345678999", 1'795'793'667'123'456'789},
                    TimeCase{"no_digits_behind_the_point", "1795793667.", 1'795'793'667'000'000'000},
                    TimeCase{"exponent", "1.7957936675E9", 1'795'793'667'500'000'000},
                    TimeCase{"exponent_of_a_go_program", "1.795793667e+09", 1'795'793'667'000'000'000},
                    TimeCase{"exponent_negative", "17957936675e-1", 1'795'793'667'500'000'000},
                    TimeCase{"milliseconds", "1795793667123", 1'795'793'667'123'000'000},
                    TimeCase{"milliseconds_and_a_fraction", "1795793667123.456", 1'795'793'667'123'456'000},
                    TimeCase{"microseconds", "1795793667123456", 1'795'793'667'123'456'000},
                    TimeCase{"microseconds_and_a_fraction", "1795793667123456.7", 1'795'793'667'123'456'700},
                    TimeCase{"nanoseconds", "1795793667123456789", 1'795'793'667'123'456'789},
                    TimeCase{"nanoseconds_and_a_fraction", "1795793667123456789.9", 1'795'793'667'123'456'789},
                    TimeCase{"leading_zeros", "0001795793667", 1'795'793'667'000'000'000},
                    TimeCase{"plus", "+1795793667", 1'795'793'667'000'000'000},
                    TimeCase{"less_than_a_second", "0.05", 50'000'000},
                    TimeCase{"first_milliseconds", "100000000000", 100'000'000'000'000'000},
                    TimeCase{"first_microseconds", "100000000000000", 100'000'000'000'000'000},
                    TimeCase{"first_nanoseconds", "100000000000000000", 100'000'000'000'000'000},
                    TimeCase{"last_second", "9223286400", 9'223'286'400'000'000'000},
                    TimeCase{"half_an_hour_zone", "2026-11-27T15:30:00+0530", 1'795'773'600'000'000'000},
                    TimeCase{"west", "2026-11-27T05:00:00-05", 1'795'773'600'000'000'000},
                    TimeCase{"blank_before_the_zone", "2026-11-27 11:00:00 +01:00", 1'795'773'600'000'000'000},
                    TimeCase{"name_behind_the_zone", "2026-11-27 11:00:00 +0100 CET", 1'795'773'600'000'000'000},
                    TimeCase{"gmt", "2026-11-27T10:00:00 GMT", 1'795'773'600'000'000'000},
                    TimeCase{"no_zone_no_seconds", "2026-11-27T10:00", 1'795'773'600'000'000'000},
                    TimeCase{"twelve_digits_of_fraction", "2026-11-27T10:00:00.000000001999",
                             1'795'773'600'000'000'001},
                    TimeCase{"white_space", "\t2026-11-27T10:00:00Z\r\n", 1'795'773'600'000'000'000}),
    [](const auto& named) { return std::string(named.param.name); });

TEST(SourceTime, ZeroIsNotSaid) {
  for (const char* text : {"0", "0.0", "00", "0e5", "0001-01-01T00:00:00", "0001-01-01T00:00:00+0000"}) {
    EXPECT_EQ(parse_source_time(text), kUnset) << text;
  }
}

TEST(SourceTime, WhatIsNoneIsNone) {
  for (const char* text : {"",
                           " ",
                           "now",
                           "yesterday",
                           "-5",
                           "1e",
                           "1e999",
                           "99999999999",
                           "1e-999",
                           "1795793667x",
                           "0x10",
                           ".",
                           "1.2.3",
                           "9223286401",
                           "99999999999999",
                           "123456789012345678901",
                           "2026-11-27",
                           "2026-13-27T10:00:00",
                           "2026-11-27T25:00:00",
                           "2026-11-27T10:00:00 XYZ",
                           "2026-11-27T10:00:0",
                           "2026-11-27T10:00:00+",
                           "2026-11-27T10:00:00+1",
                           "2026-11-27T10:00:00+01:0",
                           "2026-11-27T10:00:00.",
                           "2026-11-27T10:00:00Zulu",
                           "2026/11/27 10:00:00",
                           "27.11.2026 10:00"}) {
    EXPECT_EQ(parse_source_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tocsin
