#include "engine/core/deadlines.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

Instant at(int seconds) { return from_unix_ns(seconds * 1'000'000'000LL); }

TEST(Deadlines, ComeInOrderOfInstantThenOfAdding) {
  Deadlines deadlines;
  EXPECT_EQ(deadlines.next(), kNever);
  deadlines.add(at(5), DeadlineKind::alert_expires, 1, 0);
  deadlines.add(at(3), DeadlineKind::alert_expires, 2, 0);
  deadlines.add(at(5), DeadlineKind::incident_closes, 3, 7);
  deadlines.add(at(3), DeadlineKind::alert_forgotten, 4, 0);
  EXPECT_EQ(deadlines.next(), at(3));
  EXPECT_EQ(deadlines.take().slot, 2U);
  EXPECT_EQ(deadlines.take().slot, 4U);
  EXPECT_EQ(deadlines.take().slot, 1U);
  const Deadline last = deadlines.take();
  EXPECT_EQ(last.slot, 3U);
  EXPECT_EQ(last.generation, 7U);
  EXPECT_EQ(last.kind, DeadlineKind::incident_closes);
  EXPECT_EQ(deadlines.next(), kNever);
}

}  // namespace
}  // namespace tocsin
