// What is an expression and what is not, and where the mistake is.

#include <string>

#include <gtest/gtest.h>

#include "rules/cel/parser.h"
#include "rules/cel/program.h"

namespace tocsin::cel {
namespace {

struct Refused {
  const char* name;
  std::string text;
  std::string code;
  std::uint32_t offset;
  std::uint32_t length;
};

class GrammarRefuses : public testing::TestWithParam<Refused> {};

TEST_P(GrammarRefuses, WithThePlaceOfTheMistake) {
  Problems problems;
  EXPECT_FALSE(parse(GetParam().text, problems));
  ASSERT_EQ(problems.size(), 1U) << GetParam().text;
  EXPECT_EQ(problems[0].code, GetParam().code) << problems[0].message;
  EXPECT_EQ(problems[0].offset, GetParam().offset) << problems[0].message;
  EXPECT_EQ(problems[0].length, GetParam().length) << problems[0].message;
  EXPECT_FALSE(problems[0].message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, GrammarRefuses,
    testing::Values(
        Refused{"empty", "", "syntax", 0, 1}, Refused{"only_a_comment", "// nothing", "syntax", 10, 1},
        Refused{"missing_operand", "a && ", "syntax", 5, 1}, Refused{"missing_left_operand", "* a", "syntax", 0, 1},
        Refused{"two_values", "a b", "syntax", 2, 1}, Refused{"open_parenthesis", "(a", "syntax", 2, 1},
        Refused{"stray_parenthesis", "a)", "syntax", 1, 1}, Refused{"open_list", "[1, 2", "syntax", 5, 1},
        Refused{"empty_item", "[1,,2]", "syntax", 3, 1}, Refused{"trailing_comma_in_a_call", "f(a,)", "syntax", 4, 1},
        Refused{"map_without_value", "{1}", "syntax", 2, 1}, Refused{"ternary_without_else", "a ? b", "syntax", 5, 1},
        Refused{"nested_ternary_without_parentheses", "a ? b ? c : d : e", "syntax", 6, 1},
        Refused{"single_equals", "a = b", "syntax", 2, 1}, Refused{"single_ampersand", "a & b", "syntax", 2, 1},
        Refused{"unknown_character", "a # b", "syntax", 2, 1}, Refused{"unknown_letter", "a + ü", "syntax", 4, 2},
        Refused{"reserved_word", "package + 1", "syntax", 0, 7}, Refused{"in_as_a_name", "in + 1", "syntax", 0, 2},
        Refused{"true_as_a_field", "a.true", "syntax", 2, 4}, Refused{"mixed_signs", "!-a", "syntax", 1, 1},
        Refused{"quoted_name_alone", "`a`", "syntax", 0, 3}, Refused{"quoted_call", "a.`b`()", "syntax", 5, 1},
        Refused{"open_quoted_name", "a.`b", "syntax", 2, 2}, Refused{"open_string", "'abc", "syntax", 0, 4},
        Refused{"string_over_a_line", "'ab\nc'", "syntax", 0, 3},
        Refused{"open_triple_string", "'''ab''", "syntax", 0, 7},
        Refused{"unknown_escape", R"('ab\q')", "bad_literal", 3, 2},
        Refused{"short_unicode_escape", R"('\u12')", "bad_literal", 1, 2},
        Refused{"half_a_surrogate_pair", R"('\ud83d')", "bad_literal", 1, 2},
        Refused{"beyond_unicode", R"('\U00110000')", "bad_literal", 1, 2},
        Refused{"unicode_escape_in_bytes", R"(b'\u0041')", "bad_literal", 2, 2},
        Refused{"octal_too_large", R"('\400')", "bad_literal", 1, 2},
        Refused{"int_too_large", "9223372036854775808", "bad_literal", 0, 19},
        Refused{"uint_too_large", "18446744073709551616u", "bad_literal", 0, 20},
        Refused{"int_too_small", "-9223372036854775809", "bad_literal", 1, 19},
        Refused{"double_too_large", "1e999", "bad_literal", 0, 5},
        Refused{"hex_without_digits", "0x", "bad_literal", 0, 2},
        Refused{"macro_variable_is_no_name", "[1].all(a.b, true)", "syntax", 4, 14},
        Refused{"macro_variables_alike", "[1].all(i, i, true)", "syntax", 4, 15},
        Refused{"has_without_a_field", "has(a)", "syntax", 0, 6},
        Refused{"bind_without_a_name", "cel.bind(1, 2, 3)", "syntax", 4, 13},
        Refused{"not_utf8", "a == '\xFF'", "syntax", 6, 1}, Refused{"message_on_a_call", "f(){a: 1}", "syntax", 3, 1}),
    [](const auto& test) { return test.param.name; });

class GrammarAccepts : public testing::TestWithParam<const char*> {};

TEST_P(GrammarAccepts, AnExpression) {
  Problems problems;
  EXPECT_TRUE(parse(GetParam(), problems)) << GetParam() << ": " << (problems.empty() ? "" : problems[0].message);
  EXPECT_TRUE(problems.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, GrammarAccepts,
                         testing::Values("a", ".a", "a.b.c", ".a.b", "a.b(c).d[0]", "f()", "a.f(1, 2,3)", "-1", "- 1",
                                         "--a", "!!a", "!a.b", "-9223372036854775808", "0xFFu", "1.5e-3", ".5", "1e3",
                                         "a?b:c", "a?b:c?d:e", "(a?b:c)?d:e", "a || b && c || d", "a in [1,2,]",
                                         "{'a': 1, b: 2,}", "[]", "{}", "a.`b-c/d.e f`", "has(a.`b-c`)",
                                         "a // comment\n + b", "'''a'b''c\n'''", "\"\"\"a\"b\"\"c\"\"\"", "r'\\d'",
                                         "bR\"\\d\"", "b'\\377'", "'\\ud83d\\ude00'", "a.in_", "x.package", "x.if()",
                                         "A{}", "a.b.C{x: 1, `y-z`: 2,}", "a < b == c", "1 - -1", "a.b == -1"));

TEST(Grammar, LongestAndDeepestAreRefusedCleanly) {
  const auto code_of = [](const std::string& text) {
    Problems problems;
    return parse(text, problems) ? std::string() : problems.at(0).code;
  };
  const std::string longest(kExpressionBytesMax, ' ');
  EXPECT_EQ(code_of("1" + longest.substr(1)), "");
  EXPECT_EQ(code_of("1" + longest), "too_long");
  const auto nested = [](std::size_t levels, const char* open, const char* close) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += open;
    text += "1";
    for (std::size_t i = 0; i < levels; ++i) text += close;
    return text;
  };
  EXPECT_EQ(code_of(nested(100, "(", ")")), "");
  EXPECT_EQ(code_of(nested(5000, "(", ")")), "too_deep");
  EXPECT_EQ(code_of(nested(5000, "[", "]")), "too_deep");
  EXPECT_EQ(code_of(nested(5000, "-", "")), "too_deep");
  EXPECT_EQ(code_of(nested(3000, "1+", "")), "too_deep");
  EXPECT_EQ(code_of(nested(2000, "true?1:", "")), "too_deep");
  EXPECT_EQ(code_of(nested(2000, "1||", "")), "") << "a chain is one node, not a deep tree";
  EXPECT_EQ(code_of(nested(3000, "", ".a")), "too_deep");
  EXPECT_EQ(code_of(nested(3000, "", "[0]")), "too_deep");
}

}  // namespace
}  // namespace tocsin::cel
