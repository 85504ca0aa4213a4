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
  Arena arena;
  for (const std::string& hostile : {nested, doubled, shared}) {
    const auto program = compile(hostile, alert.environment);
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
