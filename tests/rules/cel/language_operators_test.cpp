// Equality, order, arithmetic, logic, lists and maps.
#include "tests/rules/cel/language_case.h"

namespace tocsin::cel {
namespace {

using Case = LanguageCase;

INSTANTIATE_TEST_SUITE_P(
    Equality, Language,
    testing::Values(Case{"1 == 1.0 && 1u == 1 && 1.0 == 1u", "true"}, Case{"1 != 1u || 1 != 1.0 || 1u != 1.0", "false"},
                    Case{"[1, 1u, 1.0] == [1.0, 1, 1u]", "true"}, Case{"{1: 'a'} == {1u: 'a'}", "true"},
                    Case{"{'a': 1} == {'a': 1.0}", "true"}, Case{"{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"},
                    Case{"{'a': 1} == {'a': 1, 'b': 2}", "false"}, Case{"{'a': 1} == {'b': 1}", "false"},
                    Case{"[1] == [1, 2]", "false"}, Case{"[1, 2] == [2, 1]", "false"}, Case{"[] == {}", "false"},
                    Case{"'1' == 1", "false"}, Case{"'1' != 1", "true"}, Case{"true == 1", "false"},
                    Case{"null == null", "true"}, Case{"null == 0 || null == '' || null == false", "false"},
                    Case{"null != []", "true"}, Case{"b'a' == 'a'", "false"}, Case{"[null] == [null]", "true"},
                    Case{"0.0 == -0.0", "true"}, Case{"0.0 / 0.0 == 0.0 / 0.0", "false"},
                    Case{"0.0 / 0.0 != 0.0 / 0.0", "true"}, Case{"[0.0 / 0.0] == [0.0 / 0.0]", "false"},
                    Case{"0.0 / 0.0 == 1", "false"}, Case{"1u == -1", "false"},
                    Case{"18446744073709551615u == -1", "false"},
                    Case{"9007199254740993 == 9007199254740993.0", "true"},
                    Case{"9223372036854775807 == 9223372036854775808u", "false"}, Case{"type(1) == int", "true"},
                    Case{"type(1) == type(1u)", "false"}, Case{"type(int) == type", "true"},
                    Case{"type(null) == null_type", "true"}, Case{"type([]) == list && type({}) == map", "true"},
                    Case{"type(1.0) == double && type(1u) == uint", "true"},
                    Case{"type('') == string && type(b'') == bytes && type(true) == bool", "true"},
                    Case{"type(timestamp(0)) == google.protobuf.Timestamp", "true"},
                    Case{"type(duration('0')) == google.protobuf.Duration", "true"}, Case{"type(x)", "int"},
                    Case{"type(dyn(x))", "int"}, Case{"type(type(x))", "type"}, Case{"dyn([1, 'a'])", R"([1, "a"])"},
                    Case{"x / 0 == 1", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Order, Language,
    testing::Values(
        Case{"1 < 2 && 1 <= 1 && 2 > 1 && 1 >= 1", "true"}, Case{"1 < 1 || 1 > 1", "false"}, Case{"-1 < 0u", "true"},
        Case{"0u > -9223372036854775808", "true"}, Case{"1 < 1.5 && 1.5 < 2u", "true"},
        Case{"9223372036854775807 < 9223372036854775808u", "true"}, Case{"1e300 > 18446744073709551615u", "true"},
        Case{"-1e300 < -9223372036854775808", "true"}, Case{"1.0 / 0.0 > 9223372036854775807", "true"},
        Case{"0.0 / 0.0 < 1", "false"}, Case{"0.0 / 0.0 >= 1u", "false"}, Case{"1 <= 0.0 / 0.0", "false"},
        Case{"0.0 / 0.0 <= 0.0 / 0.0", "false"}, Case{"false < true && true >= true", "true"}, Case{"'' < 'a'", "true"},
        Case{"'a' < 'aa' && 'aa' < 'b'", "true"}, Case{"'B' < 'a'", "true"}, Case{"'z' < 'é' && 'é' < '😀'", "true"},
        Case{"b'\\xff' > b'\\x7f'", "true"}, Case{"b'a' < b'ab'", "true"}, Case{"timestamp(1) > timestamp(0)", "true"},
        Case{"timestamp('2024-01-01T00:00:00.1Z') > timestamp('2024-01-01T00:00:00Z')", "true"},
        Case{"duration('-1s') < duration('1ns')", "true"}, Case{"duration('1m') >= duration('60s')", "true"},
        Case{"1 < '1'", "error"}, Case{"true < 1", "error"}, Case{"'a' < b'a'", "error"}, Case{"null < null", "error"},
        Case{"[1] < [2]", "error"}, Case{"{} < {}", "error"}, Case{"int < int", "error"},
        Case{"timestamp(0) < duration('1s')", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Arithmetic, Language,
    testing::Values(Case{"7 / 2", "3"}, Case{"-7 / 2", "-3"}, Case{"7 / -2", "-3"}, Case{"-7 % 3", "-1"},
                    Case{"7 % -3", "1"}, Case{"1 / 0", "error"}, Case{"1 % 0", "error"}, Case{"1u / 0u", "error"},
                    Case{"1u % 0u", "error"}, Case{"1.0 / 0.0", "Infinity"}, Case{"-1.0 / 0.0", "-Infinity"},
                    Case{"0.0 / 0.0", "NaN"}, Case{"1.5 % 1.0", "error"}, Case{"9223372036854775807 + 1", "error"},
                    Case{"-9223372036854775808 - 1", "error"}, Case{"9223372036854775807 - -1", "error"},
                    Case{"4611686018427387904 * 2", "error"}, Case{"-4611686018427387904 * 2", "-9223372036854775808"},
                    Case{"-9223372036854775808 * -1", "error"}, Case{"-9223372036854775808 / -1", "error"},
                    Case{"-9223372036854775808 % -1", "error"}, Case{"18446744073709551615u + 1u", "error"},
                    Case{"0u - 1u", "error"}, Case{"9223372036854775808u * 2u", "error"},
                    Case{"18446744073709551615u - 18446744073709551615u", "0u"}, Case{"1e308 * 10.0", "Infinity"},
                    Case{"-1e308 * 10.0", "-Infinity"}, Case{"5e-324 / 2.0", "0.0"}, Case{"1 + 1u", "error"},
                    Case{"1 + 1.0", "error"}, Case{"1u * 1.0", "error"}, Case{"'a' + 1", "error"},
                    Case{"'a' + b'a'", "error"}, Case{"'a' - 'a'", "error"}, Case{"'a' * 2", "error"},
                    Case{"true + true", "error"}, Case{"null + null", "error"}, Case{"{} + {}", "error"},
                    Case{"[1] + 1", "error"}, Case{"[1] - [1]", "error"}, Case{"-true", "error"}, Case{"-'a'", "error"},
                    Case{"-1u", "error"}, Case{"-(1.5)", "-1.5"}, Case{"!1", "error"}, Case{"!null", "error"},
                    Case{"text + 'é' + '😀'", R"("abcé😀")"}, Case{"[1] + ['a'] + []", R"([1, "a"])"},
                    Case{"b'a' + b'b'", R"(b"ab")"}));

INSTANTIATE_TEST_SUITE_P(
    Logic, Language,
    testing::Values(Case{"true && true", "true"}, Case{"true && false", "false"}, Case{"false || false", "false"},
                    Case{"1 / 0 == 1 || true", "true"}, Case{"true || 1 / 0 == 1", "true"},
                    Case{"1 / 0 == 1 && false", "false"}, Case{"false && 1 / 0 == 1", "false"},
                    Case{"1 / 0 == 1 || false", "error"}, Case{"false || 1 / 0 == 1", "error"},
                    Case{"1 / 0 == 1 && true", "error"}, Case{"true && 1 / 0 == 1", "error"}, Case{"1 || true", "true"},
                    Case{"true || 'a'", "true"}, Case{"'a' && false", "false"}, Case{"false && null", "false"},
                    Case{"1 || false", "error"}, Case{"1 && 2", "error"}, Case{"'a' || 'b'", "error"},
                    Case{"null && true", "error"}, Case{"1 / 0 == 1 || [][0] || true", "true"},
                    Case{"[][0] && {}['a'] && false", "false"}, Case{"[][0] && 'a' && true", "error"},
                    Case{"true ? x : 1 / 0", "5"}, Case{"false ? 1 / 0 : x", "5"}, Case{"1 / 0 == 1 ? 1 : 2", "error"},
                    Case{"1 ? 1 : 2", "error"}, Case{"null ? 1 : 2", "error"}, Case{"'true' ? 1 : 2", "error"},
                    Case{"true ? 'a' : 1", R"("a")"}, Case{"(true ? [] : {}) == []", "true"}));

INSTANTIATE_TEST_SUITE_P(
    ListsAndMaps, Language,
    testing::Values(
        Case{"items[0] + items[2]", "5"}, Case{"items[3]", "error"}, Case{"items[-1]", "error"}, Case{"items[1u]", "1"},
        Case{"items[2.0]", "2"}, Case{"items[0.5]", "error"}, Case{"items[0.0 / 0.0]", "error"},
        Case{"items['0']", "error"}, Case{"items[true]", "error"}, Case{"items[null]", "error"}, Case{"[][0]", "error"},
        Case{"items[18446744073709551615u]", "error"}, Case{"1.0 in items && 1u in items", "true"},
        Case{"1.5 in items", "false"}, Case{"'1' in items", "false"}, Case{"null in [null]", "true"},
        Case{"[1] in [[1.0]]", "true"}, Case{"{} in [[], {}]", "true"}, Case{"1 in []", "false"},
        Case{"1 in 1", "error"}, Case{"'a' in 'abc'", "error"}, Case{"1 in null", "error"},
        Case{"1 / 0 in []", "error"}, Case{"{'a': 1}['a']", "1"}, Case{"{'a': 1}.a", "1"},
        Case{"{'a': 1}['b']", "error"}, Case{"{'a': 1}.b", "error"},
        Case{"{1: 'a', 2u: 'b'}[1u] + {1: 'a', 2u: 'b'}[2]", R"("ab")"}, Case{"{1: 'a'}[1.0]", R"("a")"},
        Case{"{1: 'a'}[1.5]", "error"}, Case{"{1: 'a'}['1']", "error"}, Case{"{true: 'a'}[true]", R"("a")"},
        Case{"{true: 'a'}[1]", "error"}, Case{"{1: 'a'}[null]", "error"}, Case{"{1: 'a'}[b'a']", "error"},
        Case{"{18446744073709551615u: 1}[-1]", "error"}, Case{"{-1: 1}[18446744073709551615u]", "error"},
        Case{"1.0 in {1: 2} && 1u in {1: 2} && !(2 in {1: 2})", "true"}, Case{"1.5 in {1: 2}", "false"},
        Case{"'a' in {'a': null}", "true"}, Case{"null in {}", "false"}, Case{"{'a': 1, 'a': 2}", "error"},
        Case{"{1: 1, 1u: 2}", "error"}, Case{"{1: 1, 1u: 2}[1] == 1 || true", "true"}, Case{"{1.5: 1}", "error"},
        Case{"{null: 1}", "error"}, Case{"{[]: 1}", "error"}, Case{"{b'a': 1}", "error"}, Case{"{'a': 1 / 0}", "error"},
        Case{"{1 / 0: 1}", "error"}, Case{"[1 / 0]", "error"},
        Case{"{1: 'n', 'a': 't', true: 'b', 2u: 'u'}.size()", "4"}, Case{"size({})", "0"}, Case{"[].size()", "0"},
        Case{"size(1)", "error"}, Case{"size(null)", "error"}, Case{"null.size()", "error"},
        Case{"has({'a': 1}.a)", "true"}, Case{"has({'a': null}.a)", "true"}, Case{"has({'a': 1}.b)", "false"},
        Case{"has({'a': {'b': 1}}.a.b)", "true"}, Case{"has({'a': {}}.a.b)", "false"}, Case{"has({}.a.b)", "error"},
        Case{"has(1.a)", "error"}, Case{"has([].a)", "error"}, Case{"has({}['a'])", "error"}, Case{"has(x)", "error"},
        Case{"has()", "error"}, Case{"{'a': 1}.a.b", "error"}, Case{"1.a", "error"}));

}  // namespace
}  // namespace tocsin::cel
