#include "engine/runtime/spsc_ring.h"

#include <cstdint>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "engine/runtime/doorbell.h"

namespace tocsin {
namespace {

TEST(SpscRing, IsFullAtItsCapacityAndLeavesTheValueUntouched) {
  SpscRing<std::unique_ptr<int>> ring(3);
  ASSERT_EQ(ring.capacity(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(std::make_unique<int>(i)));
  auto refused = std::make_unique<int>(4);
  EXPECT_FALSE(ring.push(std::move(refused)));
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(ring.room(), 0u);

  std::unique_ptr<int> taken;
  ASSERT_TRUE(ring.pop(taken));
  EXPECT_EQ(*taken, 0);
  EXPECT_EQ(ring.room(), 1u);
  EXPECT_TRUE(ring.push(std::move(refused)));
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(ring.pop(taken));
    EXPECT_EQ(*taken, i);
  }
  EXPECT_FALSE(ring.pop(taken));
  EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, HoldsNothingOfWhatWasTaken) {
  SpscRing<std::shared_ptr<int>> ring(4);
  auto value = std::make_shared<int>(1);
  ring.push(std::shared_ptr<int>(value));
  std::shared_ptr<int> taken;
  ring.pop(taken);
  taken.reset();
  EXPECT_EQ(value.use_count(), 1);
}

TEST(SpscRing, HandsAMillionItemsOnInOrderWhileBothSidesSleepWhenTheyMust) {
  constexpr std::uint64_t kItems = 1'000'000;
  SpscRing<std::uint64_t> ring(64);
  Doorbell producer_bell;
  Doorbell consumer_bell;
  RoomRequest room;

  std::thread producer([&] {
    for (std::uint64_t i = 1; i <= kItems; ++i) {
      std::uint64_t item = i;
      while (!ring.push(std::move(item))) {
        consumer_bell.ring();
        room.ask();
        if (ring.room() == 0) producer_bell.wait();
      }
      if (i % 16 == 0) consumer_bell.ring();
    }
    consumer_bell.ring();
  });

  std::uint64_t last = 0;
  std::uint64_t out_of_order = 0;
  while (last < kItems) {
    std::uint64_t item = 0;
    bool taken = false;
    while (ring.pop(item)) {
      out_of_order += item != last + 1;
      last = item;
      taken = true;
    }
    if (taken)
      room.serve(producer_bell);
    else
      consumer_bell.wait();
  }
  producer.join();
  EXPECT_EQ(out_of_order, 0u);
}

TEST(Doorbell, ARingBeforeTheWaitIsNotLost) {
  Doorbell bell;
  bell.ring();
  bell.ring();
  bell.wait();  // returns: else the test times out
  SUCCEED();
}

TEST(Doorbell, WakesAWaiterThatSleeps) {
  Doorbell bell;
  Doorbell answer;
  std::atomic<int> rounds{0};
  std::thread waiter([&] {
    for (int i = 0; i < 1000; ++i) {
      bell.wait();
      rounds.fetch_add(1, std::memory_order_relaxed);
      answer.ring();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    bell.ring();
    answer.wait();
  }
  waiter.join();
  EXPECT_EQ(rounds.load(std::memory_order_relaxed), 1000);
}

TEST(Doorbell, AWaitWithALimitEndsWithoutARing) {
  Doorbell bell;
  bell.wait_for(std::chrono::milliseconds{1});
  bell.wait_for(-std::chrono::hours{1});  // long past
  bell.ring();
  bell.wait();  // and the bell still works
  SUCCEED();
}

}  // namespace
}  // namespace tocsin
