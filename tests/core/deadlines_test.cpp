#include "engine/core/deadlines.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

Instant at(int seconds) { return from_unix_ns(seconds * 1'000'000'000LL); }

TEST(Deadlines, ComeInOrderOfInstantThenOfNumber) {
  Deadlines deadlines;
  EXPECT_EQ(deadlines.next(), kNever);
  deadlines.add(at(5), 8, 1, 0);
  deadlines.add(at(3), 2, 2, 0);
  deadlines.add(at(5), 3, 3, 7);
  deadlines.add(at(3), 1, 4, 0);
  EXPECT_EQ(deadlines.next(), at(3));
  EXPECT_EQ(deadlines.take().slot, 4U);
  EXPECT_EQ(deadlines.take().slot, 2U);
  const Deadline third = deadlines.take();
  EXPECT_EQ(third.slot, 3U);
  EXPECT_EQ(third.generation, 7U);
  EXPECT_EQ(deadlines.take().slot, 1U);
  EXPECT_EQ(deadlines.next(), kNever);
}

}  // namespace
}  // namespace tocsin
