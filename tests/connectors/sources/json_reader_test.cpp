#include "connectors/sources/json_reader.h"

#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

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
        JsonCase{"byte_order_mark_alone", "\xef\xbb\xbf"}, JsonCase{"utf16", bytes({"[\0]\0", 4})},
        JsonCase{"open_array", "["}, JsonCase{"open_object", "{"}, JsonCase{"close_alone", "]"},
        JsonCase{"wrong_close", "[}"}, JsonCase{"two_documents", "[][]"}, JsonCase{"garbage_behind", "[]x"},
        JsonCase{"brace_behind", "{}}"}, JsonCase{"comma_behind", "[],"}, JsonCase{"nul_behind", bytes({"[]\0", 3})},
        JsonCase{"comma_alone", "[,]"}, JsonCase{"comma_first", "[,1]"}, JsonCase{"comma_last", "[1,]"},
        JsonCase{"comma_twice", "[1,,2]"}, JsonCase{"comma_missing", "[1 2]"}, JsonCase{"colon_in_array", "[1:2]"},
        JsonCase{"colon_missing", R"({"a" 1})"}, JsonCase{"colon_twice", R"({"a"::1})"},
        JsonCase{"comma_for_colon", R"({"a",1})"}, JsonCase{"value_missing", R"({"a":})"},
        JsonCase{"name_not_quoted", "{a:1}"}, JsonCase{"name_single_quoted", "{'a':1}"},
        JsonCase{"name_number", "{1:1}"}, JsonCase{"object_comma_last", R"({"a":1,})"},
        JsonCase{"object_comma_missing", R"({"a":1 "b":2})"}, JsonCase{"comment", "[/**/]"},
        JsonCase{"line_comment", "[] // x"}, JsonCase{"plus", "[+1]"}, JsonCase{"minus_alone", "[-]"},
        JsonCase{"minus_word", "[-true]"}, JsonCase{"leading_zero", "[01]"}, JsonCase{"minus_leading_zero", "[-01]"},
        JsonCase{"no_digit_before_point", "[.5]"}, JsonCase{"no_digit_after_point", "[1.]"},
        JsonCase{"point_then_exponent", "[1.e1]"}, JsonCase{"exponent_empty", "[1e]"},
        JsonCase{"exponent_sign_only", "[1e+]"}, JsonCase{"two_exponents", "[1e1e1]"}, JsonCase{"hex", "[0x1]"},
        JsonCase{"not_a_number", "[NaN]"}, JsonCase{"infinity", "[Infinity]"}, JsonCase{"number_with_letter", "[1a]"},
        JsonCase{"number_alone_with_letter", "1a"}, JsonCase{"number_alone_cut_off", "-"},
        JsonCase{"word_cut_off", "[tru]"}, JsonCase{"word_longer", "[truex]"}, JsonCase{"word_upper_case", "[True]"},
        JsonCase{"text_cut_off", R"(["a)"}, JsonCase{"text_cut_off_in_escape", R"(["a\)"},
        JsonCase{"text_ends_in_escape", R"(["a\"])"}, JsonCase{"single_quotes", "['a']"},
        JsonCase{"unknown_escape", R"(["\x41"])"}, JsonCase{"escape_three_digits", R"(["\u004"])"},
        JsonCase{"escape_not_hex", R"(["\u00g0"])"},

        JsonCase{"raw_tab", "[\"\t\"]"}, JsonCase{"raw_newline", "[\"\n\"]"},
        JsonCase{"raw_nul", bytes({"[\"\0\"]", 5})}, JsonCase{"form_feed", "[\f]"},
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

/// JSON that the fast reader refuses: taken on the second look.
struct MendedCase {
  const char* name;
  std::string text;
  std::string document;  // as it is read, minified
  std::vector<std::pair<std::int32_t, std::vector<Mending>>> mends = {};
};
class JsonMended : public testing::TestWithParam<MendedCase> {};

TEST_P(JsonMended, IsTakenAndSaysWhatWasMended) {
  JsonReader reader;
  const PaddedBody body(GetParam().text);
  const auto document = reader.read(body.view());
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_EQ(simdjson::minify(*document), GetParam().document);
  std::vector<std::pair<std::int32_t, std::vector<Mending>>> mends;
  for (const JsonMend& mend : reader.mends()) {
    auto& kinds = mends.emplace_back(mend.index, std::vector<Mending>{}).second;
    mend.mended.for_each([&](Mending kind) { kinds.push_back(kind); });
  }
  EXPECT_EQ(mends, GetParam().mends);
  EXPECT_FALSE(find_json_fault(body.view()).has_value());
}

constexpr auto kMark = Mending::byte_order_mark;
constexpr auto kHalf = Mending::surrogate;
constexpr auto kNumber = Mending::number;

INSTANTIATE_TEST_SUITE_P(
    Table, JsonMended,
    testing::Values(
        MendedCase{"byte_order_mark", "\xef\xbb\xbf[]", "[]", {{-1, {kMark}}}},
        MendedCase{"byte_order_mark_and_blanks", "\xef\xbb\xbf \n{} ", "{}", {{-1, {kMark}}}},
        MendedCase{"first_half", R"(["\ud83d"])", "[\"\ufffd\"]", {{0, {kHalf}}}},
        MendedCase{"second_half", R"(["\ude00"])", "[\"\ufffd\"]", {{0, {kHalf}}}},
        MendedCase{"halves_in_the_wrong_order", R"(["\ude00\ud83d"])", "[\"\ufffd\ufffd\"]", {{0, {kHalf}}}},
        MendedCase{"two_first_halves", R"(["\ud83d\ud83d"])", "[\"\ufffd\ufffd\"]", {{0, {kHalf}}}},
        MendedCase{"first_half_and_a_pair", R"(["\ud83d\ud83d\ude00"])", "[\"\ufffd\U0001f600\"]", {{0, {kHalf}}}},
        MendedCase{"pair_and_second_half", R"(["\ud83d\ude00\ude00"])", "[\"\U0001f600\ufffd\"]", {{0, {kHalf}}}},
        MendedCase{"first_half_and_letter", R"(["\ud83dA"])", "[\"\ufffdA\"]", {{0, {kHalf}}}},
        MendedCase{"first_half_and_escape",
                   R"(["\ud83d\n"])",
                   R"([")"
                   "\ufffd"
                   R"(\n"])",
                   {{0, {kHalf}}}},
        MendedCase{"first_half_and_quote",
                   R"(["\ud83d\""])",
                   R"([")"
                   "\ufffd"
                   R"(\""])",
                   {{0, {kHalf}}}},
        MendedCase{"first_half_and_ascii", R"(["\ud800\u0041"])", "[\"\ufffdA\"]", {{0, {kHalf}}}},
        MendedCase{"backslashes_before_what_looks_so", R"(["\\ud83d",1e999])", R"(["\\ud83d",0])", {{1, {kNumber}}}},
        MendedCase{"half_in_a_name", R"([{"\ud83d":1}])", "[{\"\ufffd\":1}]", {{0, {kHalf}}}},
        MendedCase{"two_to_the_64", "[18446744073709551616]", "[0]", {{0, {kNumber}}}},
        MendedCase{"grafana_two_to_the_64", "[18446744073709552000]", "[0]", {{0, {kNumber}}}},
        MendedCase{"below_the_smallest", "[-9223372036854775809]", "[0]", {{0, {kNumber}}}},
        MendedCase{"hundreds_of_digits", "[" + std::string(400, '7') + "]", "[0]", {{0, {kNumber}}}},
        MendedCase{"hundreds_of_digits_and_a_fraction", "[" + std::string(400, '7') + ".5]", "[0]", {{0, {kNumber}}}},
        MendedCase{"huge_exponent", "[1e400]", "[0]", {{0, {kNumber}}}},
        MendedCase{"huge_exponent_negative", "[-1E+400]", "[0]", {{0, {kNumber}}}},
        MendedCase{"exponent_of_many_digits", "[1e99999999999999999999]", "[0]", {{0, {kNumber}}}},
        MendedCase{"alone", "1e999", "0", {{-1, {kNumber}}}},
        MendedCase{"digits_in_texts_stay", R"(["1e999",1e999])", R"(["1e999",0])", {{1, {kNumber}}}},
        MendedCase{"those_that_fit_stay", "[-0,1.5,1e999]", "[0,1.5,0]", {{2, {kNumber}}}},
        MendedCase{"each_alert_has_its_own",
                   R"([{"v":1e999},{"v":[1,2]},{"v":{"a":[1e999,"\ud83d"]}}])",
                   "[{\"v\":0},{\"v\":[1,2]},{\"v\":{\"a\":[0,\"\ufffd\"]}}]",
                   {{0, {kNumber}}, {2, {kHalf, kNumber}}}},
        MendedCase{"alerts_of_an_object",
                   R"({"x":1e999,"alerts":[{"v":1},{"v":1e999}],"y":[{},1e999]})",
                   R"({"x":0,"alerts":[{"v":1},{"v":0}],"y":[{},0]})",
                   {{-1, {kNumber}}, {1, {kNumber}}, {-1, {kNumber}}}},
        MendedCase{"what_is_called_alerts_elsewhere",
                   R"({"x":"alerts","y":[0,1e999],"alerts":{"alerts":[0,1e999]}})",
                   R"({"x":"alerts","y":[0,0],"alerts":{"alerts":[0,0]}})",
                   {{-1, {kNumber}}}},
        MendedCase{"all_three",
                   "\xef\xbb\xbf"
                   R"([{"a":"\ud83d"},1e999])",
                   "[{\"a\":\"\ufffd\"},0]",
                   {{-1, {kMark}}, {0, {kHalf}}, {1, {kNumber}}}}),
    kNameOfCase);

TEST(JsonReader, MendsHalvesAndNoPairs) {
  JsonReader reader;
  for (unsigned unit = 0; unit <= 0xffff; ++unit) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), R"(["\ud800\u%04x"])", unit);
    const PaddedBody body(text.data());
    ASSERT_TRUE(reader.read(body.view()).has_value()) << text.data();
    ASSERT_EQ(reader.mends().empty(), unit >= 0xdc00 && unit <= 0xdfff) << text.data();
    ASSERT_FALSE(find_json_fault(body.view()).has_value()) << text.data();
  }
}

TEST(JsonReader, DoesNotTouchTheBodyThatItMends) {
  const std::string text =
      "\xef\xbb\xbf"
      R"(["\ud83d",1e999])";
  const PaddedBody body(text);
  JsonReader reader;
  ASSERT_TRUE(reader.read(body.view()).has_value());
  EXPECT_EQ(body.view(), text);
}

TEST(JsonReader, NothingIsLeftOfWhatWasMendedInTheBodyBefore) {
  JsonReader reader;
  ASSERT_TRUE(reader.read(PaddedBody("[1e999]").view()).has_value());
  EXPECT_FALSE(reader.mends().empty());
  ASSERT_TRUE(reader.read(PaddedBody("[1]").view()).has_value());
  EXPECT_TRUE(reader.mends().empty());
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
  for (const std::string bad : {"[", "\"\xff\"", "[1e999"}) {
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

                                         FaultCase{"not_utf8", "[\"ab\xff\"]", Refusal::invalid_utf8, 4},
                                         FaultCase{"too_deep", std::string(100, '['), Refusal::too_deep, 64},
                                         FaultCase{"behind_the_end", "[] x", Refusal::malformed, 3}),
                         kNameOfCase);

}  // namespace
}  // namespace tocsin
