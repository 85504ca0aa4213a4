// What became of the newest bodies, for who asks by position.
#include "engine/runtime/shard/heard_bodies.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(HeardBodies, AreFoundByPositionUntilNewerOnesTakeTheirPlace) {
  HeardBodies bodies;
  EXPECT_EQ(bodies.find(Position{1}), nullptr);
  constexpr std::uint64_t kLast = 3 * HeardBodies::kBodiesMax + 17;
  for (std::uint64_t at = 1; at <= kLast; ++at) {
    HeardCounts counts;
    for (std::uint64_t n = 0; n < at % 7; ++n) counts.add(Heard::late);
    bodies.add(Position{2 * at}, counts);  // other inputs lie between
    const std::uint64_t oldest = at > HeardBodies::kBodiesMax ? at - HeardBodies::kBodiesMax + 1 : 1;
    for (const std::uint64_t asked : {oldest, (oldest + at) / 2, at}) {
      const HeardCounts* found = bodies.find(Position{2 * asked});
      ASSERT_NE(found, nullptr) << asked << " of " << at;
      EXPECT_EQ((*found)[Heard::late], asked % 7);
    }
    EXPECT_EQ(bodies.find(Position{2 * (oldest - 1)}), nullptr);
    EXPECT_EQ(bodies.find(Position{2 * at - 1}), nullptr);
    EXPECT_EQ(bodies.find(Position{2 * at + 2}), nullptr);
  }
}

}  // namespace
}  // namespace tocsin
