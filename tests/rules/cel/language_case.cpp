#include "tests/rules/cel/language_case.h"

#include <array>
#include <vector>

#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "rules/cel/program.h"
#include "rules/cel/tree_walk.h"

namespace tocsin::cel {
namespace {

std::string told(const Value& value) { return value.is_error() ? "error" : to_text(value); }

TEST_P(Language, GivesWhatItSays) {
  const auto& [expression, gives] = GetParam();
  const std::array<Value, 3> items{Value::integer(3), Value::integer(1), Value::integer(2)};
  Environment environment(Checking::dynamic);
  environment.set_container("a.b");
  std::vector<Value> slots;
  const auto declare = [&](const char* name, Value value) {
    environment.declare(name, Type());
    slots.push_back(value);
  };
  declare("x", Value::integer(5));
  declare("text", Value::string("abc"));
  declare("items", Value::list(items));
  declare("a.b.near", Value::string("a.b.near"));
  declare("a.near", Value::string("a.near"));
  declare("near", Value::string("near"));
  declare("a.far", Value::string("a.far"));

  Problems problems;
  std::optional<Ast> ast = parse(expression, problems);
  if (!ast) {
    EXPECT_EQ(gives, "error") << expression << ": " << problems.at(0).message;
    return;
  }
  const Checked checked = check(std::move(*ast), environment, problems);
  Arena arena;
  EXPECT_EQ(told(walk(checked, {slots}, arena)), gives) << expression << " (walked)";
  const auto program = compile(expression, environment);
  ASSERT_TRUE(program) << expression;
  EXPECT_EQ(told(program->evaluate({slots}, arena)), gives) << expression << " (compiled)";
}

}  // namespace
}  // namespace tocsin::cel
