// Random expressions with types: compiled programs give what the tree walk gives. TOCSIN_SEED=n repeats one seed.

#include <cstdlib>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "rules/cel/program.h"
#include "rules/cel/tree_walk.h"
#include "tests/rules/cel/alert_environment.h"
#include "tests/rules/cel/same_value.h"

namespace tocsin::cel {
namespace {

/// Writes expressions that the checker takes, with few constants so that things are equal, and some that fail.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string boolean(int depth) {
    if (depth <= 0)
      return pick({"true", "false", "resolved", "incident.acked", "has(labels.team)", "has(labels.zone)"});
    switch (draw(19)) {
      case 0:
        return chain(depth, " && ");
      case 1:
        return chain(depth, " || ");
      case 2:
        return "!" + group(boolean(depth - 1));
      case 3:
        return binary(text(depth - 1), pick({"==", "!=", "<", "<=", ">", ">="}), text(depth - 1));
      case 4:
        return binary(integer(depth - 1), pick({"==", "!=", "<", "<=", ">", ">="}), integer(depth - 1));
      case 5:
        return binary("severity", pick({"==", "!=", "<", "<=", ">", ">="}),
                      pick({"info", "error", "critical", "severity"}));
      case 6:
        return group(text(depth - 1)) + pick({".startsWith(", ".endsWith(", ".contains("}) + text(depth - 1) + ")";
      case 7:
        return group(text(depth - 1)) + ".matches(" +
               pick({"'^a'", "'b$'", "'K.*h'", "'[a-c]+'", "'('+name+')'", "name"}) + ")";
      case 8:
        return group(text(depth - 1) + " in " + texts(depth - 1));
      case 9:
        return group(integer(depth - 1) + " in " + integers(depth - 1));
      case 10:
        return texts(depth - 1) + macro({".all(", ".exists(", ".exists_one("}, depth);
      case 11:
        return group(boolean(depth - 1) + " ? " + boolean(depth - 1) + " : " + boolean(depth - 1));
      case 12:
        return "cel.bind(v, " + text(depth - 1) + ", " + with_variable(depth - 1) + ")";
      case 13:
        return binary(texts(depth - 1), pick({"==", "!="}), texts(depth - 1));
      case 14:
        return group(text(depth - 1) + " in " + pick({"labels", "svc", "annotations"}));
      case 15:
        return labels_macro(depth);
      case 16:
        return group(
            pick({"severity in [info, error]", "severity in [critical]", "anything == 7", "anything in [7, 'a']"}));
      case 17:
        return "coalesce(" + boolean(depth - 1) + ", " + boolean(depth - 1) + ")";
      default:
        return boolean(0);
    }
  }

  std::string text(int depth) {
    if (depth <= 0) {
      if (variable_ && draw(2) == 0) return "v";
      return pick({"name", "service", "labels.team", "labels.env", "labels.zone", "labels['env']", "incident.priority",
                   "'a'", "'b'", "'core'", "''", "'KubePodCrash'", "annotations.summary"});
    }
    switch (draw(11)) {
      case 0:
        return group(text(depth - 1) + " + " + text(depth - 1));
      case 1:
        return "coalesce(" + text(depth - 1) + ", " + text(depth - 1) + ")";
      case 2:
        return "svc[" + text(depth - 1) + "]." + pick({"tier", "owner"});
      case 3:
        return group(text(depth - 1)) + ".split(" + pick({"':'", "'o'", "''"}) + ")[" + integer(0) + "]";
      case 4:
        return group(boolean(depth - 1) + " ? " + text(depth - 1) + " : " + text(depth - 1));
      case 5:
        return "string(" + integer(depth - 1) + ")";
      case 6:
        return texts(depth - 1) + ".join(" + pick({"", "'-'"}) + ")";
      case 7:
        return texts(depth - 1) + "[" + integer(depth - 1) + "]";
      case 8:
        return group(text(depth - 1)) + pick({".upperAscii()", ".lowerAscii()", ".trim()", ".reverse()"});
      case 9:
        return "'%s-%d'.format([" + text(depth - 1) + ", " + integer(depth - 1) + "])";
      default:
        return text(0);
    }
  }

  std::string integer(int depth) {
    if (depth <= 0) return pick({"tier", "incident.alerts", "0", "1", "2", "3", "-1", "9223372036854775807"});
    switch (draw(7)) {
      case 0:
        return group(integer(depth - 1) + pick({" + ", " - ", " * ", " / ", " % "}) + integer(depth - 1));
      case 1:
        return "size(" + text(depth - 1) + ")";
      case 2:
        return "size(" + texts(depth - 1) + ")";
      case 3:
        return "int(" + text(depth - 1) + ")";
      case 4:
        return "coalesce(" + integer(depth - 1) + ", " + integer(depth - 1) + ")";
      case 5:
        return "starts_at.getHours(" + pick({"", "'Europe/Amsterdam'", "'+01:30'", "name"}) + ")";
      default:
        return "-" + group(integer(depth - 1));
    }
  }

 private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  std::string pick(std::initializer_list<const char*> from) { return *(from.begin() + draw(from.size())); }
  static std::string group(const std::string& inner) { return "(" + inner + ")"; }
  static std::string binary(const std::string& a, const std::string& op, const std::string& b) {
    return "(" + a + " " + op + " " + b + ")";
  }

  std::string chain(int depth, const char* op) {
    std::string all = boolean(depth - 1);
    for (std::uint64_t more = 1 + draw(3); more > 0; --more) all += op + boolean(depth - 1);
    return group(all);
  }

  std::string texts(int depth) {
    if (depth <= 0) return pick({"tags", "['a', 'b']", "['core']", "[]", "['a', name]"});
    switch (draw(5)) {
      case 0:
        return group(texts(depth - 1) + " + " + texts(depth - 1));
      case 1:
        return "[" + text(depth - 1) + ", " + text(depth - 1) + "]";
      case 2:
        return texts(depth - 1) + ".filter(v, " + with_variable(depth - 1) + ")";
      case 3:
        return texts(depth - 1) + ".map(v, " + text_with_variable(depth - 1) + ")";
      default:
        return texts(0);
    }
  }

  std::string integers(int depth) { return "[" + integer(depth - 1) + ", " + integer(0) + ", 2]"; }

  std::string macro(std::initializer_list<const char*> names, int depth) {
    return pick(names) + "v, " + with_variable(depth - 1) + ")";
  }

  std::string labels_macro(int depth) {
    return "labels" + pick({".all(k, v, ", ".exists(k, v, ", ".existsOne(k, v, "}) + with_variable(depth - 1) + ")";
  }

  std::string with_variable(int depth) {
    const bool before = std::exchange(variable_, true);
    std::string result = boolean(depth);
    variable_ = before;
    return result;
  }
  std::string text_with_variable(int depth) {
    const bool before = std::exchange(variable_, true);
    std::string result = text(depth);
    variable_ = before;
    return result;
  }

  std::mt19937_64 random_;
  bool variable_ = false;
};

void compare(const std::string& expression, const AlertEnvironment& alert, std::uint64_t seed, std::size_t& compiled) {
  const auto program = compile(expression, alert.environment);
  if (!program) {
    // The generator takes care of types; constants that always fail are refused all the same.
    for (const Problem& problem : program.error()) {
      EXPECT_TRUE(problem.code.starts_with("bad_") || problem.code == "too_deep")
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
  const std::uint64_t last = one != nullptr ? first : 3000;
  std::size_t compiled = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Generator generator(seed);
    compare(generator.boolean(4), alert, seed, compiled);
    compare(generator.text(3), alert, seed, compiled);
    compare(generator.integer(3), alert, seed, compiled);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compiled, (last - first + 1)) << "too many were refused to say anything";
}

}  // namespace
}  // namespace tocsin::cel
