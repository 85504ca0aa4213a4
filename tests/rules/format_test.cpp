#include "rules/tools/format.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/places.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

std::string formatted(const std::string& text) {
  const auto out = format({"a.yaml", text});
  return out ? *out : "refused: " + out.error().front().code;
}

struct FormatCase {
  const char* name;
  const char* before;
  const char* after;
};

class Format : public testing::TestWithParam<FormatCase> {};

TEST_P(Format, BringsWhiteSpaceInOrderAndThenRests) {
  EXPECT_EQ(formatted(GetParam().before), GetParam().after);
  EXPECT_EQ(formatted(GetParam().after), GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Format,
    testing::Values(
        FormatCase{"nothing", "", ""}, FormatCase{"only_comments", "\n  # a  \n\n\n# b", "# a\n\n# b\n"},
        FormatCase{"levels_are_two_columns", "a:\n    b:\n          c: 1\n", "a:\n  b:\n    c: 1\n"},
        FormatCase{"lists_are_below_their_key", "a:\n- b: 1\n  c: 2\n-   d: 3\n    e: 4\n",
                   "a:\n  - b: 1\n    c: 2\n  - d: 3\n    e: 4\n"},
        FormatCase{"lists_of_lists", "- - a\n  -   b\n-\n  - c\n", "- - a\n  - b\n-\n  - c\n"},
        FormatCase{"flow_has_one_space_after_signs", "a: { b:   1 ,c: [ 1,2 ,3 ] , d: {} }\n",
                   "a: {b: 1, c: [1, 2, 3], d: {}}\n"},
        FormatCase{"flow_lines_by_their_depth", "a: [1,\n      2, {b: 3,\n  c: 4},\n ]\n",
                   "a: [1,\n  2, {b: 3,\n    c: 4},\n  ]\n"},
        FormatCase{"quotes_stay", "a:   'b'\nc: \"d\"\ne: f\n", "a: 'b'\nc: \"d\"\ne: f\n"},
        FormatCase{"quoted_text_is_not_touched", "a: 'x  ,y # {z:1}'\n", "a: 'x  ,y # {z:1}'\n"},
        FormatCase{"one_blank_line_at_most", "\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"},
        FormatCase{"no_space_at_the_end", "a: 1   \nb:\t2 # c  \n", "a: 1\nb: 2 # c\n"},
        FormatCase{"lines_end_with_lf", "a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"},
        FormatCase{"comments_keep_their_distance", "a: 1    # x\nbb: 2   # y\n", "a: 1    # x\nbb: 2   # y\n"},
        FormatCase{"comments_go_with_what_follows", "a:\n    # x\n    b: 1\n# y\nc: 2\n",
                   "a:\n  # x\n  b: 1\n# y\nc: 2\n"},
        FormatCase{"comments_after_the_last_line_of_a_level", "a:\n    b: 1\n    # x\nc: 2\n",
                   "a:\n  b: 1\n  # x\nc: 2\n"},
        FormatCase{"folded_text_moves_as_a_whole", "a:\n      b: >-\n           x\n             y\n\n           z\n",
                   "a:\n  b: >-\n    x\n      y\n\n    z\n"},
        FormatCase{"kept_lines_without_text", "a: |+\n      \n\nb: 1\n", "a: |+\n\n\nb: 1\n"},
        FormatCase{"text_that_keeps_its_end", "a: |+\n    x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"},
        FormatCase{"text_with_a_stated_indentation", "a:\n    b: |2\n        x\n", "a:\n  b: |2\n      x\n"},
        FormatCase{"text_that_looks_like_a_comment", "a: |\n   # x\n# y\n", "a: |\n  # x\n# y\n"},
        FormatCase{"texts_over_lines", "a: 'x\n  y\n\n        z'\nb: u\n      v\n", "a: 'x\n  y\n\n  z'\nb: u\n  v\n"},
        FormatCase{"no_value", "a:\nb:   \nc: ~\nd: [~, null]\ne: {f: , g: }\n",
                   "a:\nb:\nc: ~\nd: [~, null]\ne: {f: , g: }\n"},
        FormatCase{"a_document_mark", "---\n\n\na: 1\n", "---\n\na: 1\n"},
        FormatCase{"a_byte_order_mark_goes",
                   "\xEF\xBB\xBF"
                   "a: 1\n",
                   "a: 1\n"},
        FormatCase{"letters_of_all_scripts", "ä:   'ö — ü'\n\xE2\x82\xAC: 1\n", "ä: 'ö — ü'\n\xE2\x82\xAC: 1\n"}),
    [](const auto& format) { return format.param.name; });

TEST(FormatRefuses, WhatIsNoRuleFile) {
  for (const char* text : {"a: [", "a: 1\na: 2\n", "a: &x 1\n", "a: *x\n", "a: !t 1\n", "a: 'b", "{", "\xFF", "a: \x01",
                           "a: 1\n---\nb: 2\n", "<<: {a: 1}\n", "%YAML 1.2\n---\na: 1\n", "? a\n: b\n", "a: 1\n...\n",
                           "a: 1\rb: 2\n", "a: [1,\n2, {b: 3,\nc: 4}\n ]\n- x"}) {
    EXPECT_TRUE(formatted(text).starts_with("refused: ")) << text;
  }
  EXPECT_TRUE(formatted(std::string(2 << 20, ' ')).starts_with("refused: ")) << "too large";
  EXPECT_TRUE(formatted(std::string(100'000, '[')).starts_with("refused: ")) << "too deep";
}

TEST(FormatShipped, EveryFileIsInOrder) {
  std::size_t count = 0;
  for (const char* folder : {"rules/library", "tests/scenarios"}) {
    for (const auto& entry : std::filesystem::directory_iterator(source_dir() / folder)) {
      if (entry.path().extension() != ".yaml") continue;
      const std::string text = read_file(entry.path().string());
      EXPECT_EQ(formatted(text), text) << entry.path() << ": run `tocsin fmt`";
      ++count;
    }
  }
  EXPECT_GE(count, 5U);
}

// Whatever the bytes: refused, or a text of the same meaning on which formatting rests.
TEST(FormatHostile, CutsAndChangesOfShippedFilesAreRefusedOrRest) {
  const std::string text = read_file(source_dir() / "rules/library/node.yaml").substr(0, 2500);
  std::size_t accepted = 0;
  const auto rests = [&](const std::string& changed) {
    const auto once = format({"a.yaml", changed});
    if (!once) return;
    ++accepted;
    EXPECT_EQ(formatted(*once), *once) << changed;
  };
  for (std::size_t at = 0; at < text.size(); at += 23) rests(text.substr(0, at));
  for (std::size_t at = 0; at < text.size(); at += 29) {
    for (const char* piece : {" ", "\n", "#", " #", "- ", "|", "'", "  \n  "}) {
      rests(text.substr(0, at) + piece + text.substr(at));
    }
  }
  EXPECT_GE(accepted, 50U);
}

}  // namespace
}  // namespace tocsin::rules
