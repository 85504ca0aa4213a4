#include "engine/model/word.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(Word, IsTrimmedOfAllWhiteSpaceAroundIt) {
  for (const char* text :
       {"ok", " ok", "ok ", "\t\r\nok\v\f", "\u00a0ok\u00a0", "\ufeffok", "ok\u3000\u200b\u2009 ", "\u0085ok\u202f"}) {
    EXPECT_EQ(trim_blanks(text), "ok") << text;
  }
  for (const char* text : {"", " ", "\u00a0\t\u3000"}) EXPECT_EQ(trim_blanks(text), "");
  EXPECT_EQ(trim_blanks(" a b "), "a b");
}

TEST(Word, KeepsWhatOnlyEndsLikeWhiteSpace) {
  EXPECT_EQ(trim_blanks("\u00e0"), "\u00e0") << "its last byte is that of U+00A0";
  EXPECT_EQ(trim_blanks("x\u2080"), "x\u2080");
}

TEST(Word, IsComparedWithoutCase) {
  EXPECT_TRUE(equal_but_for_case("CritIcal", "critical"));
  EXPECT_FALSE(equal_but_for_case("critical", "critica"));
  EXPECT_FALSE(equal_but_for_case("\u00c4", "\u00e4")) << "ASCII only";
  EXPECT_TRUE(less_but_for_case("Ab", "aC"));
  EXPECT_FALSE(less_but_for_case("aC", "Ab"));
  EXPECT_FALSE(less_but_for_case("A", "a"));
  EXPECT_TRUE(less_but_for_case("z", "\u00e4")) << "bytes, not signed characters";
}

TEST(Word, IsCutBetweenCharacters) {
  EXPECT_EQ(cut_between_characters("abc", 3), "abc");
  EXPECT_EQ(cut_between_characters("abcd", 3), "abc");
  EXPECT_EQ(cut_between_characters("ab\u00fc", 3), "ab");
  EXPECT_EQ(cut_between_characters("ab\u00fc", 4), "ab\u00fc");
  EXPECT_EQ(cut_between_characters("\U0001f600", 3), "");
  EXPECT_EQ(cut_between_characters("abc", 0), "");
}

}  // namespace
}  // namespace tocsin
