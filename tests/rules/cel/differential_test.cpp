// Random expressions with types: compiled programs give what the tree walk gives. TOCSIN_SEED=n repeats one seed.

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "rules/cel/checker.h"
#include "rules/cel/functions.h"
#include "rules/cel/parser.h"
#include "rules/cel/program.h"
#include "rules/cel/tree_walk.h"
#include "tests/rules/cel/alert_environment.h"
#include "tests/rules/cel/random_expression.h"
#include "tests/rules/cel/same_value.h"

namespace tocsin::cel {
namespace {

void compare(const std::string& expression, const AlertEnvironment& alert, std::uint64_t seed, std::size_t& compiled) {
  const auto program = compile(expression, alert.environment);
  if (!program) {
    // The generator takes care of types; constants that always fail are refused all the same.
    for (const Problem& problem : program.error()) {
      EXPECT_TRUE(problem.code.starts_with("bad_") || problem.code == "too_deep" || problem.code == "too_costly")
          << "seed " << seed << ": " << expression << ": " << problem.message;
    }
    return;
  }
  ++compiled;
  Problems problems;
  const Checked checked = check(*parse(expression, problems), alert.environment, problems);
  Arena arena;
  const Value walked = walk(checked, {alert.slots}, arena);
  const Value ran = program->evaluate({alert.slots}, arena);
  ASSERT_TRUE(same_or_exhausted(walked, ran))
      << "seed " << seed << ": " << expression << "\n  walked   " << to_text(walked) << "\n  compiled " << to_text(ran);
  // What holds is what all conjuncts hold.
  if (program->result_type().is(Type::Kind::boolean)) {
    bool all = true;
    for (std::size_t i = 0; i < program->conjuncts().size(); ++i) {
      all = all && program->evaluate_conjunct(i, {alert.slots}, arena).is_true();
    }
    ASSERT_EQ(all, ran.is_true()) << "seed " << seed << ": " << expression;
  }
}

TEST(CelDifferential, CompiledProgramsGiveWhatTheTreeGives) {
  const AlertEnvironment alert;
  const char* one = std::getenv("TOCSIN_SEED");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const char* more = std::getenv("TOCSIN_SEEDS");  // how many, for a longer run
  const std::uint64_t last = one != nullptr ? first : more != nullptr ? std::strtoull(more, nullptr, 10) : 200;
  std::size_t compiled = 0;
  std::size_t written = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    RandomExpression random(seed);
    for (const char type : std::string_view("bbbbisSIDMudyt")) {
      compare(random.of(type, 3), alert, seed, compiled);
      ++written;
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(2 * compiled, written) << "too many were refused to say anything";
}

TEST(CelDifferential, TheGeneratorWritesEveryFunctionAndMacro) {
  const std::string written = RandomExpression::everything();
  for (const Function* function : all_functions()) {
    const std::string call = (function->member ? "." : "") + std::string(function->name) + "(";
    EXPECT_NE(written.find(call), std::string::npos) << call;
  }
  for (const char* macro :
       {"has(", "coalesce(", ".all(", ".exists(", ".exists_one(", ".existsOne(", ".filter(", ".map(", ".transformList(",
        ".transformMap(", ".transformMapEntry(", "cel.bind(", "cel.block("}) {
    EXPECT_NE(written.find(macro), std::string::npos) << macro;
  }
}

}  // namespace
}  // namespace tocsin::cel
