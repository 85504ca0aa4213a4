#include "rules/cel/time_zone.h"

#include <gtest/gtest.h>

#include "rules/cel/zone_names.h"

namespace tocsin::cel {
namespace {

TEST(TimeZone, ListedOnesAreThoseOfTheDatabase) {
  for (const char* name : {"Europe/Amsterdam", "America/Argentina/Buenos_Aires", "US/Central", "EST5EDT", "UTC"}) {
    EXPECT_TRUE(is_listed_zone(name)) << name;
  }
  for (const char* name : {"Europe/Amsterdan", "europe/amsterdam", "posix/Europe/Amsterdam", "", "Z", "Europe/"}) {
    EXPECT_FALSE(is_listed_zone(name)) << name;
  }
}

TEST(TimeZone, NamesFromSendersMustBeListed) {
  const Value noon = Value::timestamp(1'782'907'200, 0);  // 2026-07-01T12:00:00Z
  const auto hour = [&](std::string_view name) -> std::int64_t {
    const auto zone = TimeZone::find_listed(name);
    return zone ? zone->part(TimePart::hours, noon) : -1;
  };
  EXPECT_EQ(hour("Europe/Amsterdam"), 14);
  EXPECT_EQ(hour("Z"), 12);
  EXPECT_EQ(hour("UTC"), 12);
  EXPECT_EQ(hour("-03:30"), 8);
  EXPECT_EQ(hour("02:00"), 14);
  for (const char* name : {"Europe/Amsterdan", "posix/Europe/Amsterdam", "../etc/passwd", "localtime", "", "25:00"}) {
    EXPECT_EQ(hour(name), -1) << name;
  }
}

}  // namespace
}  // namespace tocsin::cel
