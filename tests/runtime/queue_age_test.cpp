#include "engine/runtime/intake/queue_age.h"

#include <gmock/gmock.h>

namespace tocsin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Optional;

TEST(QueueAge, AnEngineThatKeepsUpTellsNone) {
  QueueAge age;
  for (const Duration one : {Duration{0}, Duration{900ms}, Duration{4'999'999'999}})
    EXPECT_EQ(age.look(one), std::nullopt);
}

TEST(QueueAge, ItIsToldWhenItIsAQuarterMoreOrLessAndOnceWhenItIsYoung) {
  QueueAge age;
  std::vector<Duration> told;
  for (const Duration one : {Duration{5s}, Duration{6s}, Duration{6250ms}, Duration{20s}, Duration{18s}, Duration{16s},
                             Duration{4s}, Duration{0s}, Duration{7s}}) {
    if (const auto said = age.look(one)) told.push_back(*said);
  }
  EXPECT_THAT(told, ElementsAre(5s, 6250ms, 20s, 16s, 0s, 7s));
}

TEST(QueueAge, WhatCouldNotBeToldIsToldTheNextTime) {
  QueueAge age;
  EXPECT_THAT(age.look(5s), Optional(Duration{5s}));
  age.forget();
  EXPECT_THAT(age.look(5s), Optional(Duration{5s}));
}

TEST(QueueAge, ReadsWhatItPacks) {
  for (const Duration one : {Duration{0}, Duration{1}, Duration{90s}, Duration{24h * 365}})
    EXPECT_EQ(unpack_queue_age(pack_queue_age(one)), one);
  for (const char* text : {"", "x", "-1", "1234567890123456789", "1 "})
    EXPECT_EQ(unpack_queue_age(text), std::nullopt) << text;
}

}  // namespace
}  // namespace tocsin
