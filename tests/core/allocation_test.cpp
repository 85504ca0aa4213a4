#include <gtest/gtest.h>

#include "tests/core/testing.h"
#include "tests/counted_heap.h"

namespace tocsin {
namespace {

using namespace testing_core;

TEST(Allocation, ARepeatAllocatesNothingAlsoWhenTheAlertIsHeldBack) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, host: labels.host}}]
suppress: [{id: node, when: 'name == "PodCrash"', inhibited_by: 'name == "NodeDown"', equal: [host], settle: 20s}]
correlate: [{id: one, kind: group, by: [], window: {idle: 10m, max: 4h}}]
)")};
  const std::vector<Said> said{{{{"alertname", "NodeDown"}, {"host", "n1"}}},
                               {{{"alertname", "PodCrash"}, {"host", "n1"}}}};
  t.send(0s, said);
  ASSERT_EQ(t.counts().alerts_held, 1U);
  AlertBatch batch;
  fill(batch, said, t.key);
  Input input;
  input.kind = InputKind::alerts;
  input.batch = &batch;
  std::vector<EffectPtr> effects;
  const std::size_t before = allocation_count();
  for (int i = 1; i <= 100; ++i) {
    input.position = Position{++t.position};
    input.at = kStart + std::chrono::seconds{i};
    t.shard.apply(input, effects);
  }
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_EQ(t.counts().alerts_repeated, 200U);
}

}  // namespace
}  // namespace tocsin
