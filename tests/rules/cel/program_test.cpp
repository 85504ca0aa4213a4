// What a program tells of itself: what it reads, its conjuncts, constants, cost.

#include "rules/cel/program.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rules/cel/alert_environment.h"

namespace tocsin::cel {
namespace {

using Form = Conjunct::Form;

std::string text_of(const Read& read, const Environment& environment) {
  return environment.variables()[read.slot].name + (read.key ? "." + *read.key : "");
}

/// "labels.env one_of "a" "b"", with a leading ! when negated.
std::string text_of(const Conjunct& conjunct, const Environment& environment) {
  if (conjunct.form == Form::other) return "other";
  static constexpr const char* kForms[] = {"equals", "one_of", "starts_with", "matches"};
  std::string text = (conjunct.negated ? "!" : "") + text_of(conjunct.read, environment) + " " +
                     kForms[static_cast<int>(conjunct.form)];
  for (const Value& constant : conjunct.constants) text += " " + to_text(constant);
  return text;
}

TEST(Program, ShowsItsTopLevelConjunctsForAnIndex) {
  const AlertEnvironment alert;
  const auto forms = [&](const std::string& expression) {
    const auto program = compile(expression, alert.environment);
    EXPECT_TRUE(program) << expression;
    std::vector<std::string> texts;
    for (const Conjunct& conjunct : program->conjuncts()) texts.push_back(text_of(conjunct, alert.environment));
    return texts;
  };
  using testing::ElementsAre;
  EXPECT_THAT(forms(R"(labels.severity == "critical" && name.startsWith("Kube") && tier > 1)"),
              ElementsAre(R"(labels.severity equals "critical")", R"(name starts_with "Kube")", "other"));
  EXPECT_THAT(forms(R"("x" == name)"), ElementsAre(R"(name equals "x")"));
  EXPECT_THAT(forms(R"(labels["env"] in ["a", "b"])"), ElementsAre(R"(labels.env one_of "a" "b")"));
  EXPECT_THAT(forms(R"(name == "a" || name in ["b"] || "c" == name)"), ElementsAre(R"(name one_of "a" "b" "c")"));
  EXPECT_THAT(forms(R"(name == "a" || service == "b")"), ElementsAre("other"));
  EXPECT_THAT(forms(R"(name.matches("^a.*z$") && service != "x")"),
              ElementsAre(R"(name matches "^a.*z$")", R"(!service equals "x")"));
  EXPECT_THAT(forms(R"(!resolved && !(name == "a"))"), ElementsAre("!resolved equals true", R"(!name equals "a")"));
  EXPECT_THAT(forms(R"(severity == critical && severity in [info, error])"),
              ElementsAre("severity equals critical", "severity one_of info error"));
  EXPECT_THAT(forms(R"(incident.priority == "P" + "1")"), ElementsAre(R"(incident.priority equals "P1")"));
  EXPECT_THAT(forms(R"(tier == 1 && (name == "a" && service == "b"))"),
              ElementsAre("tier equals 1", R"(name equals "a")", R"(service equals "b")"));
  EXPECT_THAT(forms(R"(svc[service].tier == "1")"), ElementsAre("other"));
  EXPECT_THAT(forms("true"), ElementsAre("other"));
}

TEST(Program, EvaluatesEachConjunctAlone) {
  const AlertEnvironment alert;
  const auto program =
      compile(R"(name == "x" && tier == 2 && tier / 0 == 1 && labels.env == "prod")", alert.environment);
  ASSERT_TRUE(program);
  Arena arena;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < program->conjuncts().size(); ++i) {
    values.push_back(to_text(program->evaluate_conjunct(i, {alert.slots}, arena)));
  }
  EXPECT_THAT(values, testing::ElementsAre("false", "true", "error: division by zero", "true"));
  EXPECT_FALSE(program->holds({alert.slots}, arena));
  EXPECT_EQ(program->text().substr(program->conjuncts()[1].offset, program->conjuncts()[1].length), "tier == 2");
}

TEST(Program, TellsWhatItReads) {
  const AlertEnvironment alert;
  const auto reads = [&](const std::string& expression) {
    const auto program = compile(expression, alert.environment);
    EXPECT_TRUE(program) << expression;
    std::vector<std::string> texts;
    for (const Read& read : program->reads()) texts.push_back(text_of(read, alert.environment));
    return texts;
  };
  using testing::ElementsAre;
  EXPECT_THAT(reads(R"(labels.b == name && labels["a"] == "" && labels.b != "")"),
              ElementsAre("name", "labels.a", "labels.b"));
  EXPECT_THAT(reads("has(labels.x) && incident.acked"), ElementsAre("labels.x", "incident.acked"));
  EXPECT_THAT(reads("labels[name] == service"), ElementsAre("name", "service", "labels"));
  EXPECT_THAT(reads("labels.exists(k, k == 'a')"), ElementsAre("labels"));
  EXPECT_THAT(reads("false && name == 'x'"), ElementsAre()) << "a constant reads nothing";
  EXPECT_THAT(reads("svc[service].tier"), ElementsAre("service", "svc"));
}

TEST(Program, FoldsConstants) {
  const AlertEnvironment alert;
  const auto constant = [&](const std::string& expression) {
    const Program program = *compile(expression, alert.environment);
    const auto value = program.constant();
    return value ? to_text(*value) : std::string("none");
  };
  EXPECT_EQ(constant("1 + 2 * 3"), "7");
  EXPECT_EQ(constant("[1, 2].map(x, x * 2)"), "[2, 4]");
  EXPECT_EQ(constant("'a,b'.split(',')[1] + 'c'"), R"("bc")");
  EXPECT_EQ(constant("duration('1h') + duration('30m')"), R"(duration("5400s"))");
  EXPECT_EQ(constant("cel.bind(x, 3, x * x)"), "9");
  EXPECT_EQ(constant("critical > error"), "true");
  EXPECT_EQ(constant("string(ip('::1'))"), R"("::1")");
  EXPECT_EQ(constant("tier == 1 || true"), "true");
  EXPECT_EQ(constant("1 < 2 ? 'a' : name"), R"("a")");
  EXPECT_EQ(constant("tier + 1"), "none");
}

TEST(Program, CostsMoreTheMoreItMayDo) {
  const AlertEnvironment alert;
  const auto cost = [&](const std::string& expression) { return compile(expression, alert.environment)->cost(); };
  EXPECT_LT(cost("tier == 1"), 5U);
  EXPECT_LT(cost("tier == 1"), cost(R"(tier == 1 && name == "x")"));
  EXPECT_LT(cost(R"(name == "x")"), cost(R"(name.matches("x"))"));
  EXPECT_LT(cost(R"(name.matches("x"))"), cost("name.matches(service)"));
  EXPECT_LT(cost("tags.exists(t, t == name)") * 20, cost("tags.exists(t, tags.exists(u, t == u))"));
}

TEST(Program, OutlivesItsEnvironment) {
  std::optional<Program> program;
  {
    Environment environment;
    const auto severity = environment.declare_enum("severity", {"low", "high"});
    environment.declare("name", Type::Kind::string);
    program = *compile(R"(name in ["a", "b"] && high > low ? string(high) : name)", environment);
  }
  const std::vector<Value> slots = {Value::string("b")};
  Arena arena;
  EXPECT_EQ(to_text(program->evaluate({slots}, arena)), R"("high")");
}

}  // namespace
}  // namespace tocsin::cel
