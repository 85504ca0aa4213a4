#include "engine/app/terminal_text.h"

#include <gtest/gtest.h>

namespace tocsin::app {
namespace {

TEST(TerminalText, CountsColumnsNotBytes) {
  EXPECT_EQ(columns_of("größte"), 6U);
  EXPECT_EQ(columns_of("東京"), 4U);
  EXPECT_EQ(columns_of("e\u0301"), 1U);
  EXPECT_EQ(columns_of("\U0001F525"), 2U);
  EXPECT_EQ(columns_of(""), 0U);
}

TEST(TerminalText, WhatSteersATerminalOrTurnsATextIsReplaced) {
  for (const char* text : {"\x1b", "\x07", "\x7f", "\u009b", "\u0085", "\u202a", "\u202e", "\u2066", "\u2069", "\u200e",
                           "\u061c", "\u2028", "\ufeff", "\U000e0041", "\x9b", "\xff", "\xed\xa0\x80"}) {
    const std::string shown = for_terminal(text);
    EXPECT_EQ(shown.find(text), std::string::npos) << text;
    EXPECT_EQ(shown.substr(0, 3), "\uFFFD");
  }
  EXPECT_EQ(for_terminal("a\tb\nc\rd"), "a b c d");
  EXPECT_EQ(for_terminal("größte 東京 é \U0001F525"), "größte 東京 é \U0001F525");
}

TEST(TerminalText, OurOwnColoursStayWhereOnlyHiddenControlsAreTakenOut) {
  EXPECT_EQ(without_hidden_controls("\x1b[31mred\x1b[0m\n\u009b2J"), "\x1b[31mred\x1b[0m\n\uFFFD2J");
}

TEST(TerminalText, FitsBetweenCharacters) {
  EXPECT_EQ(fit("abcdef", 6), "abcdef");
  EXPECT_EQ(fit("abcdef", 4), "abc…");
  EXPECT_EQ(fit("東京都", 5), "東京…");
  EXPECT_EQ(fit("東京都", 4), "東…");
  EXPECT_EQ(fit("abc", 0), "");
}

}  // namespace
}  // namespace tocsin::app
