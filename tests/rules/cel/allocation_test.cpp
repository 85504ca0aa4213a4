// Predicates build nothing: once patterns are warm, an evaluation asks for no memory.

#include <gtest/gtest.h>

#include "rules/cel/program.h"
#include "tests/counted_heap.h"
#include "tests/rules/cel/alert_environment.h"

namespace tocsin::cel {
namespace {

std::size_t allocations_of(const char* expression, std::size_t warm_up) {
  const AlertEnvironment alert;
  const auto program = compile(expression, alert.environment);
  EXPECT_TRUE(program) << expression;
  Arena arena;
  for (std::size_t i = 0; i < warm_up; ++i) program->evaluate({alert.slots}, arena);
  arena.clear();
  const std::size_t before = allocation_count();
  for (int i = 0; i < 10; ++i) {
    program->evaluate({alert.slots}, arena);
    arena.clear();
  }
  return allocation_count() - before;
}

TEST(CelAllocation, APredicateAllocatesNothingNotEvenTheFirstTime) {
  for (const char* expression :
       {R"(labels.severity == "critical" && name.startsWith("Kube"))", R"(labels.env in ["prod", "staging", "test"])",
        R"(tier in [1, 2] && severity >= error)", R"(incident.priority == "P1" || !incident.acked)",
        R"(coalesce(labels.a, labels.team, "x") == "core")", R"(tier == 2 ? name.endsWith("x") : name.contains("y"))",
        R"(has(labels.team) && svc[service].tier == "1")", R"(starts_at.getHours("Europe/Amsterdam") < 6)",
        R"(starts_at > timestamp("2020-01-01T00:00:00Z"))", R"(tags.exists(t, t == "c"))",
        R"(labels.exists(k, v, k == "team" && v.startsWith("c")))", R"(tier / 0 == 1 || resolved)"}) {
    EXPECT_EQ(allocations_of(expression, 0), 0U) << expression;
  }
}

TEST(CelAllocation, OnceWarmPatternsAndBuiltTextsAllocateNothing) {
  for (const char* expression :
       {R"(name.matches("^Kube.*(Crash|Full)$"))", R"(labels.instance.split(":")[0] + "!" == "n1!")",
        R"(tags.map(t, t + t).join("-"))", R"(string(tier) + service.upperAscii())"}) {
    EXPECT_EQ(allocations_of(expression, 3), 0U) << expression;
  }
}

}  // namespace
}  // namespace tocsin::cel
