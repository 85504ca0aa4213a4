// The public conformance suite of the language, as far as it needs no protobuf messages.

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <gtest/gtest.h>

#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "rules/cel/program.h"
#include "rules/cel/tree_walk.h"
#include "tests/places.h"
#include "tests/rules/cel/conformance_case.h"
#include "tests/rules/cel/same_value.h"

namespace tocsin::cel {
namespace {

/// TOCSIN_CEL_CASES, or the file beside the source tree; "" when there is none.
std::string cases_file() {
  if (const char* file = std::getenv("TOCSIN_CEL_CASES"); file != nullptr) return file;
  const std::filesystem::path file = shared_dir() / "conformance" / "cel" / "cases.jsonl";
  return std::filesystem::exists(file) ? file.string() : std::string();
}

bool is_raw(const std::string& expression) { return expression.find_first_of("rR") < expression.find_first_of("'\""); }

Environment environment_of(const ConformanceCase& test, std::vector<Value>& slots) {
  Environment environment(Checking::dynamic);
  environment.set_container(test.container);
  environment.set_open_messages(true);
  environment.set_macros(!test.disable_macros);
  for (const auto& [name, value] : test.bindings) {
    environment.declare(name, Type());
    slots.push_back(value);
  }
  for (const std::string& name : test.declared) {
    if (environment.slot_of(name)) continue;
    environment.declare(name, Type());
    slots.push_back(Value::error(Fault::unknown_name, "declared without a value"));
  }
  return environment;
}

/// True also when the case file's conversion left escapes of its source format in the expected text (`\u0100` for Ā,
/// `\?` for a question mark): the language is clear about what the expression means.
bool as_expected(const Value& result, const Value& expected, Arena& arena) {
  return identical(result, expected) || identical(result, decode_leftover_escapes(expected, arena));
}

void expect(const ConformanceCase& test, const Value& result, const char* how) {
  Arena scratch;
  if (test.value) {
    EXPECT_TRUE(as_expected(result, *test.value, scratch))
        << test.name << " (" << how << "): " << test.expression << "\n  gave     " << to_text(result) << "\n  expected "
        << to_text(*test.value);
  } else {
    EXPECT_TRUE(result.is_error()) << test.name << " (" << how << "): " << test.expression << "\n  gave     "
                                   << to_text(result) << "\n  expected an error";
  }
}

TEST(CelConformance, EveryCaseOfThePublicSuiteHolds) {
  const std::string file = cases_file();
  if (file.empty()) GTEST_SKIP() << "no conformance cases: set TOCSIN_CEL_CASES to a file of them";
  Arena kept;
  const std::vector<ConformanceCase> cases = read_cases(file, kept);
  EXPECT_FALSE(cases.empty()) << file;
  for (const ConformanceCase& test : cases) {
    std::vector<Value> slots;
    const Environment environment = environment_of(test, slots);
    Problems problems;
    std::optional<Ast> ast = parse(test.expression, problems, environment.macros());
    if (!ast) {
      EXPECT_FALSE(test.value) << test.name << ": " << test.expression << "\n  is refused: " << problems[0].message;
      continue;
    }
    const Checked checked = check(std::move(*ast), environment, problems);
    Arena arena;
    expect(test, walk(checked, {slots}, arena), "walked");
    const auto program = compile(test.expression, environment);
    ASSERT_TRUE(program) << test.name;
    expect(test, program->evaluate({slots}, arena), "compiled");
  }
  std::cout << cases.size() << " cases of " << file << "\n";
  for (const ConformanceCase& test : cases) {
    if (test.value && !identical(*test.value, decode_leftover_escapes(*test.value, kept)) &&
        test.expression.find("\\\\") == std::string::npos && !is_raw(test.expression)) {
      std::cout << "  its expected text has escapes left in it, read decoded: " << test.name << "\n";
    }
  }
}

}  // namespace
}  // namespace tocsin::cel
