// What is refused at load, where, and what is suggested.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/cel/program.h"
#include "tests/rules/cel/alert_environment.h"

namespace tocsin::cel {
namespace {

struct Refused {
  std::string expression;
  std::string code;
  std::string place;  // the text that is underlined
  std::string suggestion = {};
};

class CheckerRefuses : public testing::TestWithParam<Refused> {};

TEST_P(CheckerRefuses, WithPlaceAndSuggestion) {
  const AlertEnvironment alert;
  const auto program = compile(GetParam().expression, alert.environment);
  ASSERT_FALSE(program) << GetParam().expression;
  ASSERT_EQ(program.error().size(), 1U) << GetParam().expression << ": " << program.error()[1].message;
  const Problem& problem = program.error()[0];
  EXPECT_EQ(problem.code, GetParam().code) << problem.message;
  EXPECT_EQ(GetParam().expression.substr(problem.offset, problem.length), GetParam().place) << problem.message;
  EXPECT_EQ(problem.suggestion, GetParam().suggestion) << problem.message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, CheckerRefuses,
    testing::Values(
        Refused{R"(servce == "x")", "unknown_name", "servce", "did you mean `service`?"},
        Refused{R"(nam == "x" && tier == 1)", "unknown_name", "nam", "did you mean `name`?"},
        Refused{"zzzzzz", "unknown_name", "zzzzzz"},
        Refused{"severity >= critcal", "unknown_name", "critcal", "did you mean `critical`?"},
        Refused{R"(severity == "critical")", "type_mismatch", R"(severity == "critical")",
                "did you mean `critical`, without quotes?"},
        Refused{R"(severity == "critcal")", "type_mismatch", R"(severity == "critcal")", "did you mean `critical`?"},
        Refused{R"(severity in ["critical"])", "type_mismatch", R"(severity in ["critical"])",
                "did you mean `critical`, without quotes?"},
        Refused{"labels.severity == critical", "type_mismatch", "labels.severity == critical",
                "did you mean `\"critical\"`?"},
        Refused{"severity == 3", "type_mismatch", "severity == 3"},
        Refused{R"(tier == "1")", "type_mismatch", R"(tier == "1")", "did you mean `1`, without quotes?"},
        Refused{R"(tier < "1")", "type_mismatch", R"(tier < "1")", "did you mean `1`, without quotes?"},
        Refused{R"(tier in ["1", "2"])", "type_mismatch", R"(tier in ["1", "2"])", "did you mean `1`, without quotes?"},
        Refused{"severity >= crit", "unknown_name", "crit", "did you mean `critical`?"},
        Refused{R"(severity == "crit")", "type_mismatch", R"(severity == "crit")", "did you mean `critical`?"},
        Refused{R"(severity in ["WARN"])", "type_mismatch", R"(severity in ["WARN"])", "did you mean `warning`?"},
        Refused{R"(!name == "a")", "type_mismatch", R"(!name == "a")", R"(did you mean `name != "a"`?)"},
        Refused{R"(resolved || !labels.x != "a")", "type_mismatch", R"(!labels.x != "a")",
                R"(did you mean `labels.x == "a"`?)"},
        Refused{"!severity >= critical", "type_mismatch", "!severity >= critical",
                "did you mean `severity < critical`?"},
        Refused{"!tier > 3", "type_mismatch", "!tier > 3", "did you mean `tier <= 3`?"},
        Refused{R"(!name in ["a", "b"])", "type_mismatch", R"(!name in ["a", "b"])",
                R"(did you mean `!(name in ["a", "b"])`?)"},
        Refused{R"(!(name + "a") == "b")", "type_mismatch", R"(!(name + "a") == "b")", "did you mean `!=`?"},
        Refused{R"(!resolved == "a")", "type_mismatch", R"(!resolved == "a")"},
        Refused{R"(tier + "1" == "21")", "type_mismatch", R"(tier + "1")", "did you mean `1`, without quotes?"},
        Refused{"incident.prioritty", "unknown_field", "prioritty", "did you mean `priority`?"},
        Refused{"has(incident.foo)", "unknown_field", "foo", "it has `priority`, `acked`, `alerts`"},
        Refused{"svc[service].teir", "unknown_field", "teir", "did you mean `tier`?"},
        Refused{"svc[1].tier", "type_mismatch", "1"}, Refused{"name.foo", "unknown_field", "foo"},
        Refused{"name.startWith('x')", "unknown_function", "startWith", "did you mean `startsWith`?"},
        Refused{"startsWith(name, 'x')", "unknown_function", "startsWith"},
        Refused{"name.startsWith('x', 'y')", "unknown_function", "startsWith"},
        Refused{"name.startsWith(1)", "type_mismatch", "name.startsWith(1)"},
        Refused{"math.abss(tier)", "unknown_function", "abss", "did you mean `math.abs`?"},
        Refused{"math.abs(name)", "type_mismatch", "math.abs(name)"},
        Refused{"tier && resolved", "type_mismatch", "tier"}, Refused{"!name", "type_mismatch", "name"},
        Refused{"-name", "type_mismatch", "name"}, Refused{"name ? 1 : 2", "type_mismatch", "name"},
        Refused{"resolved ? 1 : 'x'", "type_mismatch", "resolved ? 1 : 'x'"},
        Refused{"tier.exists(x, x == 1)", "type_mismatch", "tier"}, Refused{"tags.all(t, t)", "type_mismatch", "t"},
        Refused{"tags.exists(t, t == 1)", "type_mismatch", "t == 1", "a text becomes a number in `int(…)`"},
        Refused{"tags['x']", "type_mismatch", "'x'"}, Refused{"tier in 5", "type_mismatch", "5"},
        Refused{"tags < tags", "type_mismatch", "tags < tags"}, Refused{"{1.5: 2}", "type_mismatch", "1.5"},
        Refused{"coalesce(labels.x, 3)", "type_mismatch", "3"}, Refused{"Thing{a: 1}", "unknown_name", "Thing"},
        Refused{R"(name.matches("a("))", "bad_pattern", R"("a(")"},
        Refused{R"(extract(name, "a(", 1) == "")", "bad_pattern", R"("a(")"},
        Refused{R"~(extract(name, "(a)", 2) == "")~", "bad_constant", "2"},
        Refused{R"(name.extract("a") == "")", "bad_constant", R"("a")"},
        Refused{R"~(replace(name, "(a)", r"\2") == "")~", "bad_constant", R"(r"\2")"},
        Refused{R"(name.matches("\d"))", "bad_literal", R"(\d)", R"(did you mean `r"\d"`?)"},
        Refused{R"(name.matches("(\\pL{9}){99}"))", "pattern_too_large", R"("(\\pL{9}){99}")"},
        Refused{R"(starts_at.getHours("Europe/Amsterdan"))", "bad_time_zone", R"("Europe/Amsterdan")"},
        Refused{R"(starts_at > timestamp("yesterday"))", "bad_constant", R"(timestamp("yesterday"))"},
        Refused{R"(duration("5 min") < duration("1h"))", "bad_constant", R"(duration("5 min"))"},
        Refused{R"(cidr("10.0.0.0/33").containsIP(labels.ip))", "bad_constant", R"(cidr("10.0.0.0/33"))"},
        Refused{"tier == 1 / 0", "bad_constant", "1 / 0"},
        Refused{"tags.all(a, tags.all(b, tags.all(c, a == b + c)))", "too_costly",
                "tags.all(a, tags.all(b, tags.all(c, a == b + c)))"},
        Refused{"tier == 1 && name.split('').exists(a, tags.all(b, name.split(b).all(c, a < c)))", "too_costly",
                "name.split('').exists(a, tags.all(b, name.split(b).all(c, a < c)))"},
        Refused{"[1].exists(x, y == x)", "unknown_name", "y", ""}));

TEST(Checker, TellsAllMistakesAtOnceInOrderOfPlace) {
  const AlertEnvironment alert;
  const auto program = compile(
      R"(servce == "x" && tier == "1" && name.startWith("a") && incident.foo && name.matches("("))", alert.environment);
  ASSERT_FALSE(program);
  std::vector<std::string> codes;
  for (const Problem& problem : program.error()) codes.push_back(problem.code);
  EXPECT_THAT(
      codes, testing::ElementsAre("unknown_name", "type_mismatch", "unknown_function", "unknown_field", "bad_pattern"));
}

TEST(Checker, TheResultMustFitWhatIsWanted) {
  const AlertEnvironment alert;
  EXPECT_TRUE(compile("tier == 1", alert.environment, Type(Type::Kind::boolean)));
  EXPECT_TRUE(compile("anything", alert.environment, Type(Type::Kind::boolean))) << "dyn fits";
  const auto program = compile("tier + 1", alert.environment, Type(Type::Kind::boolean));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error()[0].code, "type_mismatch");
  EXPECT_EQ(program.error()[0].length, 8U);
}

TEST(Checker, KnowsTheTypeOfTheResult) {
  const AlertEnvironment alert;
  const std::vector<std::pair<std::string, std::string>> cases = {{"tier", "int"},
                                                                  {"labels.x", "string"},
                                                                  {"labels", "map(string, string)"},
                                                                  {"severity", "severity"},
                                                                  {"svc[name]", "service"},
                                                                  {"tags.map(t, size(t))", "list(int)"},
                                                                  {"{1: 'a'}", "map(int, string)"},
                                                                  {"[1, 'a']", "list(dyn)"},
                                                                  {"starts_at - starts_at", "duration"},
                                                                  {"name.split(':')", "list(string)"},
                                                                  {"anything + 1", "dyn"},
                                                                  {"coalesce(labels.a, null)", "string"},
                                                                  {"type(1)", "type"},
                                                                  {"math.greatest(1, 2)", "dyn"},
                                                                  {"ip('::1')", "ip"}};
  for (const auto& [expression, type] : cases) {
    const auto program = compile(expression, alert.environment);
    ASSERT_TRUE(program) << expression << ": " << program.error()[0].message;
    EXPECT_EQ(program->result_type().text(), type) << expression;
  }
}

}  // namespace
}  // namespace tocsin::cel
