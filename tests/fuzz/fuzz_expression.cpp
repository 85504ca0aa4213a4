// Any bytes: no crash, no hang; what compiles gives the same walked and compiled.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/model/check.h"
#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "rules/cel/program.h"
#include "rules/cel/tree_walk.h"
#include "tests/fuzz/entries.h"
#include "tests/rules/cel/alert_environment.h"
#include "tests/rules/cel/same_value.h"

namespace {

void compare(std::string_view text, tocsin::cel::AlertEnvironment& alert, const tocsin::cel::Environment& environment) {
  using namespace tocsin::cel;
  const auto program = compile(text, environment);
  if (!program) {
    TOCSIN_CHECK(!program.error().empty(), "a refusal says why");
    for (const Problem& problem : program.error()) {
      TOCSIN_CHECK(problem.offset <= text.size() && !problem.code.empty(), "a problem has its place");
    }
    return;
  }
  Problems problems;
  const Checked checked = check(*parse(text, problems), environment, problems);
  tocsin::Arena arena;
  const Value walked = walk(checked, {alert.slots}, arena);
  TOCSIN_CHECK(same_or_exhausted(walked, program->evaluate({alert.slots}, arena)), "compiled as walked");
}

}  // namespace

namespace tocsin::fuzz {

void expression(std::string_view text) {
  static cel::AlertEnvironment alert;
  static const cel::Environment unchecked = [] {
    cel::Environment environment(cel::Checking::dynamic);
    for (const auto& variable : alert.environment.variables()) environment.declare(variable.name, variable.type);
    return environment;
  }();
  compare(text, alert, alert.environment);
  compare(text, alert, unchecked);
}

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::expression({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
