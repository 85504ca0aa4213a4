#include "connectors/commands/command_round.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(CommandRound, WhatIsInTheJournalIsNotHandedOverAgain) {
  CommandRound round(3);
  round.begin(11);
  while (const auto record = round.next()) round.sent(*record);
  ASSERT_EQ(round.waiting(), 3U);
  EXPECT_EQ(round.receive(11, true), 0U);
  EXPECT_EQ(round.receive(12, false), std::nullopt) << "the disk was full for a moment";
  EXPECT_EQ(round.receive(13, true), 2U) << "a dead letter, say";
  EXPECT_EQ(round.waiting(), 0U);
  EXPECT_FALSE(round.is_kept());

  round.begin(14);
  EXPECT_EQ(round.next(), 1U);
  EXPECT_EQ(round.next(), std::nullopt) << "the dead letter would be there twice";
  round.sent(1);
  EXPECT_EQ(round.receive(14, true), 1U);
  EXPECT_TRUE(round.is_kept());
}

TEST(CommandRound, ReceiptsOfAnEarlierTimeAreOfNothing) {
  CommandRound round(1);
  round.begin(5);
  round.sent(*round.next());
  EXPECT_EQ(round.receive(4, true), std::nullopt);
  EXPECT_EQ(round.waiting(), 1U);
}

TEST(CommandRound, WhatSaysNothingIsKept) {
  CommandRound round(2);
  round.begin(1);
  round.skip(*round.next());
  round.sent(*round.next());
  EXPECT_EQ(round.receive(1, true), 1U);
  EXPECT_TRUE(round.is_kept());
  EXPECT_TRUE(CommandRound(0).is_kept());
}

}  // namespace
}  // namespace tocsin
