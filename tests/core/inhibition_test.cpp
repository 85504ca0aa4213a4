#include "engine/core/suppression/inhibition.h"

#include <gmock/gmock.h>

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InhibitionTest : public testing::Test {
 protected:
  SuppressRole role(std::uint64_t key, bool is_target, bool is_inhibitor) {
    return {inhibition.point_of(0, Hash128{0, key}), is_target, is_inhibitor};
  }
  SuppressRole target(std::uint64_t key) { return role(key, true, false); }
  SuppressRole inhibitor(std::uint64_t key) { return role(key, false, true); }
  Inhibition::Turned take() { return std::exchange(turned, {}); }

  Inhibition inhibition;
  Inhibition::Turned turned;
};

TEST_F(InhibitionTest, HoldsBackTargetsOfTheSamePointOnly) {
  inhibition.enter(target(1), {1, 10}, turned);
  inhibition.enter(target(2), {2, 20}, turned);
  inhibition.enter(inhibitor(1), {3, 30}, turned);
  EXPECT_TRUE(inhibition.holds_back(target(1)));
  EXPECT_FALSE(inhibition.holds_back(target(2)));
  EXPECT_FALSE(inhibition.holds_back(inhibitor(1)));
}

TEST_F(InhibitionTest, WhatTurnsIsToldInOrderOfArrival) {
  inhibition.enter(target(1), {7, 3}, turned);
  inhibition.enter(target(1), {5, 9}, turned);
  inhibition.enter(target(1), {6, 1}, turned);
  inhibition.enter(inhibitor(1), {8, 4}, turned);
  EXPECT_THAT(take(), ElementsAre(9, 1, 3));
  inhibition.enter(inhibitor(1), {9, 5}, turned);
  inhibition.leave(inhibitor(1), {8, 4}, turned);
  EXPECT_THAT(take(), IsEmpty()) << "one inhibitor is as good as two";
  inhibition.leave(inhibitor(1), {9, 5}, turned);
  EXPECT_THAT(take(), ElementsAre(9, 1, 3));
}

TEST_F(InhibitionTest, WhoIsBothIsHeldBackByThoseWhoAreNot) {
  const SuppressRole both = role(1, true, true);
  inhibition.enter(both, {1, 10}, turned);
  inhibition.enter(both, {2, 20}, turned);
  inhibition.enter(target(1), {3, 30}, turned);
  EXPECT_FALSE(inhibition.holds_back(both));
  EXPECT_TRUE(inhibition.holds_back(target(1)));
  inhibition.enter(inhibitor(1), {4, 40}, turned);
  EXPECT_TRUE(inhibition.holds_back(both));
}

TEST_F(InhibitionTest, APointIsForgottenWithItsLast) {
  const SuppressRole one = target(1);
  inhibition.enter(one, {1, 10}, turned);
  inhibition.enter(inhibitor(1), {2, 20}, turned);
  inhibition.leave(one, {1, 10}, turned);
  inhibition.forget_if_empty(one.point);
  EXPECT_EQ(inhibition.point_count(), 1U);
  inhibition.leave(inhibitor(1), {2, 20}, turned);
  inhibition.forget_if_empty(one.point);
  EXPECT_EQ(inhibition.point_count(), 0U);
  inhibition.forget_if_empty(one.point);
}

TEST_F(InhibitionTest, AWindowHoldsBackWhileItIsOpen) {
  const SuppressRole role{inhibition.add_window_point(0), true, false};
  inhibition.enter(role, {1, 10}, turned);
  EXPECT_FALSE(inhibition.holds_back(role));
  inhibition.set_window(role.point, true, turned);
  EXPECT_TRUE(inhibition.holds_back(role));
  inhibition.set_window(role.point, true, turned);
  EXPECT_THAT(take(), ElementsAre(10));
  inhibition.leave(role, {1, 10}, turned);
  inhibition.forget_if_empty(role.point);
  EXPECT_EQ(inhibition.point_count(), 1U);
}

}  // namespace
}  // namespace tocsin
