#include "connectors/sinks/delivery_ledger.h"

#include <gtest/gtest.h>

#include "tests/connectors/sinks/effects.h"

namespace tocsin {
namespace {

constexpr std::size_t kPlenty = 1 << 20;

void add(DeliveryLedger& ledger, std::uint64_t position, std::uint32_t records) {
  ledger.add(test::incident_effect(position, 1, position), records);
}

/// Hands on all that the window allows; how many effects that were.
int send_all(DeliveryLedger& ledger) {
  int sent = 0;
  while (Delivery* delivery = ledger.next_to_send()) {
    delivery->handed_on = delivery->records;
    ledger.mark_sent();
    ++sent;
  }
  return sent;
}

void settle(DeliveryLedger& ledger, std::uint64_t number, std::uint32_t records) {
  ledger.find(number)->settled += records;
}

TEST(DeliveryLedger, ConfirmsTheLongestPrefixWhoseEveryRecordIsSettled) {
  DeliveryLedger ledger(10, kPlenty);
  for (std::uint64_t position = 1; position <= 3; ++position) add(ledger, position, 2);
  EXPECT_EQ(send_all(ledger), 3);
  settle(ledger, 1, 2);
  settle(ledger, 0, 1);
  EXPECT_FALSE(ledger.confirm_prefix());
  EXPECT_EQ(ledger.confirmed(), EffectName{});
  settle(ledger, 0, 1);
  EXPECT_TRUE(ledger.confirm_prefix());
  EXPECT_EQ(ledger.confirmed(), (EffectName{Position{2}, 0}));
  EXPECT_EQ(ledger.size(), 1U);
  EXPECT_EQ(ledger.find(1), nullptr);
}

TEST(DeliveryLedger, IsFullByEffectsOrByBytesAndHasRoomAgainAfterAConfirmation) {
  DeliveryLedger ledger(2, kPlenty);
  add(ledger, 1, 1);
  EXPECT_FALSE(ledger.is_full());
  add(ledger, 2, 1);
  EXPECT_TRUE(ledger.is_full());
  send_all(ledger);
  settle(ledger, 0, 1);
  ledger.confirm_prefix();
  EXPECT_FALSE(ledger.is_full());

  DeliveryLedger small(1000, 1);
  add(small, 1, 1);
  EXPECT_TRUE(small.is_full());
}

TEST(DeliveryLedger, AfterARestartSendsAllAgainOneByOneThenFaster) {
  DeliveryLedger ledger(10, kPlenty);
  for (std::uint64_t position = 1; position <= 7; ++position) add(ledger, position, 1);
  EXPECT_EQ(send_all(ledger), 7);
  settle(ledger, 3, 1);
  ledger.restart();
  EXPECT_EQ(send_all(ledger), 1);
  EXPECT_TRUE(ledger.is_alone(0));
  settle(ledger, 0, 1);
  ledger.confirm_prefix();
  EXPECT_EQ(send_all(ledger), 2);
  EXPECT_FALSE(ledger.is_alone(1));
  settle(ledger, 1, 1);
  settle(ledger, 2, 1);
  ledger.confirm_prefix();
  EXPECT_EQ(send_all(ledger), 4);
}

TEST(DeliveryLedger, HalvesItsWindowUntilItIsToldThatItMayWidenAgain) {
  DeliveryLedger ledger(100, kPlenty);
  for (std::uint64_t position = 1; position <= 40; ++position) add(ledger, position, 1);
  EXPECT_EQ(send_all(ledger), 40);
  ledger.halve_window();
  ledger.restart();
  std::uint64_t first = 0;
  const auto send_and_confirm = [&](int expected) {
    EXPECT_EQ(send_all(ledger), expected);
    for (int i = 0; i < expected; ++i) settle(ledger, first++, 1);
    EXPECT_TRUE(ledger.confirm_prefix());
  };
  for (const int expected : {1, 2, 4, 8, 16}) send_and_confirm(expected);
  for (std::uint64_t position = 41; position <= 100; ++position) add(ledger, position, 1);
  send_and_confirm(20);
  ledger.widen_window();
  send_and_confirm(20);
  EXPECT_EQ(send_all(ledger), 29) << "what is left; the window is 40";
}

TEST(DeliveryLedger, KeepsTheFateOfARecordOverARestart) {
  DeliveryLedger ledger(10, kPlenty);
  add(ledger, 1, 2);
  ledger.next_to_send()->set_fate(1, RecordFate::shortened);
  ledger.restart();
  EXPECT_EQ(ledger.next_to_send()->fate(0), RecordFate::whole);
  EXPECT_EQ(ledger.next_to_send()->fate(1), RecordFate::shortened);
}

TEST(DeliveryLedger, AnEffectHandedOnInPartIsAloneToo) {
  DeliveryLedger ledger(10, kPlenty);
  add(ledger, 1, 2);
  add(ledger, 2, 2);
  ledger.next_to_send()->handed_on = 1;
  EXPECT_TRUE(ledger.is_alone(0));
  ledger.next_to_send()->handed_on = 2;
  ledger.mark_sent();
  ledger.next_to_send()->handed_on = 1;
  EXPECT_FALSE(ledger.is_alone(0));
}

}  // namespace
}  // namespace tocsin
