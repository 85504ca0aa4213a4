// Texts: what the language has, and the strings and encoders extensions.
#include "tests/rules/cel/language_case.h"

namespace tocsin::cel {
namespace {

using Case = LanguageCase;

INSTANTIATE_TEST_SUITE_P(
    TextTests, Language,
    testing::Values(Case{"size('é😀')", "2"}, Case{"'é😀'.size()", "2"}, Case{"size(b'é😀')", "6"},
                    Case{"'abc'.contains('')", "true"}, Case{"'abc'.contains('bc')", "true"},
                    Case{"'abc'.contains('B')", "false"}, Case{"''.contains('a')", "false"},
                    Case{"'été'.startsWith('ét')", "true"}, Case{"'abc'.startsWith('abcd')", "false"},
                    Case{"'été'.endsWith('té')", "true"}, Case{"'abc'.endsWith('xabc')", "false"},
                    Case{"contains('a', 'a')", "error"}, Case{"'a'.contains(b'a')", "error"},
                    Case{"b'a'.contains(b'a')", "error"}, Case{"1.startsWith('1')", "error"},
                    Case{"'a'.endsWith(1)", "error"}, Case{"'abc'.matches('b')", "true"},
                    Case{"matches('abc', '^b')", "false"}, Case{"'abc'.matches('^abc$')", "true"},
                    Case{"'été'.matches('^.t.$')", "true"}, Case{"'a\\nb'.matches('a.b')", "false"},
                    Case{"'a\\nb'.matches('(?s)a.b')", "true"}, Case{"'ABC'.matches('(?i)b')", "true"},
                    Case{"'x7'.matches('\\\\d')", "true"}, Case{"'é'.matches('\\\\pL')", "true"},
                    Case{"'abc'.matches('[')", "error"}, Case{"'abc'.matches('(?=a)')", "error"},
                    Case{"'aa'.matches('(a)\\\\1')", "error"}, Case{"text.matches('(?P<n>b)')", "true"},
                    Case{"'a'.matches('a{1001}')", "error"}, Case{"'a'.matches(1)", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Positions, Language,
    testing::Values(Case{"'aé😀'.charAt(0) + 'aé😀'.charAt(2)", R"("a😀")"}, Case{"'aé😀'.charAt(3)", R"("")"},
                    Case{"'aé😀'.charAt(4)", "error"}, Case{"'a'.charAt(-1)", "error"}, Case{"''.charAt(0)", R"("")"},
                    Case{"'a'.charAt(0u)", "error"}, Case{"'a'.charAt(0.0)", "error"}, Case{"'héhé'.indexOf('é')", "1"},
                    Case{"'héhé'.indexOf('é', 2)", "3"}, Case{"'héhé'.indexOf('x')", "-1"},
                    Case{"'héhé'.indexOf('', 4)", "4"}, Case{"'héhé'.indexOf('')", "0"},
                    Case{"'héhé'.indexOf('é', 4)", "-1"}, Case{"'héhé'.indexOf('é', -1)", "error"},
                    Case{"'héhé'.indexOf('é', 5)", "error"}, Case{"''.indexOf('')", "0"},
                    Case{"'héhé'.lastIndexOf('é')", "3"}, Case{"'héhé'.lastIndexOf('é', 2)", "1"},
                    Case{"'héhé'.lastIndexOf('é', 3)", "3"}, Case{"'héhé'.lastIndexOf('hé', 1)", "0"},
                    Case{"'héhé'.lastIndexOf('é', 0)", "-1"}, Case{"'héhé'.lastIndexOf('')", "4"},
                    Case{"'héhé'.lastIndexOf('', 2)", "2"}, Case{"'héhé'.lastIndexOf('é', -1)", "error"},
                    Case{"'héhé'.lastIndexOf('é', 5)", "error"}, Case{"'a'.lastIndexOf('aaa')", "-1"},
                    Case{"'a'.indexOf(1)", "error"}, Case{"'a'.indexOf('a', 'a')", "error"},
                    Case{"'aé😀b'.substring(1)", R"("é😀b")"}, Case{"'aé😀b'.substring(1, 3)", R"("é😀")"},
                    Case{"'abc'.substring(3)", R"("")"}, Case{"'abc'.substring(1, 1)", R"("")"},
                    Case{"'abc'.substring(0, 3)", R"("abc")"}, Case{"'abc'.substring(4)", "error"},
                    Case{"'abc'.substring(-1)", "error"}, Case{"'abc'.substring(2, 1)", "error"},
                    Case{"'abc'.substring(0, 4)", "error"}, Case{"'abc'.substring(1, -1)", "error"},
                    Case{"'abc'.substring('1')", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Changes, Language,
    testing::Values(
        Case{"'AbÉ'.lowerAscii()", R"("abÉ")"}, Case{"'aBé'.upperAscii()", R"("ABé")"},
        Case{"'@[`{'.lowerAscii() + '@[`{'.upperAscii()", R"("@[`{@[`{")"}, Case{"''.lowerAscii()", R"("")"},
        Case{"1.lowerAscii()", "error"}, Case{"'aé😀'.reverse()", R"("😀éa")"}, Case{"''.reverse()", R"("")"},
        Case{"[1].reverse()", "error"}, Case{"' \\t\\n\\v\\f\\r a b \\r\\n'.trim()", R"("a b")"},
        Case{"'\\u0085\\u00a0\\u1680\\u2000a\\u2028\\u2029\\u202f\\u205f\\u3000'.trim()", R"("a")"},
        Case{"size('\\u180e\\u200b\\u200c\\u200d\\u2060\\ufeffa'.trim())", "7"}, Case{"'   '.trim()", R"("")"},
        Case{"''.trim()", R"("")"}, Case{"'aXbXc'.replace('X', '--')", R"("a--b--c")"},
        Case{"'aXbXc'.replace('X', '', 1)", R"("abXc")"}, Case{"'aXbXc'.replace('X', '-', 0)", R"("aXbXc")"},
        Case{"'aXbXc'.replace('X', '-', -1)", R"("a-b-c")"}, Case{"'aXbXc'.replace('X', '-', 9)", R"("a-b-c")"},
        Case{"'aaa'.replace('aa', 'b')", R"("ba")"}, Case{"'é'.replace('', '-')", R"("-é-")"},
        Case{"'abc'.replace('x', 'y')", R"("abc")"}, Case{"'abc'.replace('', '-', 2)", R"("-a-bc")"},
        Case{"'a'.replace('a')", "error"}, Case{"'a'.replace('a', 1)", "error"},
        Case{"'a'.replace('a', 'b', 1u)", "error"}, Case{"'a,b,,c'.split(',')", R"(["a", "b", "", "c"])"},
        Case{"',a,'.split(',')", R"(["", "a", ""])"}, Case{"''.split(',')", R"([""])"},
        Case{"'a'.split(',')", R"(["a"])"}, Case{"'a,b,c'.split(',', 0)", "[]"},
        Case{"'a,b,c'.split(',', 1)", R"(["a,b,c"])"}, Case{"'a,b,c'.split(',', 2)", R"(["a", "b,c"])"},
        Case{"'a,b,c'.split(',', 9)", R"(["a", "b", "c"])"}, Case{"'a,b'.split(',', -1)", R"(["a", "b"])"},
        Case{"'aé😀'.split('')", R"(["a", "é", "😀"])"}, Case{"'aé😀'.split('', 2)", R"(["a", "é😀"])"},
        Case{"'aé'.split('', 0)", "[]"}, Case{"'a, b'.split(', ')", R"(["a", "b"])"}, Case{"'a'.split()", "error"},
        Case{"'a'.split(1)", "error"}, Case{"'a'.split(',', '1')", "error"}, Case{"['a', 'b'].join()", R"("ab")"},
        Case{"['a', 'é', ''].join('--')", R"("a--é--")"}, Case{"[].join(',')", R"("")"},
        Case{"['a'].join(',')", R"("a")"}, Case{"[1].join()", "error"}, Case{"['a', 1].join(',')", "error"},
        Case{"['a'].join(1)", "error"}, Case{"'a'.join()", "error"}, Case{"strings.quote('é😀')", R"~("\"é😀\"")~"},
        Case{R"(strings.quote("a\"b\\c"))", R"~("\"a\\\"b\\\\c\"")~"},
        Case{R"(strings.quote("\a\b\f\n\r\t\v") == r'"\a\b\f\n\r\t\v"')", "true"},
        Case{"strings.quote(\"it's\") == '\"it\\'s\"'", "true"}, Case{"strings.quote('') == '\"\"'", "true"},
        Case{"strings.quote(1)", "error"}, Case{"'a'.quote()", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Base64, Language,
    testing::Values(Case{"base64.encode(b'')", R"("")"}, Case{"base64.encode(b'f')", R"("Zg==")"},
                    Case{"base64.encode(b'fo')", R"("Zm8=")"}, Case{"base64.encode(b'foo')", R"("Zm9v")"},
                    Case{"base64.encode(b'\\xfb\\xff')", R"("+/8=")"}, Case{"base64.encode('foo')", "error"},
                    Case{"base64.decode('Zg==')", R"(b"f")"}, Case{"base64.decode('Zg')", R"(b"f")"},
                    Case{"base64.decode('Zm8')", R"(b"fo")"}, Case{"base64.decode('')", R"(b"")"},
                    Case{"base64.decode('Z')", "error"}, Case{"base64.decode('Zg=')", "error"},
                    Case{"base64.decode('Zm9v=')", "error"}, Case{"base64.decode('Z===')", "error"},
                    Case{"base64.decode('Zm 9')", "error"}, Case{"base64.decode('-_8')", "error"},
                    Case{"base64.decode(b'Zg')", "error"},
                    Case{"base64.decode(base64.encode(b'\\x00\\xff')) == b'\\x00\\xff'", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Format, Language,
    testing::Values(
        Case{"''.format([])", R"("")"}, Case{"'%%'.format([])", R"("%")"}, Case{"'%s %s'.format(['a', 1])", R"("a 1")"},
        Case{"'%s'.format([[1, 'a', 1.5, true, null, b'b', [2u], {}]])", R"("[1, a, 1.5, true, null, b, [2], {}]")"},
        Case{"'%s'.format([{'b': 1, 'a': [2], 3: {'c': null}, true: 4u}])",
             R"("{3: {c: null}, a: [2], b: 1, true: 4}")"},
        Case{"'%s'.format([timestamp(0)]) + '%s'.format([duration('90s')])", R"("1970-01-01T00:00:00Z90s")"},
        Case{"'%s %s'.format([int, type('')])", R"("int string")"}, Case{"'%s'.format([b'\\xffa'])", R"("�a")"},
        Case{"'%s'.format([1e21])", R"("1000000000000000000000")"}, Case{"'%s'.format([1.5e-7])", R"("0.00000015")"},
        Case{"'%s %s'.format([0.0 / 0.0, -1.0 / 0.0])", R"("NaN -Infinity")"},
        Case{"'%s'.format([ip('::1')]) + '%s'.format([cidr('10.0.0.0/8')])", R"("::110.0.0.0/8")"},
        Case{"'%d %d %d'.format([-1, 2u, 2.5])", R"("-1 2 2.5")"},
        Case{"'%d'.format([-9223372036854775808])", R"("-9223372036854775808")"}, Case{"'%d'.format(['1'])", "error"},
        Case{"'%d'.format([true])", "error"}, Case{"'%d'.format([timestamp(0)])", "error"},
        Case{"'%f %f %f'.format([1.5, 1, 2u])", R"("1.500000 1.000000 2.000000")"},
        Case{"'%.0f %.1f %.2f'.format([0.5, 0.25, -1.005])", R"("0 0.2 -1.00")"},
        Case{"'%.10f'.format([1.0 / 3.0])", R"("0.3333333333")"},
        Case{"'%f'.format([1e15])", R"("1000000000000000.000000")"},
        Case{"'%f %e'.format([1.0 / 0.0, 0.0 / 0.0])", R"("Infinity NaN")"}, Case{"'%f'.format(['Infinity'])", "error"},
        Case{"'%f'.format([null])", "error"},
        Case{"'%e %.2e %.0e'.format([12345.678, -0.00012, 5])", R"("1.234568e+04 -1.20e-04 5e+00")"},
        Case{"'%e'.format([1e100])", R"("1.000000e+100")"}, Case{"'%e'.format(['a'])", "error"},
        Case{"'%x %X %x'.format([255, 255u, -255])", R"("ff FF -ff")"},
        Case{"'%x %X'.format(['é', b'\\xab'])", R"("c3a9 AB")"},
        Case{"'%x'.format([-9223372036854775808])", R"("-8000000000000000")"}, Case{"'%x'.format([1.0])", "error"},
        Case{"'%x'.format([true])", "error"}, Case{"'%o %o'.format([8, -8])", R"("10 -10")"},
        Case{"'%o'.format(['8'])", "error"}, Case{"'%o'.format([1.0])", "error"},
        Case{"'%b %b %b %b'.format([5, -5, 5u, false])", R"("101 -101 101 0")"}, Case{"'%b'.format([1.0])", "error"},
        Case{"'%b'.format([b'a'])", "error"}, Case{"'%'.format([])", "error"}, Case{"'a%'.format([1])", "error"},
        Case{"'%z'.format([1])", "error"}, Case{"'%.f'.format([1.0])", "error"}, Case{"'%.2'.format([1.0])", "error"},
        Case{"'%-5s'.format(['a'])", "error"}, Case{"'%5d'.format([1])", "error"},
        Case{"'%.99999f'.format([1.0])", "error"}, Case{"'%s'.format([])", "error"},
        Case{"'%s %s'.format([1])", "error"}, Case{"'%s'.format([1, 2])", "error"}, Case{"'%s'.format('a')", "error"},
        Case{"'%s'.format(1)", "error"}, Case{"1.format([])", "error"}, Case{"'%s'.format([1 / 0])", "error"},
        Case{"'100%% of %s%%'.format([x])", R"("100% of 5%")"}, Case{"'é%sé'.format(['😀'])", R"("é😀é")"}));

}  // namespace
}  // namespace tocsin::cel
