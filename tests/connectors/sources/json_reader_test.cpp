#include "connectors/sources/json_reader.h"

#include <array>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "connectors/sources/json_fault.h"
#include "tests/connectors/sources/decoded.h"

namespace tocsin {
namespace {

struct JsonCase {
  const char* name;
  std::string text;
};

std::string bytes(std::string_view text) { return std::string(text); }

class JsonYes : public testing::TestWithParam<JsonCase> {};
class JsonNo : public testing::TestWithParam<JsonCase> {};

TEST_P(JsonYes, IsTakenByTheFastReaderAndTheSlow) {
  JsonReader reader;
  const PaddedBody body(GetParam().text);
  const auto document = reader.read(body.view());
  EXPECT_TRUE(document.has_value()) << document.error().message;
  EXPECT_FALSE(find_json_fault(body.view()).has_value());
}

TEST_P(JsonNo, IsRefusedByTheFastReaderAndTheSlow) {
  JsonReader reader;
  const PaddedBody body(GetParam().text);
  const auto document = reader.read(body.view());
  ASSERT_FALSE(document.has_value());
  const auto fault = find_json_fault(body.view());
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(document.error().code, fault->code);
  EXPECT_LE(fault->offset, body.view().size());
}

const auto kNameOfCase = [](const auto& named) { return std::string(named.param.name); };

INSTANTIATE_TEST_SUITE_P(
    Rfc8259, JsonYes,
    testing::Values(
        JsonCase{"empty_array", "[]"}, JsonCase{"empty_object", "{}"}, JsonCase{"blanks_around", " \t\r\n[ ]\n "},
        JsonCase{"a_text_alone", R"("a")"}, JsonCase{"a_number_alone", "42"}, JsonCase{"a_word_alone", "null"},
        JsonCase{"zero", "[0]"}, JsonCase{"minus_zero", "[-0]"}, JsonCase{"minus_zero_point", "[-0.0]"},
        JsonCase{"exponent", "[1e2]"}, JsonCase{"exponent_plus", "[1E+2]"}, JsonCase{"exponent_minus", "[1.5e-2]"},
        JsonCase{"exponent_leading_zero", "[1e02]"}, JsonCase{"very_small", "[1e-999]"},
        JsonCase{"largest_unsigned", "[18446744073709551615]"}, JsonCase{"smallest_signed", "[-9223372036854775808]"},
        JsonCase{"many_digits_of_fraction", "[0.1234567890123456789012345678901234567890]"},
        JsonCase{"all_escapes", R"(["\"\\\/\b\f\n\r\t\u0041"])"}, JsonCase{"escaped_nul", R"(["\u0000"])"},
        JsonCase{"escaped_pair", R"(["\ud83d\ude00"])"}, JsonCase{"escaped_pair_upper_case", R"(["\uD83D\uDE00"])"},
        JsonCase{"two_bytes", "[\"\u00fc\"]"}, JsonCase{"three_bytes", "[\"\u65e5\"]"},
        JsonCase{"four_bytes", "[\"\U0001f600\"]"}, JsonCase{"delete_character", "[\"\x7f\"]"},
        JsonCase{"last_code_point", "[\"\xf4\x8f\xbf\xbf\"]"}, JsonCase{"noncharacter", "[\"\xef\xbf\xbf\"]"},
        JsonCase{"name_twice", R"({"a":1,"a":2})"}, JsonCase{"name_empty", R"({"":0})"},
        JsonCase{"sixty_four_deep", std::string(64, '[') + std::string(64, ']')},
        JsonCase{"words", "[true,false,null]"}),
    kNameOfCase);

INSTANTIATE_TEST_SUITE_P(
    Rfc8259, JsonNo,
    testing::Values(
        JsonCase{"nothing", ""}, JsonCase{"blank", " "}, JsonCase{"nul_alone", bytes({"\0", 1})},
        JsonCase{"byte_order_mark", "\xef\xbb\xbf[]"}, JsonCase{"byte_order_mark_alone", "\xef\xbb\xbf"},
        JsonCase{"utf16", bytes({"[\0]\0", 4})}, JsonCase{"open_array", "["}, JsonCase{"open_object", "{"},
        JsonCase{"close_alone", "]"}, JsonCase{"wrong_close", "[}"}, JsonCase{"two_documents", "[][]"},
        JsonCase{"garbage_behind", "[]x"}, JsonCase{"brace_behind", "{}}"}, JsonCase{"comma_behind", "[],"},
        JsonCase{"nul_behind", bytes({"[]\0", 3})}, JsonCase{"comma_alone", "[,]"}, JsonCase{"comma_first", "[,1]"},
        JsonCase{"comma_last", "[1,]"}, JsonCase{"comma_twice", "[1,,2]"}, JsonCase{"comma_missing", "[1 2]"},
        JsonCase{"colon_in_array", "[1:2]"}, JsonCase{"colon_missing", R"({"a" 1})"},
        JsonCase{"colon_twice", R"({"a"::1})"}, JsonCase{"comma_for_colon", R"({"a",1})"},
        JsonCase{"value_missing", R"({"a":})"}, JsonCase{"name_not_quoted", "{a:1}"},
        JsonCase{"name_single_quoted", "{'a':1}"}, JsonCase{"name_number", "{1:1}"},
        JsonCase{"object_comma_last", R"({"a":1,})"}, JsonCase{"object_comma_missing", R"({"a":1 "b":2})"},
        JsonCase{"comment", "[/**/]"}, JsonCase{"line_comment", "[] // x"}, JsonCase{"plus", "[+1]"},
        JsonCase{"minus_alone", "[-]"}, JsonCase{"minus_word", "[-true]"}, JsonCase{"leading_zero", "[01]"},
        JsonCase{"minus_leading_zero", "[-01]"}, JsonCase{"no_digit_before_point", "[.5]"},
        JsonCase{"no_digit_after_point", "[1.]"}, JsonCase{"point_then_exponent", "[1.e1]"},
        JsonCase{"exponent_empty", "[1e]"}, JsonCase{"exponent_sign_only", "[1e+]"},
        JsonCase{"two_exponents", "[1e1e1]"}, JsonCase{"hex", "[0x1]"}, JsonCase{"not_a_number", "[NaN]"},
        JsonCase{"infinity", "[Infinity]"}, JsonCase{"number_with_letter", "[1a]"},
        JsonCase{"number_alone_with_letter", "1a"}, JsonCase{"number_alone_cut_off", "-"},
        JsonCase{"word_cut_off", "[tru]"}, JsonCase{"word_longer", "[truex]"}, JsonCase{"word_upper_case", "[True]"},
        JsonCase{"text_cut_off", R"(["a)"}, JsonCase{"text_cut_off_in_escape", R"(["a\)"},
        JsonCase{"text_ends_in_escape", R"(["a\"])"}, JsonCase{"single_quotes", "['a']"},
        JsonCase{"unknown_escape", R"(["\x41"])"}, JsonCase{"escape_three_digits", R"(["\u004"])"},
        JsonCase{"escape_not_hex", R"(["\u00g0"])"}, JsonCase{"first_half", R"(["\ud83d"])"},
        JsonCase{"second_half", R"(["\ude00"])"}, JsonCase{"two_first_halves", R"(["\ud83d\ud83d"])"},
        JsonCase{"first_half_and_letter", R"(["\ud83dA"])"}, JsonCase{"first_half_and_escape", R"(["\ud83d\n"])"},
        JsonCase{"first_half_and_ascii", R"(["\ud800\u0041"])"}, JsonCase{"raw_tab", "[\"\t\"]"},
        JsonCase{"raw_newline", "[\"\n\"]"}, JsonCase{"raw_nul", bytes({"[\"\0\"]", 5})}, JsonCase{"form_feed", "[\f]"},
        JsonCase{"no_break_space", "[\u00a0]"}, JsonCase{"continuation_alone", "[\"\x80\"]"},
        JsonCase{"sequence_cut_off", "[\"\xe2\x82\"]"}, JsonCase{"overlong_slash", "[\"\xc0\xaf\"]"},
        JsonCase{"overlong_three", "[\"\xe0\x80\xaf\"]"}, JsonCase{"raw_surrogate", "[\"\xed\xa0\x80\"]"},
        JsonCase{"beyond_unicode", "[\"\xf4\x90\x80\x80\"]"}, JsonCase{"byte_ff", "[\"\xff\"]"},
        JsonCase{"latin1", "[\"\xe9\"]"}, JsonCase{"sixty_five_deep", std::string(65, '[') + std::string(65, ']')},
        JsonCase{"hundred_thousand_objects",
                 [] {
                   std::string text;
                   for (int i = 0; i < 100'000; ++i) text += R"({"a":)";
                   return text;
                 }()}),
    kNameOfCase);

TEST(JsonReader, TakesNoSecondHalfButThoseOfTheirRange) {
  JsonReader reader;
  for (unsigned unit = 0; unit <= 0xffff; ++unit) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), R"(["\ud800\u%04x"])", unit);
    const PaddedBody body(text.data());
    const bool good = unit >= 0xdc00 && unit <= 0xdfff;
    ASSERT_EQ(reader.read(body.view()).has_value(), good) << text.data();
    ASSERT_EQ(!find_json_fault(body.view()).has_value(), good) << text.data();
  }
}

TEST(JsonReader, EveryCutOffDocumentIsMalformed) {
  const std::string whole = R"([{"labels":{"a":"b\n","n":-1.5e3},"x":[true,null]}])";
  JsonReader reader;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const PaddedBody body(std::string_view(whole).substr(0, size));
    const auto document = reader.read(body.view());
    ASSERT_FALSE(document.has_value()) << size;
    EXPECT_EQ(document.error().code, Refusal::malformed) << size;
  }
}

TEST(JsonReader, ReadsTheNextGoodBodyAfterABadOne) {
  JsonReader reader;
  for (const std::string bad : {"[", "\"\xff\"", "[1e999]"}) {
    EXPECT_FALSE(reader.read(PaddedBody(bad).view()).has_value());
    EXPECT_TRUE(reader.read(PaddedBody("[1]").view()).has_value());
  }
}

struct FaultCase {
  const char* name;
  std::string text;
  Refusal code;
  std::size_t offset;
};
class JsonFaultAt : public testing::TestWithParam<FaultCase> {};

TEST_P(JsonFaultAt, IsFoundAtItsByte) {
  const auto fault = find_json_fault(GetParam().text);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->code, GetParam().code);
  EXPECT_EQ(fault->offset, GetParam().offset);
}

INSTANTIATE_TEST_SUITE_P(Table, JsonFaultAt,
                         testing::Values(FaultCase{"cut_off", "[1", Refusal::malformed, 2},
                                         FaultCase{"comma_last", "[1,]", Refusal::malformed, 3},
                                         FaultCase{"half_a_pair", R"(["ab\ud800"])", Refusal::malformed, 4},
                                         FaultCase{"not_utf8", "[\"ab\xff\"]", Refusal::invalid_utf8, 4},
                                         FaultCase{"too_deep", std::string(100, '['), Refusal::too_deep, 64},
                                         FaultCase{"behind_the_end", "[] x", Refusal::malformed, 3}),
                         kNameOfCase);

}  // namespace
}  // namespace tocsin
