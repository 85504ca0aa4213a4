// What `tocsin check --costs` says of rules.
#include "rules/tools/rule_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

TEST(RuleCost, IsOfEachRuleThatRemembersKeysWithItsBound) {
  const Loaded loaded = load_text(
      "defaults: {max_keys: 1000}\n"
      "correlate:\n"
      "  - {id: t, kind: threshold, by: [service], when: 'name == \"x\"', count: 5, within: 1m, emit: {}}\n"
      "  - {id: g, kind: group, by: [service]}\n"
      "  - {id: h, kind: absence, by: [], expect: 'name == \"b\"', every: 1m, emit: {}, max_keys: 7}\n");
  ASSERT_TRUE(loaded.rules) << told(loaded);
  const std::vector<RuleCost> costs = costs_of(*loaded.rules);
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0].id, "t");
  EXPECT_EQ(costs[0].keys_max, 1000U);
  EXPECT_LE(costs[0].key_bytes, 64U);
  EXPECT_EQ(costs[1].keys_max, 7U);
  EXPECT_THAT(to_text(costs[0]), testing::StartsWith("t: threshold, 48 to "));
  EXPECT_THAT(to_json(costs[1]), testing::HasSubstr(R"("kind":"absence")"));
}

}  // namespace
}  // namespace tocsin::rules
