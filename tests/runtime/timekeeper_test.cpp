#include "engine/runtime/time/timekeeper.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/time_text.h"
#include "tests/runtime/manual_clock.h"

namespace tocsin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Time as the sequencer lives through it: it looks at least as often as it asked to be woken, and takes every step
/// that is confirmed. Checks at each look that the ordering instant neither goes back nor stands, and that it does not
/// go faster than time unless a step is taken.
class Walk {
 public:
  explicit Walk(Moment last = {kUnset, kUnset}) : time(clock, last) { before_ = time.next(); }

  /// Time passes; the time of day goes at `percent` of it. A look every `every` at least.
  void pass(Duration span, int percent = 100, Duration every = 10s) {
    while (span > Duration::zero()) {
      const Duration wake = time.wake_at(kNever) - clock.read().steady;
      const Duration next = std::min({span, every, std::max(wake, Duration{1ms})});
      clock.advance_frozen(next);
      clock.step(next * percent / 100);
      span -= next;
      passed_ += next;
      look();
    }
  }
  void step(Duration by) {
    clock.step(by);
    look();
  }

  /// How far the ordering instant and the trusted time of day went since the start.
  Duration at() const { return before_.at - kBegin; }
  Duration wall() const { return before_.wall - kBegin; }
  Duration passed() const { return passed_; }

  static constexpr Instant kBegin{std::chrono::hours{480'000}};
  ManualClock clock{kBegin};
  Timekeeper time;
  std::vector<InputKind> taken;

 private:
  void look() {
    const Moment now = time.next();
    EXPECT_GE(now.at, before_.at) << "after " << passed_ / 1ms << " ms";
    EXPECT_GE(now.at, now.wall) << "after " << passed_ / 1ms << " ms";
    EXPECT_LE(now.at - before_.at, passed_ - passed_before_ + TrustedClock::kStepMin);
    EXPECT_GE(now.at - before_.at, (passed_ - passed_before_) * 9 / 10);
    before_ = now;
    passed_before_ = passed_;
    const auto kind = time.take_step();
    if (!kind) return;
    taken.push_back(*kind);
    before_ = time.next();
    EXPECT_GE(before_.at, now.at);
  }

  Moment before_;
  Duration passed_{};
  Duration passed_before_{};
};

struct Jump {
  std::string name;
  Duration by;
  Duration lasts;  // then back; zero: for good
  bool believed;
  std::vector<InputKind> writes;
};

class Jumps : public testing::TestWithParam<Jump> {};

TEST_P(Jumps, AreBelievedAtTheSecondLookOnly) {
  const Jump& jump = GetParam();
  Walk walk;
  walk.pass(1h);
  walk.step(jump.by);
  EXPECT_EQ(walk.time.is_trusted(), std::chrono::abs(jump.by) <= 2s);
  if (jump.lasts > Duration::zero()) {
    walk.pass(jump.lasts);
    walk.step(-jump.by);
  }
  walk.pass(1min);
  EXPECT_TRUE(walk.time.is_trusted());
  EXPECT_EQ(walk.wall() - walk.passed(), jump.believed ? jump.by : Duration::zero());
  EXPECT_EQ(walk.taken, jump.writes);
  const bool doubted = std::chrono::abs(jump.by) > 2s;
  EXPECT_EQ(walk.time.steps_confirmed().value(), jump.writes.size());
  EXPECT_EQ(walk.time.steps_rejected().value(), doubted && jump.writes.empty() ? 1u : 0u);
  EXPECT_EQ(walk.time.jumps_forward().value() + walk.time.jumps_back().value(), jump.lasts > 0s ? 2u : 1u);
}

INSTANTIATE_TEST_SUITE_P(Table, Jumps,
                         testing::Values(Jump{"an_hour_ahead", 1h, 0s, true, {InputKind::clock_set}},
                                         Jump{"an_hour_back", -1h, 0s, true, {InputKind::time_passed}},
                                         Jump{"five_minutes_ahead", 5min, 0s, true, {InputKind::clock_set}},
                                         Jump{"five_minutes_back", -5min, 0s, true, {InputKind::time_passed}},
                                         Jump{"small_ahead", 1500ms, 0s, true, {}},  //
                                         Jump{"small_back", -1500ms, 0s, true, {}},
                                         Jump{"an_hour_ahead_for_a_second", 1h, 1500ms, false, {}},
                                         Jump{"an_hour_back_for_a_second", -1h, 1500ms, false, {}},
                                         Jump{"five_minutes_ahead_for_a_second", 5min, 1500ms, false, {}},
                                         Jump{"five_minutes_back_for_a_second", -5min, 1500ms, false, {}},
                                         Jump{"a_bit_more_than_small", 2001ms, 0s, true, {InputKind::clock_set}},
                                         Jump{"ten_years", 24h * 3650, 0s, true, {InputKind::clock_set}},
                                         Jump{"fifty_years_back", -24h * 18250, 0s, true, {InputKind::time_passed}}),
                         [](const auto& test) { return test.param.name; });

TEST(Timekeeper, WhileAStepIsDoubtedNothingOfItIsSeen) {
  Walk walk;
  walk.step(1h);
  for (int i = 0; i < 19; ++i) {
    walk.pass(100ms, 100, 100ms);
    EXPECT_EQ(walk.at(), walk.passed());
    EXPECT_EQ(walk.wall(), walk.passed());
  }
  walk.pass(100ms);
  EXPECT_EQ(walk.at(), 1h + 2s) << "two seconds later it is the same";
}

TEST(Timekeeper, SeesTheSecondLookByItself) {
  Walk walk;
  walk.step(-1h);
  EXPECT_EQ(walk.time.wake_at(kNever), walk.clock.read().steady + 2s);
  walk.pass(500ms);
  EXPECT_EQ(walk.time.wake_at(kNever), walk.clock.read().steady + 1500ms);
}

TEST(Timekeeper, AfterAStepBackGoesOnATenthSlowerUntilTheDayHasCaughtUp) {
  Walk walk;
  walk.step(-1h);
  walk.pass(2s);
  EXPECT_EQ(walk.wall(), 2s - 1h);
  EXPECT_EQ(walk.at(), 2s);
  EXPECT_EQ(walk.time.offset(), 1h);
  walk.pass(100s, 100, 100ms);
  EXPECT_EQ(walk.at(), 2s + 90s);
  EXPECT_EQ(walk.time.offset(), 1h - 10s);
  walk.pass(10h);
  EXPECT_EQ(walk.time.offset(), Duration::zero());
  EXPECT_EQ(walk.at(), walk.wall());
}

TEST(Timekeeper, ADeadlineIsMetAtItsInstantAlsoWhileItGoesSlower) {
  Walk walk;
  walk.step(-1h);
  walk.pass(2s);
  const Duration began = walk.clock.read().steady;
  const Instant deadline = Walk::kBegin + walk.at() + 9s;
  EXPECT_EQ(walk.time.wake_at(deadline) - began, 10s) << "a look is due by then";
  const Instant soon = Walk::kBegin + walk.at() + 4500ms;
  const Duration wake = walk.time.wake_at(soon) - began;
  EXPECT_GE(wake, 5s);
  EXPECT_LE(wake, 5s + 10ns);
  walk.pass(wake);
  EXPECT_GE(Walk::kBegin + walk.at(), soon);
  EXPECT_LE(Walk::kBegin + walk.at(), soon + 10ns);
}

TEST(Timekeeper, ADeadlineIsMetAtTheDaysOwnPaceOnceThatHasCaughtUp) {
  Walk walk;
  walk.step(-1500ms);  // followed at once: the day is 1.5 s behind, caught up in 15 s
  walk.pass(14s);
  const Instant deadline = Walk::kBegin + walk.at() + 5s;
  const Duration wake = walk.time.wake_at(deadline) - walk.clock.read().steady;
  EXPECT_EQ(wake, 5s + walk.time.offset());
  walk.pass(wake);
  EXPECT_EQ(Walk::kBegin + walk.at(), deadline);
}

TEST(Timekeeper, TwoJumpsInARowAreOneStep) {
  Walk walk;
  walk.step(1h);
  walk.pass(1500ms);
  walk.step(1h);
  walk.pass(1500ms);
  EXPECT_EQ(walk.at(), walk.passed()) << "of the second jump it is the first look still";
  walk.pass(1min);
  EXPECT_EQ(walk.at(), walk.passed() + 2h);
  EXPECT_THAT(walk.taken, ElementsAre(InputKind::clock_set));
}

TEST(Timekeeper, AStepAheadAfterOneBackSkipsNothingThatWasNotMissing) {
  Walk walk;
  walk.step(-1h);
  walk.pass(10min);
  walk.step(1h);
  walk.pass(2s);
  EXPECT_EQ(walk.wall(), walk.passed());
  EXPECT_EQ(walk.at(), walk.passed());
  walk.pass(1h);
  EXPECT_EQ(walk.at(), walk.passed());
}

struct BadClock {
  std::string name;
  int percent;    // of time, that the time of day goes at
  Duration jump;  // each second this way and the other
  Duration every;
};

class BadClocks : public testing::TestWithParam<BadClock> {};

TEST_P(BadClocks, AreNeverBelievedAndTimeGoesOn) {
  const BadClock& bad = GetParam();
  Walk walk;
  walk.pass(1h);
  for (int i = 0; i < 900; ++i) {
    walk.clock.step(i % 2 == 0 ? bad.jump : -bad.jump);
    walk.pass(1s, bad.percent, bad.every);
  }
  EXPECT_THAT(walk.taken, IsEmpty());
  EXPECT_LE(std::chrono::abs(walk.at() - walk.passed()), 3s);
  EXPECT_LE(std::chrono::abs(walk.wall() - walk.passed()), 3s);
}

INSTANTIATE_TEST_SUITE_P(Table, BadClocks,
                         testing::Values(BadClock{"frozen", 0, 0s, 10s}, BadClock{"frozen_and_seen_often", 0, 0s, 1ms},
                                         BadClock{"frozen_and_seen_now_and_then", 0, 0s, 300ms},
                                         BadClock{"half_as_fast", 50, 0s, 10s}, BadClock{"twice_as_fast", 200, 0s, 10s},
                                         BadClock{"backwards", -100, 0s, 10s},
                                         BadClock{"to_and_fro_by_an_hour", 100, 1h, 250ms},
                                         BadClock{"to_and_fro_by_a_bit", 100, 1500ms, 250ms},
                                         BadClock{"to_and_fro_by_three_seconds", 100, 3s, 250ms}),
                         [](const auto& test) { return test.param.name; });

TEST(Timekeeper, AClockThatStoodStillAndIsSetRightWasNeverBelieved) {
  Walk walk;
  walk.pass(1min);
  walk.pass(10min, 0);
  EXPECT_FALSE(walk.time.is_trusted());
  walk.step(10min);
  EXPECT_TRUE(walk.time.is_trusted());
  EXPECT_EQ(walk.wall(), walk.passed());
  EXPECT_EQ(walk.at(), walk.passed());
  EXPECT_THAT(walk.taken, IsEmpty());
}

TEST(Timekeeper, AClockThatStoodStillAndGoesOnIsSetBack) {
  Walk walk;
  walk.pass(10min, 0);
  walk.pass(3s);
  EXPECT_TRUE(walk.time.is_trusted());
  EXPECT_EQ(walk.wall(), walk.passed() - 10min);
  EXPECT_GE(walk.at(), walk.passed() - 1s);
  EXPECT_THAT(walk.taken, ElementsAre(InputKind::time_passed));
}

// The steady clock stands while the machine is suspended, and so does everything here.
TEST(Timekeeper, ASuspendedMachineIsAClockThatWasSetAhead) {
  Walk walk;
  walk.pass(1min);
  walk.clock.step(8h);
  walk.pass(Timekeeper::kLookSpan + TrustedClock::kSecondLook);
  EXPECT_EQ(walk.at(), walk.passed() + 8h);
  EXPECT_THAT(walk.taken, ElementsAre(InputKind::clock_set));
}

TEST(Timekeeper, DriftIsFollowedForADayInBothDirections) {
  for (const int ppm : {500, -500}) {
    Walk walk;
    for (Duration gone{}; gone < 24h; gone += 10s) {
      walk.clock.step(10s * ppm / 1'000'000);
      walk.pass(10s);
      ASSERT_TRUE(walk.time.is_trusted()) << gone / 1s;
      ASSERT_EQ(Walk::kBegin + walk.wall(), walk.clock.now());
    }
    EXPECT_EQ(walk.wall(), 24h + 24h * ppm / 1'000'000);
    EXPECT_EQ(walk.at(), walk.wall());
    EXPECT_EQ(walk.time.jumps_forward().value() + walk.time.jumps_back().value(), 0u);
  }
}

TEST(Timekeeper, SlewingByATwelfthIsFollowed) {
  Walk walk;
  walk.pass(12min, 92, 1s);
  EXPECT_TRUE(walk.time.is_trusted());
  EXPECT_EQ(Walk::kBegin + walk.wall(), walk.clock.now());
  walk.pass(12min, 108, 1s);
  EXPECT_EQ(Walk::kBegin + walk.wall(), walk.clock.now());
  EXPECT_THAT(walk.taken, IsEmpty());
}

TEST(Timekeeper, AStepAfterALongTimeWithoutALookIsNotTakenForDrift) {
  Walk walk;
  walk.clock.advance(10h);
  walk.clock.step(5min);
  EXPECT_EQ(walk.time.next().at, Walk::kBegin + 10h);
  EXPECT_FALSE(walk.time.is_trusted());
}

TEST(Timekeeper, AStartBehindTheJournalGoesOnFromItsEndAndDoesNotStand) {
  const Instant last = Walk::kBegin + 5h;
  Walk walk({last, last});
  EXPECT_EQ(walk.at(), 5h);
  EXPECT_EQ(walk.wall(), 0h) << "the first reading is believed";
  walk.pass(10min);
  EXPECT_EQ(walk.at(), 5h + 9min);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("the clock was behind the journal")));
  EXPECT_THAT(walk.time.remarks()[0], HasSubstr(to_rfc3339(last)));
  walk.pass(50h, 100);
  EXPECT_THAT(walk.time.remarks(), IsEmpty());
}

TEST(Timekeeper, AStartWhileTheDayIsStillBehindSaysNothingOfAWrongClock) {
  Walk walk({Walk::kBegin + 5h, Walk::kBegin - 1h});
  EXPECT_EQ(walk.at(), 5h);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("goes on a tenth slower")));
  EXPECT_THAT(walk.time.remarks()[0], testing::Not(HasSubstr("behind the journal")));
}

TEST(Timekeeper, AStartFarAheadIsATimeOfBeingDown) {
  Walk walk({Walk::kBegin - 24h, Walk::kBegin - 24h});
  EXPECT_EQ(walk.at(), 0h);
  EXPECT_THAT(walk.time.remarks(), IsEmpty());
}

TEST(Timekeeper, SaysWhatIsWrongWhileItIsAndAMinuteLonger) {
  Walk walk;
  walk.step(1h);
  ASSERT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("the clock went 1h ahead")));
  const std::string doubted = walk.time.remarks()[0];
  walk.pass(1s);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(doubted)) << "the same words as long as it is the same trouble";
  walk.step(-1h);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("without effect")));
  walk.pass(59s);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("without effect")));
  walk.pass(11s);
  EXPECT_THAT(walk.time.remarks(), IsEmpty());

  walk.step(1h);
  walk.pass(2s);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("the clock was set 1h ahead")));
  EXPECT_EQ(walk.time.last_step(), 1h);
  walk.pass(2min);
  walk.step(-10min);
  walk.pass(2s);
  ASSERT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("the clock was set 10m back")));
  walk.pass(1h);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("the clock was set 10m back")));
  walk.pass(1h);
  EXPECT_THAT(walk.time.remarks(), IsEmpty());

  walk.pass(20s, 0);
  EXPECT_THAT(walk.time.remarks(), ElementsAre(HasSubstr("stands still or wanders since")));
}

}  // namespace
}  // namespace tocsin
