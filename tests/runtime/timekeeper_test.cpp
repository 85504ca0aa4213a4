#include "engine/runtime/timekeeper.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TwoClocks final : public Clock {
 public:
  Instant now() override { return day; }
  Duration uptime() override { return up; }
  void sleep_until(Doorbell&, Instant) override {}

  void pass(Duration span) {
    day += span;
    up += span;
  }

  Instant day{hours{1000}};
  Duration up{};
};

TEST(Timekeeper, FollowsTheClockAndCountsNoDrift) {
  TwoClocks clock;
  Timekeeper time(clock, kUnset);
  EXPECT_EQ(time.next(), Instant{hours{1000}});
  clock.pass(seconds{100});
  clock.day += milliseconds{900};
  EXPECT_EQ(time.next(), Instant{hours{1000}} + seconds{100} + milliseconds{900});
  EXPECT_EQ(time.jumps_forward().value() + time.jumps_back().value(), 0u);
}

TEST(Timekeeper, NeverGoesBackAndCountsTheJumps) {
  TwoClocks clock;
  Timekeeper time(clock, kUnset);
  const Instant before = time.next();
  clock.day -= hours{1};
  EXPECT_EQ(time.next(), before);
  EXPECT_EQ(time.jumps_back().value(), 1u);
  clock.pass(hours{2});
  EXPECT_EQ(time.next(), before + hours{1});
  clock.day += seconds{1};
  time.next();
  EXPECT_EQ(time.jumps_forward().value(), 1u);
  EXPECT_EQ(time.jumps_back().value(), 1u);
}

TEST(Timekeeper, DoesNotGoBackBehindTheJournal) {
  TwoClocks clock;
  const Instant last = clock.day + hours{5};
  Timekeeper time(clock, last);
  EXPECT_EQ(time.next(), last);
  EXPECT_EQ(time.see(), clock.day);
}

}  // namespace
}  // namespace tocsin
