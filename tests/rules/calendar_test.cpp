#include "rules/calendar/calendar.h"

#include <gtest/gtest.h>

#include "engine/model/time_text.h"
#include "rules/calendar/calendar_words.h"

namespace tocsin::rules {
namespace {

Instant at(std::string_view text) { return parse_rfc3339(text).value(); }
/// "never", or RFC 3339 in UTC without the milliseconds.
std::string text_of(Instant instant) { return instant == kNever ? "never" : to_rfc3339(instant); }

Calendar calendar(std::string_view cron, std::string_view zone = "UTC") {
  return {Cron::parse(cron).value(), Zone::find(zone).value()};
}

struct StartCase {
  const char* name;
  const char* cron;
  const char* zone;
  const char* after;
  const char* start;
};

class NextStart : public testing::TestWithParam<StartCase> {};

TEST_P(NextStart, IsTheFirstAfter) {
  const Calendar times = calendar(GetParam().cron, GetParam().zone);
  EXPECT_EQ(text_of(times.next_start(at(GetParam().after))), GetParam().start);
}

INSTANTIATE_TEST_SUITE_P(
    Calendar, NextStart,
    testing::Values(
        StartCase{"next_minute", "* * * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00.000Z"},
        StartCase{"inside_a_minute", "* * * * *", "UTC", "2026-01-01T00:00:59.999Z", "2026-01-01T00:01:00.000Z"},
        StartCase{"step", "*/20 * * * *", "UTC", "2026-01-01T00:40:00Z", "2026-01-01T01:00:00.000Z"},
        StartCase{"step_from", "5/20 3 * * *", "UTC", "2026-01-01T03:26:00Z", "2026-01-01T03:45:00.000Z"},
        StartCase{"range_with_step", "10-30/10 * * * *", "UTC", "2026-01-01T00:30:00Z", "2026-01-01T01:10:00.000Z"},
        StartCase{"over_the_year", "30 2 1 * *", "UTC", "2025-12-01T02:30:00Z", "2026-01-01T02:30:00.000Z"},
        StartCase{"month_without_31", "0 0 31 * *", "UTC", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00.000Z"},
        StartCase{"leap_day", "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00.000Z"},
        StartCase{"named_days", "0 2 * * TUE", "UTC", "2026-01-01T00:00:00Z", "2026-01-06T02:00:00.000Z"},
        StartCase{"sunday_is_7", "0 2 * * 7", "UTC", "2026-01-01T00:00:00Z", "2026-01-04T02:00:00.000Z"},
        StartCase{"friday_to_sunday", "0 2 * * FRI-SUN", "UTC", "2026-01-03T02:00:00Z", "2026-01-04T02:00:00.000Z"},
        StartCase{"either_day", "0 0 13 * FRI", "UTC", "2026-01-09T00:00:00Z", "2026-01-13T00:00:00.000Z"},
        StartCase{"either_day_again", "0 0 13 * FRI", "UTC", "2026-01-13T00:00:00Z", "2026-01-16T00:00:00.000Z"},
        StartCase{"both_when_one_is_a_star", "0 0 */2 * FRI", "UTC", "2026-01-01T00:00:00Z",
                  "2026-01-09T00:00:00.000Z"},
        StartCase{"zone", "0 2 * * *", "Europe/Amsterdam", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00.000Z"},
        StartCase{"zone_in_summer", "0 2 * * *", "Europe/Amsterdam", "2026-07-01T00:00:01Z",
                  "2026-07-02T00:00:00.000Z"},
        StartCase{"half_hours_east", "0 9 * * *", "Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T03:30:00.000Z"},
        StartCase{"west_of_utc", "0 22 * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-01-01T03:00:00.000Z"},
        // 2026-03-29: 02:00 is followed by 03:00. 2026-10-25: 03:00 is followed by 02:00.
        StartCase{"skipped_hour", "30 2 * * *", "Europe/Amsterdam", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z"},
        StartCase{"after_the_skipped_hour", "30 2 * * *", "Europe/Amsterdam", "2026-03-29T01:00:00Z",
                  "2026-03-30T00:30:00.000Z"},
        StartCase{"skipped_with_any_hour", "30 * * * *", "Europe/Amsterdam", "2026-03-29T00:30:00Z",
                  "2026-03-29T01:30:00.000Z"},
        StartCase{"repeated_hour", "30 2 * * *", "Europe/Amsterdam", "2026-10-25T00:00:00Z",
                  "2026-10-25T00:30:00.000Z"},
        StartCase{"repeated_once", "30 2 * * *", "Europe/Amsterdam", "2026-10-25T00:30:00Z",
                  "2026-10-26T01:30:00.000Z"},
        StartCase{"repeated_with_any_hour", "30 * * * *", "Europe/Amsterdam", "2026-10-25T00:30:00Z",
                  "2026-10-25T01:30:00.000Z"},
        StartCase{"jump_of_half_an_hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z",
                  "2026-10-03T15:30:00.000Z"},
        StartCase{"day_that_was_not", "0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00:00Z",
                  "2011-12-30T10:00:00.000Z"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(CalendarStarts, LookingBackFindsWhatLookingAheadFinds) {
  for (const char* zone : {"UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe"}) {
    for (const char* cron : {"30 2 * * *", "*/7 1-3 * * *", "30 * * * *", "0 0 1 * MON", "15 2 * 3,4,10,11 SUN"}) {
      const Calendar times = calendar(cron, zone);
      Instant start = at("2026-01-01T00:00:00Z");
      const Instant before_all = start;
      for (int i = 0; i < 2000 && start < at("2027-01-01T00:00:00Z"); ++i) {
        const Instant next = times.next_start(start);
        EXPECT_EQ(times.last_start(next, before_all), next) << cron << ' ' << zone;
        EXPECT_EQ(times.last_start(next, next), next) << cron << ' ' << zone;
        if (i > 0) {
          EXPECT_EQ(times.last_start(next - Duration{1}, before_all), start) << cron << ' ' << zone;
        }
        EXPECT_EQ(times.last_start(next - Duration{1}, start + Duration{1}), std::nullopt) << cron << ' ' << zone;
        start = next;
      }
    }
  }
}

TEST(Zone, SaysWhenItsClockShowsATime) {
  const auto shows = [](const char* zone, const char* clock) {
    const auto found = Zone::find(zone);
    EXPECT_TRUE(found) << zone;
    return to_rfc3339(found->when_it_shows(*parse_rfc3339(clock)));
  };
  EXPECT_EQ(shows("UTC", "2026-01-15T10:00:00Z"), "2026-01-15T10:00:00.000Z");
  EXPECT_EQ(shows("Europe/Warsaw", "2026-01-15T10:00:00.25Z"), "2026-01-15T09:00:00.250Z");
  EXPECT_EQ(shows("Europe/Warsaw", "2026-07-15T10:00:00Z"), "2026-07-15T08:00:00.000Z");
  EXPECT_EQ(shows("Asia/Kolkata", "1969-12-31T23:00:00Z"), "1969-12-31T17:30:00.000Z");
  // In autumn the first of the two, in spring as if it had not jumped.
  EXPECT_EQ(shows("Europe/Warsaw", "2026-10-25T02:30:00Z"), "2026-10-25T00:30:00.000Z");
  EXPECT_EQ(shows("Europe/Warsaw", "2026-03-29T02:30:00Z"), "2026-03-29T01:30:00.000Z");
}

TEST(CalendarHours, AreMinutesOfTheWallClock) {
  const Calendar office = calendar("* 9-17 * * MON-FRI", "Europe/Amsterdam");
  EXPECT_FALSE(office.covers(at("2026-01-05T07:59:59.999Z")));
  EXPECT_TRUE(office.covers(at("2026-01-05T08:00:00Z")));
  EXPECT_TRUE(office.covers(at("2026-01-05T16:59:59.999Z")));
  EXPECT_FALSE(office.covers(at("2026-01-05T17:00:00Z")));
  EXPECT_FALSE(office.covers(at("2026-01-04T12:00:00Z")));  // a Sunday
  EXPECT_TRUE(office.covers(at("2026-07-06T07:00:00Z")));   // 09:00 in summer
}

TEST(CalendarHours, ChangeWhenTheyBeginAndEnd) {
  const Calendar office = calendar("* 9-17 * * MON-FRI", "Europe/Amsterdam");
  EXPECT_EQ(text_of(office.next_change(at("2026-01-02T12:00:00Z"))), "2026-01-02T17:00:00.000Z");
  EXPECT_EQ(text_of(office.next_change(at("2026-01-02T17:00:00Z"))), "2026-01-05T08:00:00.000Z");
  EXPECT_EQ(text_of(calendar("* * * * *").next_change(at("2026-01-02T17:00:00Z"))), "never");
}

TEST(CalendarHours, AreBothOfTheRepeatedAndNoneOfTheSkipped) {
  const Calendar night = calendar("* 2 * * *", "Europe/Amsterdam");
  EXPECT_TRUE(night.covers(at("2026-10-25T00:30:00Z")));
  EXPECT_TRUE(night.covers(at("2026-10-25T01:30:00Z")));
  EXPECT_EQ(text_of(night.next_change(at("2026-10-25T00:30:00Z"))), "2026-10-25T02:00:00.000Z");
  EXPECT_FALSE(night.covers(at("2026-03-29T00:59:59Z")));
  EXPECT_FALSE(night.covers(at("2026-03-29T01:00:00Z")));
  EXPECT_EQ(text_of(night.next_change(at("2026-03-28T02:00:00Z"))), "2026-03-30T00:00:00.000Z");
  // The clock jumps over the rest of the hours.
  EXPECT_EQ(text_of(calendar("* 0-2 * * *", "Europe/Amsterdam").next_change(at("2026-03-29T00:00:00Z"))),
            "2026-03-29T01:00:00.000Z");
}

TEST(MaintenanceWindows, AreOpenFromTheirStartAndShutAtTheirEnd) {
  const Windows patching(calendar("0 2 * * TUE", "Europe/Amsterdam"), std::chrono::hours{2});
  const Windows::Span before = patching.at(at("2026-01-06T00:59:59.999Z"));
  EXPECT_FALSE(before.is_open);
  EXPECT_EQ(text_of(before.until), "2026-01-06T01:00:00.000Z");
  const Windows::Span first = patching.at(at("2026-01-06T01:00:00Z"));
  EXPECT_TRUE(first.is_open);
  EXPECT_EQ(text_of(first.until), "2026-01-06T03:00:00.000Z");
  EXPECT_TRUE(patching.at(at("2026-01-06T02:59:59.999999999Z")).is_open);
  EXPECT_FALSE(patching.at(at("2026-01-06T03:00:00Z")).is_open);
}

TEST(MaintenanceWindows, LastAsLongAsTheySayOverAChangeOfTheClock) {
  const Windows nightly(calendar("0 1 * * *", "Europe/Amsterdam"), std::chrono::hours{3});
  EXPECT_EQ(text_of(nightly.at(at("2026-03-29T00:30:00Z")).until), "2026-03-29T03:00:00.000Z");  // 05:00 there
  EXPECT_EQ(text_of(nightly.at(at("2026-10-25T00:30:00Z")).until), "2026-10-25T02:00:00.000Z");  // 03:00 there
}

TEST(MaintenanceWindows, ThatOverlapEndWithTheLast) {
  const Windows often(calendar("*/10 2 * * *"), std::chrono::minutes{30});
  EXPECT_EQ(text_of(often.at(at("2026-01-01T02:25:00Z")).until), "2026-01-01T02:50:00.000Z");
  EXPECT_EQ(text_of(often.at(at("2026-01-01T02:50:00Z")).until), "2026-01-01T03:20:00.000Z");
  EXPECT_FALSE(often.at(at("2026-01-01T03:20:00Z")).is_open);
}

TEST(MaintenanceWindows, LastUntilATimeOfDay) {
  const Windows nights = Windows::until(calendar("0 22 * * *", "Europe/Amsterdam"), 6 * 60);
  const Windows::Span open = nights.at(at("2026-01-05T23:00:00Z"));
  EXPECT_TRUE(open.is_open);
  EXPECT_EQ(open.until, at("2026-01-06T05:00:00Z"));
  EXPECT_FALSE(nights.at(at("2026-01-06T05:00:00Z")).is_open) << "the end is not part of it";
  EXPECT_EQ(nights.at(at("2026-01-06T05:00:00Z")).until, at("2026-01-06T21:00:00Z"));
  // The night of the change is an hour shorter, and ends at six all the same.
  EXPECT_EQ(nights.at(at("2026-03-28T22:00:00Z")).until, at("2026-03-29T04:00:00Z"));
  EXPECT_EQ(nights.at(at("2026-10-24T21:00:00Z")).until, at("2026-10-25T05:00:00Z"));
  const Windows utc = Windows::until(calendar("30 8 * * *"), 18 * 60 + 15);
  EXPECT_EQ(utc.at(at("2026-01-05T08:30:00Z")).until, at("2026-01-05T18:15:00Z"));
  EXPECT_FALSE(utc.at(at("2026-01-05T18:15:00Z")).is_open);
}

TEST(MaintenanceWindows, ThatNeverShutAreKnown) {
  EXPECT_TRUE(Windows(calendar("* * * * *"), std::chrono::minutes{1}).never_shuts());
  EXPECT_TRUE(Windows(calendar("0 * * * *"), std::chrono::hours{1}).never_shuts());
  EXPECT_TRUE(Windows(calendar("0 0 1 * *"), std::chrono::hours{24 * 31}).never_shuts());
  EXPECT_TRUE(Windows::until(calendar("0 0 * * *"), 0).never_shuts());
  EXPECT_FALSE(Windows(calendar("* * * 1-11 *"), std::chrono::minutes{1}).never_shuts()) << "not in December";
  EXPECT_FALSE(Windows(calendar("0 * * * *"), std::chrono::minutes{59}).never_shuts());
  EXPECT_FALSE(Windows::until(calendar("0 22 * * *"), 6 * 60).never_shuts());
}

TEST(Cron, KnowsTheLastDayOfAMonthAndTheNthOfAWeekday) {
  const auto starts = [](std::string_view cron, std::string_view after) {
    return starts_in_words(calendar(cron), at(after), 3);
  };
  EXPECT_EQ(starts("0 2 L * *", "2026-01-01T00:00:00Z"),
            "Saturday 2026-01-31 02:00, Saturday 2026-02-28 02:00, Tuesday 2026-03-31 02:00");
  EXPECT_EQ(starts("0 2 L 2 *", "2027-03-01T00:00:00Z"),
            "Tuesday 2028-02-29 02:00, Wednesday 2029-02-28 02:00, Thursday 2030-02-28 02:00");
  EXPECT_EQ(starts("0 2 * * TUE#2", "2026-01-01T00:00:00Z"),
            "Tuesday 2026-01-13 02:00, Tuesday 2026-02-10 02:00, Tuesday 2026-03-10 02:00");
  EXPECT_EQ(starts("0 2 * * FRIL", "2026-01-01T00:00:00Z"),
            "Friday 2026-01-30 02:00, Friday 2026-02-27 02:00, Friday 2026-03-27 02:00");
  EXPECT_EQ(starts("0 2 * * 0#5", "2026-01-01T00:00:00Z"),
            "Sunday 2026-03-29 02:00, Sunday 2026-05-31 02:00, Sunday 2026-08-30 02:00");
  for (const char* text : {"0 2 * * TUE#6", "0 2 * * TUE#0", "0 2 * * TUE#", "0 2 L-1 * *", "L 2 * * *", "0 2 * L *"}) {
    EXPECT_FALSE(Cron::parse(text).has_value()) << text;
  }
}

TEST(CalendarHours, LeaveOutHolidaysOnTheirOwnClock) {
  auto days = std::make_shared<DaysOff>();
  EXPECT_TRUE(days->add("2026-04-06"));
  EXPECT_TRUE(days->add("12-25"));
  for (const char* text : {"2026-02-30", "02-30", "2026-4-6", "1969-01-01", "12-32", "-1-25", "2026-04-06T", ""}) {
    EXPECT_FALSE(days->add(text)) << text;
  }
  EXPECT_TRUE(DaysOff{}.add("02-29"));
  const Calendar every = calendar("* 8-17 * * MON-FRI", "Europe/Amsterdam");
  const Calendar business(every.cron().without(days), every.zone());
  EXPECT_TRUE(every.covers(at("2026-04-06T08:00:00Z")));
  EXPECT_FALSE(business.covers(at("2026-04-06T08:00:00Z"))) << "Easter Monday";
  EXPECT_TRUE(business.covers(at("2026-04-07T08:00:00Z")));
  EXPECT_FALSE(business.covers(at("2026-12-25T09:00:00Z")));
  EXPECT_FALSE(business.covers(at("2029-12-25T09:00:00Z")));
  EXPECT_EQ(business.next_change(at("2026-04-03T16:00:00Z")), at("2026-04-07T06:00:00Z"));
  EXPECT_FALSE(every.cron() == business.cron());
}

TEST(Cron, SaysWhatIsWrong) {
  for (const char* text :
       {"",           "* * * *",     "* * * * * *", "60 * * * *",  "* 24 * * *",  "* * 0 * *",         "* * 32 * *",
        "* * * 13 *", "* * * FOO *", "* * * * 8",   "5-1 * * * *", "*/0 * * * *", "*/60 * * * *",      "1,,2 * * * *",
        "-1 * * * *", "+1 * * * *",  "1- * * * *",  "*5 * * * *",  "0 0 30 2 *",  "0 0 31 4,6,9,11 *", "@daily"}) {
    EXPECT_FALSE(Cron::parse(text).has_value()) << text;
  }
}

TEST(ZoneOfACalendar, IsInTheDatabase) {
  EXPECT_TRUE(Zone::find("Europe/Amsterdam").has_value());
  EXPECT_TRUE(Zone::find("UTC").has_value());
  for (const char* name : {"", "Europe/Amsterdm", "localtime", "/etc/localtime", "../UTC", "a b"}) {
    EXPECT_FALSE(Zone::find(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace tocsin::rules
