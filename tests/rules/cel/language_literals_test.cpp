// Literals, escapes, names and the shape of expressions.
#include "tests/rules/cel/language_case.h"

namespace tocsin::cel {
namespace {

using Case = LanguageCase;

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, Language,
    testing::Values(Case{"0", "0"}, Case{"007", "7"}, Case{"-0", "0"}, Case{"0x0", "0"}, Case{"0xaBc", "2748"},
                    Case{"-0x10", "-16"}, Case{"0x7FFFFFFFFFFFFFFF", "9223372036854775807"},
                    Case{"0x8000000000000000", "error"}, Case{"-0x8000000000000000", "-9223372036854775808"},
                    Case{"-0x8000000000000001", "error"}, Case{"9223372036854775807", "9223372036854775807"},
                    Case{"9223372036854775808", "error"}, Case{"-9223372036854775808", "-9223372036854775808"},
                    Case{"- 9223372036854775808", "-9223372036854775808"}, Case{"--9223372036854775808", "error"},
                    Case{"-(9223372036854775807) - 1", "-9223372036854775808"}, Case{"7u", "7u"}, Case{"7U", "7u"},
                    Case{"0xFFu", "255u"}, Case{"0xffU", "255u"}, Case{"-7u", "error"},
                    Case{"18446744073709551615u", "18446744073709551615u"}, Case{"18446744073709551616u", "error"},
                    Case{"0xFFFFFFFFFFFFFFFFu", "18446744073709551615u"}, Case{"1.0", "1.0"}, Case{".5", "0.5"},
                    Case{"-.5", "-0.5"}, Case{"5e2", "500.0"}, Case{"5E+2", "500.0"}, Case{"5e-2", "0.05"},
                    Case{"1.25e2", "125.0"}, Case{"-0.0", "-0.0"}, Case{"1e309", "error"}, Case{"-1e309", "error"},
                    Case{"1e-400", "0.0"}, Case{"4.9e-324 > 0.0", "true"}, Case{"1.", "error"}, Case{"1.e3", "error"},
                    Case{"0X10", "error"}, Case{"12u3", "error"}, Case{"1e", "error"}, Case{"1_000", "error"},
                    Case{"0x", "error"}, Case{"1.5u", "error"}, Case{"1 .5", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Texts, Language,
    testing::Values(
        Case{R"('')", R"("")"}, Case{R"("it's")", R"("it's")"}, Case{R"('say "hi"')", R"("say \"hi\"")"},
        Case{R"('''it's "so"''')", R"("it's \"so\"")"}, Case{R"("""a "b" ""c""")", R"("a \"b\" \"\"c")"},
        Case{"'''two\nlines'''", R"("two\nlines")"}, Case{"\"\"\"\ntwo\"\"\"", R"("\ntwo")"},
        Case{"'two\nlines'", "error"}, Case{"'a\rb'", "error"}, Case{"r'two\nlines'", "error"},
        Case{"r'''a\\\nb'''", R"("a\\\nb")"}, Case{R"(r'\d+\.')", R"("\\d+\\.")"}, Case{R"(R"\x41")", R"("\\x41")"},
        Case{R"(r"a\")", R"("a\\")"}, Case{R"('\a\b\f\n\r\t\v')", R"("\a\b\f\n\r\t\v")"},
        Case{R"('\\\?\"\'\`' == "\\?\"'`")", "true"}, Case{R"("\x41\X4a")", R"("AJ")"},
        Case{R"('\101\060')", R"("A0")"}, Case{R"('\377' == '\u00ff' && size('\377') == 1)", "true"},
        Case{R"('\xFF' == 'ÿ')", "true"}, Case{R"('\u20ac' == '€')", "true"}, Case{R"('\U0001F600' == '😀')", "true"},
        Case{R"('\ud83d\ude00' == '😀')", "true"}, Case{R"('\ud83d')", "error"}, Case{R"('\ude00')", "error"},
        Case{R"('\ud83dx')", "error"}, Case{R"('\ud83d\u0041')", "error"}, Case{R"('\U0000D800')", "error"},
        Case{R"('\U00110000')", "error"}, Case{R"('\U0010FFFF'.size())", "1"}, Case{R"('\x4')", "error"},
        Case{R"('\xG1')", "error"}, Case{R"('\u123')", "error"}, Case{R"('\U0001F60')", "error"},
        Case{R"('\400')", "error"}, Case{R"('\18')", "error"}, Case{R"('\8')", "error"}, Case{R"('\q')", "error"},
        Case{R"('\ ')", "error"}, Case{R"('\)", "error"}, Case{R"('a' 'b')", "error"}, Case{"size('\t')", "1"},
        Case{R"('// no comment')", R"("// no comment")"}, Case{R"('"' + "'")", R"("\"'")"}));

INSTANTIATE_TEST_SUITE_P(
    Bytes, Language,
    testing::Values(Case{R"(b'')", R"(b"")"}, Case{R"(b'é' == b'\xc3\xa9')", "true"}, Case{R"(size(b'é'))", "2"},
                    Case{R"(b'\377')", R"(b"\xff")"}, Case{R"(B"\XfF")", R"(b"\xff")"},
                    Case{R"(b'\a\n\\\'')", R"(b"\x07\x0a\x5c'")"}, Case{R"(br'\xff' == b'\\xff')", "true"},
                    Case{R"(bR'''\'''' == b"\\'")", "error"}, Case{R"(Br"\"')", "error"}, Case{R"(rb'a')", "error"},
                    Case{R"(b"""a"b""")", R"(b"a\x22b")"}, Case{"b'''a\nb'''", R"(b"a\x0ab")"},
                    Case{R"(b'\u0041')", "error"}, Case{R"(b'\U00000041')", "error"}, Case{R"(b'\400')", "error"},
                    Case{R"(b'a' + b'\000')", R"(b"a\x00")"}, Case{R"(b 'a')", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Shape, Language,
    testing::Values(
        Case{"1 + 2 * 3", "7"}, Case{"(1 + 2) * 3", "9"}, Case{"10 - 4 - 3", "3"}, Case{"2 * 3 % 4", "2"},
        Case{"100 / 10 / 5", "2"}, Case{"-2 + 3", "1"}, Case{"1 - -1", "2"}, Case{"1--1", "2"}, Case{"- - x", "5"},
        Case{"---x", "-5"}, Case{"!!true", "true"}, Case{"!!!true", "false"}, Case{"!-x", "error"},
        Case{"-!true", "error"}, Case{"!true || true", "true"}, Case{"!(true || true)", "false"},
        Case{"true || false && false", "true"}, Case{"(true || false) && false", "false"},
        Case{"1 < 2 == true", "true"}, Case{"1 == 1 == true", "true"}, Case{"1 + 1 in [2]", "true"},
        Case{"x in items || x == 5", "true"}, Case{"true ? 1 : 2 + 3", "1"}, Case{"false ? 1 : true ? 2 : 3", "2"},
        Case{"(false ? true : false) ? 1 : 2", "2"}, Case{"true ? false ? 1 : 2 : 3", "error"},
        Case{"-x == -5", "true"}, Case{"-items[0]", "-3"}, Case{"!has({}.a)", "true"}, Case{"-1.5 + 1.5", "0.0"},
        Case{"[1, 2,]", "[1, 2]"}, Case{"{'a': 1,}", R"({"a": 1})"}, Case{"[,]", "error"}, Case{"{,}", "error"},
        Case{"size([1],)", "error"}, Case{"()", "error"}, Case{"", "error"}, Case{"1 +", "error"}, Case{"+1", "error"},
        Case{"1 ** 2", "error"}, Case{"1 = 1", "error"}, Case{"1 === 1", "error"}, Case{"1 <> 2", "error"},
        Case{"true and false", "error"}, Case{"true & true", "error"}, Case{"a ? b", "error"},
        Case{"x\n  + // five\n 1", "6"}, Case{"x // five", "5"}, Case{"\tx\f\r\n", "5"}, Case{"x\v", "error"},
        Case{"x /* c */", "error"}, Case{"(x)", "5"}, Case{"((x))", "5"}, Case{"(x", "error"}, Case{"x)", "error"},
        Case{"[x][0]", "5"}, Case{"{'a': {'b': x}}.a.b", "5"}, Case{"[[1, [2]]][0][1][0]", "2"},
        Case{"'abc'.size()", "3"}, Case{"text.startsWith('a').size()", "error"}, Case{"{'in_': 1}.in_", "1"},
        Case{"{'in': 1}.in", "error"}, Case{"{'true': 1}.true", "error"}, Case{"{'null': 1}.null", "error"},
        Case{"{'while': 1}.while", "1"}, Case{"{'break': 1}.break", "1"}, Case{"{'else': 1}.else", "1"},
        Case{"{'if': 1}.if", "1"}, Case{"{'loop': 1}.loop", "1"}, Case{"{'package': 1}.package", "1"},
        Case{"{'const': 1}.const", "1"}, Case{"x.while() || true", "true"}, Case{"x.const() || true", "true"},
        Case{"x.namespace() || true", "true"}, Case{"x.function() || true", "true"}, Case{"x.in() || true", "error"},
        Case{"const", "error"}, Case{"while || true", "error"}, Case{"var(1) || true", "error"},
        Case{"{'a.b': 1, 'c-d': 2, 'e/f g': 3}.`a.b`", "1"}, Case{"{'c-d': 2}.`c-d`", "2"},
        Case{"{'e/f g': 3}.`e/f g`", "3"}, Case{"{'in': 4}.`in`", "4"},
        Case{"has({'a.b': 1}.`a.b`) && !has({'a': 1}.`a.b`)", "true"}, Case{"{'a': 1}.``", "error"},
        Case{"{'a': 1}.`a:b`", "error"}, Case{"`x`", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Nesting, Language,
    testing::Values(Case{repeated("(", 64) + "x" + repeated(")", 64), "5"},
                    Case{repeated("[", 64) + "x" + repeated("]", 64) + repeated("[0]", 64), "5"},
                    Case{repeated("{0: ", 40) + "x" + repeated("}", 40) + repeated("[0]", 40), "5"},
                    Case{repeated("int(", 64) + "x" + repeated(")", 64), "5"}, Case{repeated("-", 64) + "x", "5"},
                    Case{repeated("!", 63) + "true", "false"}, Case{repeated("1 + ", 64) + "1", "65"},
                    Case{repeated("2 - ", 63) + "2", "-124"}, Case{repeated("1 * ", 64) + "x", "5"},
                    Case{repeated("true && ", 500) + "x == 5", "true"},
                    Case{repeated("false || ", 500) + "x == 5", "true"}, Case{repeated("false ? 1 : ", 64) + "x", "5"},
                    Case{repeated("true == ", 64) + "true", "true"},
                    Case{repeated("[0].map(i, ", 24) + "x" + repeated(")", 24) + repeated("[0]", 24), "5"},
                    Case{"[" + repeated("1, ", 500) + "x].size()", "501"},
                    Case{repeated("(", 5000) + "x" + repeated(")", 5000), "error"}));

INSTANTIATE_TEST_SUITE_P(
    Names, Language,
    testing::Values(Case{"near", R"("a.b.near")"}, Case{".near", R"("near")"}, Case{"a.near", R"("a.near")"},
                    Case{".a.near", R"("a.near")"}, Case{"far", R"("a.far")"}, Case{".far", "error"},
                    Case{"b.near", R"("a.b.near")"}, Case{"nowhere", "error"}, Case{"nowhere || true", "true"},
                    Case{"false && nowhere", "false"}, Case{"[1].exists(near, near == 1)", "true"},
                    Case{"[1].exists(near, .near == 'near')", "true"}, Case{"[1].exists(a, a == 1)", "true"},
                    Case{"[{'near': 1}].exists(a, a.near == 1)", "true"},
                    Case{"[{'near': 1}].exists(a, .a.near == 'a.near')", "true"},
                    Case{"[1].exists(x, [2].exists(x, x == 2) && x == 1)", "true"}, Case{"[x].map(x, x + 1)", "[6]"},
                    Case{"cel.bind(near, 1, near + 1)", "2"}, Case{"cel.bind(near, 1, .near)", R"("near")"},
                    Case{"int == int", "true"}, Case{"x.y", "error"}, Case{"math", "error"}, Case{"math.abs", "error"},
                    Case{"a.b.near.size()", "8"}, Case{"no_such(1) || true", "true"},
                    Case{"x.no_such() && false", "false"}));

}  // namespace
}  // namespace tocsin::cel
