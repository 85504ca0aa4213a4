// What expressions over an alert give, walked and compiled.

#include <string>

#include <gtest/gtest.h>

#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "rules/cel/program.h"
#include "rules/cel/tree_walk.h"
#include "tests/rules/cel/alert_environment.h"

namespace tocsin::cel {
namespace {

struct Case {
  std::string expression;
  std::string gives;
};

class Evaluation : public testing::TestWithParam<Case> {};

TEST_P(Evaluation, GivesWhatTheLanguageSays) {
  const AlertEnvironment alert;
  const auto program = compile(GetParam().expression, alert.environment);
  ASSERT_TRUE(program) << program.error()[0].message;
  Arena arena;
  EXPECT_EQ(to_text(program->evaluate({alert.slots}, arena)), GetParam().gives) << GetParam().expression;
  Problems problems;
  const Checked checked = check(*parse(GetParam().expression, problems), alert.environment, problems);
  EXPECT_EQ(to_text(walk(checked, {alert.slots}, arena)), GetParam().gives) << GetParam().expression << " (walked)";
}

INSTANTIATE_TEST_SUITE_P(
    OverAnAlert, Evaluation,
    testing::Values(
        Case{R"(labels.severity == "critical" && name.startsWith("Kube"))", "true"},
        Case{R"(labels.severity != "critical" || name == "X")", "false"}, Case{R"(labels.nothing)", R"("")"},
        Case{R"(labels.nothing == "")", "true"}, Case{R"(labels["team"])", R"("core")"},
        Case{R"(labels["nothing"] + "x")", R"("x")"}, Case{R"(has(labels.team))", "true"},
        Case{R"(has(labels.nothing))", "false"}, Case{R"("team" in labels)", "true"},
        Case{R"("nothing" in labels)", "false"}, Case{R"(labels.exists(k, k.startsWith("sev")))", "true"},
        Case{R"(labels.exists(k, v, v == "prod"))", "true"}, Case{"size(labels)", "4"},
        Case{R"(labels.instance.split(":")[0])", R"("n1")"}, Case{R"(labels.nothing.split(":")[0])", R"("")"},
        Case{"annotations.summary.matches('disk (full|slow)')", "true"},
        Case{R"(name.matches("^Kube") && !name.matches("Node"))", "true"},
        Case{R"(labels.env in ["prod", "staging"])", "true"}, Case{R"(labels.env in ["dev"])", "false"},
        Case{"tier in [1, 2, 3]", "true"}, Case{"tier == 2.0", "true"}, Case{"tier < 3 && tier >= 2", "true"},
        Case{"3 > tier", "true"}, Case{"2 < tier", "false"}, Case{"severity >= error", "true"},
        Case{"severity == critical", "false"}, Case{"critical > severity", "true"},
        Case{"severity in [info, error]", "true"}, Case{"string(severity)", R"("error")"},
        Case{R"(incident.priority in ["P1", "P2"] && !incident.acked)", "true"}, Case{"incident.alerts + 1", "4"},
        Case{"has(incident.priority)", "true"}, Case{"svc[service].owner", R"("shop")"},
        Case{R"(svc["nobody"].owner)", "error: no such key"}, Case{R"(int(coalesce(svc[service].tier, "3")))", "1"},
        Case{R"(int(coalesce(svc["nobody"].tier, "3")))", "3"}, Case{R"(int(coalesce(svc["odd"].tier, "3")))", "3"},
        Case{R"(coalesce(labels.a, labels.b, labels.team, "x"))", R"("core")"}, Case{"coalesce(null, 5)", "5"},
        Case{R"(coalesce(labels.a, ""))", R"("")"}, Case{"coalesce(tier / 0, tier)", "2"},
        Case{"service in svc", "true"}, Case{R"(svc.exists(k, svc[k].owner == "money"))", "true"},
        Case{"tier == 2 ? name : service", R"("KubePodCrash")"}, Case{"starts_at.getHours()", "22"},
        Case{R"(starts_at.getHours("Europe/Amsterdam"))", "23"},
        Case{R"(starts_at.getHours(labels.nothing + "+01:00"))", "23"},
        Case{R"(starts_at - timestamp("2023-11-14T22:00:00Z") > duration("13m"))", "true"},
        Case{R"(tags.map(t, t + "!"))", R"(["a!", "b!", "c!"])"}, Case{R"(tags.filter(t, t != "b"))", R"(["a", "c"])"},
        Case{R"(tags.transformMap(i, t, i > 0, t + t))", R"({1: "bb", 2: "cc"})"},
        Case{R"(tags.join(",") + name)", R"("a,b,cKubePodCrash")"}, Case{R"(cel.bind(t, tier + 1, t * t))", "9"},
        Case{R"(cidr("10.0.0.0/8").containsIP(coalesce(labels.ip, "10.1.2.3")))", "true"}, Case{"anything + 1", "8"},
        Case{R"(anything == "x")", "false"}, Case{"resolved", "false"}, Case{"!resolved", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Absorption, Evaluation,
    testing::Values(
        Case{"tier / 0 == 1 || true", "true"}, Case{"true || tier / 0 == 1", "true"},
        Case{"tier / 0 == 1 && false", "false"}, Case{"tier / 0 == 1 || false", "error: division by zero"},
        Case{"tier / 0 == 1 && true", "error: division by zero"},
        Case{"tier / 0 == 1 || resolved || !resolved", "true"}, Case{"!(tier / 0 == 1)", "error: division by zero"},
        Case{"[1, 0].exists(x, tier / x == 2)", "true"}, Case{"[0, 1].exists(x, tier / x == 2)", "true"},
        Case{"[0, 1].exists(x, tier / x == 3)", "error: division by zero"},
        Case{"[0, 1].all(x, tier / x == 3)", "false"}, Case{"[0, 1].all(x, tier / x == 2)", "error: division by zero"},
        Case{"[0, 1].exists_one(x, tier / x == 2)", "error: division by zero"},
        Case{"tier / 0 == 1 ? 1 : 2", "error: division by zero"}, Case{"anything || true", "true"},
        Case{"anything || false", "error: no such overload"}, Case{"[tier, tier / 0]", "error: division by zero"},
        Case{"9223372036854775807 + tier", "error: integer overflow"},
        Case{"uint(tier) - 3u", "error: integer overflow"}, Case{"tags[3]", "error: index out of range"},
        Case{R"({name: 1, "KubePodCrash": 2})", "error: a map has the same key twice"}));

INSTANTIATE_TEST_SUITE_P(
    Extensions, Evaluation,
    testing::Values(
        Case{"'abc'.replace('', '_')", R"("_a_b_c_")"}, Case{"'abc'.replace('', '_', 2)", R"("_a_bc")"},
        Case{"''.replace('', '_')", R"("_")"}, Case{"'aXbX'.replace('X', '', 1)", R"("abX")"},
        Case{"'abc'.split('')", R"(["a", "b", "c"])"}, Case{"'abc'.split('', 2)", R"(["a", "bc"])"},
        Case{"''.split(',')", R"([""])"}, Case{"''.split('')", "[]"}, Case{"'a,b,c'.split(',', 2)", R"(["a", "b,c"])"},
        Case{"'abc'.indexOf('')", "0"}, Case{"'abc'.indexOf('', 2)", "2"}, Case{"'abc'.lastIndexOf('')", "3"},
        Case{"'abc'.charAt(3)", R"("")"}, Case{"[tier].map(i, 'abc'.charAt(i + 2))", "error: out of range"},
        Case{"'%b %b'.format([true, -5])", R"("1 -101")"}, Case{"'%x %X %o'.format([-255, 255u, 8])", R"("-ff FF 10")"},
        Case{"'%.1e'.format([-3.14])", R"("-3.1e+00")"},
        Case{"'%s'.format([[1.0, true, b'a\\xff\\xffb']])", R"("[1, true, a�b]")"}, Case{"string(1e21)", R"("1e+21")"},
        Case{"string(123456789012.5)", R"("123456789012.5")"}, Case{"string(duration('-1.5s'))", R"("-1.5s")"},
        Case{"duration('1h1m1s1ms1us1ns')", R"(duration("3661.001001001s"))"},
        Case{"timestamp('1969-12-31T23:59:59.5Z')", R"(timestamp("1969-12-31T23:59:59.5Z"))"},
        Case{"timestamp('1970-01-01T01:00:00+01:00')", R"(timestamp("1970-01-01T00:00:00Z"))"},
        Case{"timestamp(0) - duration('1ns')", R"(timestamp("1969-12-31T23:59:59.999999999Z"))"},
        Case{"timestamp('2024-02-29T00:00:00Z').getDayOfYear()", "59"},
        Case{"timestamp(0).getDayOfWeek('-01:00')", "3"}, Case{"math.round(-1.5)", "-2.0"},
        Case{"math.sqrt(49)", "7.0"}, Case{"math.bitXor(5u, 3u)", "6u"},
        Case{"base64.encode(b'ab') + base64.encode(b'')", R"("YWI=")"}, Case{"base64.decode('YQ')", R"(b"a")"},
        Case{"cidr('192.168.1.7/24').masked()", R"(cidr("192.168.1.0/24"))"}, Case{"cidr('::/0').prefixLength()", "0"},
        Case{"string(ip('2001:DB8:0:0:1:0:0:1'))", R"("2001:db8::1:0:0:1")"}, Case{"isIP('1.2.3.04')", "false"},
        Case{"isIP('1::2::3')", "false"}, Case{"isIP('::1.2.3.4')", "true"},
        Case{"ip.isCanonical('2001:DB8::1')", "false"}, Case{"isCIDR('10.0.0.0/08')", "false"},
        Case{"google.protobuf.Int32Value{value: 5} + 1", "6"},
        Case{"{1: 'a', 2: 'b'}.transformMapEntry(k, v, {v: k})", R"({"a": 1, "b": 2})"},
        Case{"cel.block([1, cel.index(0) + 1], cel.index(1) * 5)", "10"}, Case{"1.0 == 1 && 1u == 1.0", "true"},
        Case{"dyn(18446744073709551615u) > 9223372036854775807", "true"},
        Case{"[1, 2] + [3] == [1.0, 2u, 3]", "true"}));

TEST(EvaluationBounds, AHostileExpressionEndsWithAnError) {
  const AlertEnvironment alert;
  const std::string wide = "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]";
  std::string nested = "tier == 99";
  for (const char* variable : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    nested = wide + ".exists(" + variable + ", " + nested + ")";
  }
  std::string doubled = "x30";
  for (int i = 30; i > 0; --i) {
    const std::string before = "x" + std::to_string(i - 1);
    doubled = "cel.bind(x" + std::to_string(i) + ", " + before + " + " + before + ", " + doubled + ")";
  }
  doubled = "cel.bind(x0, name, " + doubled + ")";
  std::string shared = "x40 == dyn(x40)";
  for (int i = 40; i > 0; --i) {
    const std::string before = "x" + std::to_string(i - 1);
    shared = "cel.bind(x" + std::to_string(i) + ", [" + before + ", " + before + "], " + shared + ")";
  }
  shared = "cel.bind(x0, [tier], " + shared + ")";
  Environment unchecked(Checking::dynamic);
  for (const auto& variable : alert.environment.variables()) unchecked.declare(variable.name, variable.type);
  Arena arena;
  for (const std::string& hostile : {nested, doubled, shared}) {
    const auto program = compile(hostile, unchecked);
    ASSERT_TRUE(program) << program.error()[0].message;
    const Value result = program->evaluate({alert.slots}, arena);
    ASSERT_TRUE(result.is_error());
    EXPECT_EQ(result.fault(), Fault::exhausted);
    EXPECT_LE(program->cost(), 4'000'000U);
  }
}

TEST(EvaluationHost, AFunctionOfTheHostIsCalledAndChecked) {
  Environment environment;
  environment.declare("n", Type::Kind::integer);
  environment.declare_function({.name = "hours.twice",
                                .parameters = {Type::Kind::integer},
                                .result = Type::Kind::integer,
                                .call = [](cel::Evaluation&, std::span<const Value> arguments) {
                                  return Value::integer(arguments[0].as_integer() * 2);
                                }});
  const std::vector<Value> slots = {Value::integer(21)};
  Arena arena;
  EXPECT_EQ(to_text(compile("hours.twice(n)", environment)->evaluate({slots}, arena)), "42");
  EXPECT_EQ(compile("hours.twice('x')", environment).error().at(0).code, "type_mismatch");
}

}  // namespace
}  // namespace tocsin::cel
