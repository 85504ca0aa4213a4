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
  const auto time = parse_source_time(GetParam().text);
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(to_unix_ns(time->at), GetParam().unix_ns);
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
                    TimeCase{"slashes", "2026/11/27 10:00:00", 1'795'773'600'000'000'000},
                    TimeCase{"basic", "20261127T100000Z", 1'795'773'600'000'000'000},
                    TimeCase{"basic_with_fraction_and_zone", "20261127T110000.5+0100", 1'795'773'600'500'000'000},
                    TimeCase{"mail", "Fri, 27 Nov 2026 10:00:00 GMT", 1'795'773'600'000'000'000},
                    TimeCase{"mail_with_offset", "Fri, 27 Nov 2026 11:00 +0100", 1'795'773'600'000'000'000},
                    TimeCase{"mail_of_a_one_digit_day", "7 November 2026 10:00:00 UTC", 1'794'045'600'000'000'000},
                    TimeCase{"mail_of_new_york", "Fri, 27 Nov 2026 05:00:00 EST", 1'795'773'600'000'000'000},
                    TimeCase{"date_command", "Fri Nov 27 10:00:00 UTC 2026", 1'795'773'600'000'000'000},
                    TimeCase{"asctime", "Fri Nov 27 10:00:00 2026", 1'795'773'600'000'000'000},
                    TimeCase{"white_space", "\t2026-11-27T10:00:00Z\r\n", 1'795'773'600'000'000'000}),
    [](const auto& named) { return std::string(named.param.name); });

TEST(SourceTime, SaysWhetherItNamesAZone) {
  for (const char* text : {"2026-11-27T10:00:00", "2026-11-27 10:00", "2026-11-27T10:00:00.5 ", "2026/11/27 10:00:00",
                           "20261127T100000", "27 Nov 2026 10:00:00", "Fri Nov 27 10:00:00 2026"}) {
    ASSERT_TRUE(parse_source_time(text)) << text;
    EXPECT_TRUE(parse_source_time(text)->is_local) << text;
  }
  for (const char* text : {"2026-11-27T10:00:00Z", "2026-11-27 10:00 +00", "2026-11-27T10:00:00 UTC", "1795793667",
                           "2026-11-27 10:00:00.5 +0000 UTC m=+0.1", "Fri, 27 Nov 2026 10:00:00 GMT"}) {
    ASSERT_TRUE(parse_source_time(text)) << text;
    EXPECT_FALSE(parse_source_time(text)->is_local) << text;
  }
}

TEST(SourceTime, ZeroIsNotSaid) {
  for (const char* text : {"0", "0.0", "00", "0e5", "0001-01-01T00:00:00", "0001-01-01T00:00:00+0000"}) {
    const auto time = parse_source_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->at, kUnset) << text;
    EXPECT_FALSE(time->is_local) << text;
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
                           "2026/11/27",
                           "20261127T1000",
                           "20261127T100000X",
                           "Fri, 27 Nov 2026",
                           "Fri, 27 Foo 2026 10:00:00 GMT",
                           "Fri Nov 27 10:00:00 CET 2026",
                           "27 Nov 26 10:00:00 GMT",
                           "one two three four five six seven eight nine",
                           "27.11.2026 10:00"}) {
    EXPECT_FALSE(parse_source_time(text)) << text;
  }
}

}  // namespace
}  // namespace tocsin
