#include "engine/model/ids.h"

#include <cstdint>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

// Misuse that must not compile.
static_assert(!std::is_convertible_v<Position, Revision>);
static_assert(!std::is_constructible_v<Position, Revision>);
static_assert(!std::is_convertible_v<std::uint64_t, Position>);
static_assert(!std::is_convertible_v<Hash128, IncidentId>);
static_assert(!std::is_convertible_v<LabelFingerprint, std::uint64_t>);

TEST(Ids, FingerprintsAreSixteenLowerCaseDigits) {
  EXPECT_EQ(to_text(LabelFingerprint{0}), "0000000000000000");
  EXPECT_EQ(to_text(LabelFingerprint{0xfac0861a85de433a}), "fac0861a85de433a");
  EXPECT_EQ(to_text(LabelFingerprint{1}), "0000000000000001");
}

TEST(Ids, EffectNamesSayPositionAndIndex) {
  EXPECT_EQ(to_text(EffectName{Position{7}, 3}), "journal-7-3");
  EXPECT_EQ(to_text(EffectName{Position{UINT64_MAX}, UINT32_MAX}), "journal-18446744073709551615-4294967295");
}

TEST(Ids, EffectNamesSayWhichLifeOfWhichJournal) {
  const EffectName name{Position{7}, 3, 2, {0x0123456789abcdef, 4}};
  EXPECT_EQ(to_text(name), "0123456789abcdef-4-7-2-3");
}

TEST(Ids, EffectNamesAreReadBackWhole) {
  for (const EffectName& name :
       {EffectName{Position{7}, 3}, EffectName{Position{UINT64_MAX}, UINT32_MAX}, EffectName{Position{9}, 1, 5, {1, 1}},
        EffectName{Position{UINT64_MAX}, UINT32_MAX, UINT32_MAX, {UINT64_MAX, UINT32_MAX}}}) {
    EffectName read;
    ASSERT_TRUE(parse_effect_name(to_text(name), read)) << to_text(name);
    EXPECT_EQ(read, name);
    EXPECT_EQ(read.life, name.life);
  }
}

TEST(Ids, OtherTextsAreNoEffectNames) {
  for (const char* text :
       {"", "journal-", "journal-7", "journal-7-", "journal-7-3x", "journal-7-3-1", "0123456789abcdef-0-7-2-3",
        "0123456789abcdeg-4-7-2-3", "123-4-7-2-3", "0123456789abcdef-4-7-2", "0123456789abcdef-4-7-2-3-4",
        "0123456789abcdef-4-7-2-99999999999", "0123456789ABCDEF-4-7-2-3"}) {
    EffectName read;
    EXPECT_FALSE(parse_effect_name(text, read)) << text;
  }
}

TEST(Ids, EffectNamesAreOrderedByPositionWhateverTheEpoch) {
  EXPECT_LT((EffectName{Position{1}, 9, 0, {1, 2}}), (EffectName{Position{2}, 0, 0, {1, 1}}));
  EXPECT_LT((EffectName{Position{1}, 9, 0}), (EffectName{Position{1}, 0, 1}));
}

TEST(Ids, OrderIsThatOfTheirNumbers) {
  EXPECT_LT(Position{1}, Position{2});
  EXPECT_LT((EffectName{Position{1}, 9}), (EffectName{Position{2}, 0}));
  EXPECT_LT((Hash128{1, 9}), (Hash128{2, 0}));
}

TEST(IncidentId, IsWrittenInThirtyCharacters) {
  EXPECT_EQ(to_text(IncidentId{}), "inc-00000000000000000000000000");
  EXPECT_EQ(to_text(IncidentId{{UINT64_MAX, UINT64_MAX}}), "inc-7zzzzzzzzzzzzzzzzzzzzzzzzz");
  EXPECT_EQ(to_text(IncidentId{{0, 33}}), "inc-00000000000000000000000011");
}

TEST(IncidentId, IsReadAsItWasWritten) {
  for (int bit = 0; bit < 128; ++bit) {
    const Hash128 bits = bit < 64 ? Hash128{0, std::uint64_t{1} << bit} : Hash128{std::uint64_t{1} << (bit - 64), 0};
    IncidentId read;
    ASSERT_TRUE(parse_incident_id(to_text(IncidentId{bits}), read)) << bit;
    EXPECT_EQ(read.bits, bits) << bit;
  }
}

TEST(IncidentId, OtherTextsAreNoIds) {
  IncidentId id;
  for (const char* text :
       {"", "inc-", "inc-0000000000000000000000000", "inc-000000000000000000000000000",
        "INC-00000000000000000000000000", "inc-80000000000000000000000000", "inc-0000000000000000000000000i",
        "inc-0000000000000000000000000A", "inc_00000000000000000000000000", "00000000000000000000000000"}) {
    EXPECT_FALSE(parse_incident_id(text, id)) << text;
  }
}

}  // namespace
}  // namespace tocsin
