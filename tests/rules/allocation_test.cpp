#include <gtest/gtest.h>

#include "rules/set/rule_index.h"
#include "tests/counted_heap.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

TEST(Allocation, EvaluatingTheBuiltInRulesAllocatesNothingOnceWarm) {
  TablesInMemory tables;
  const Loaded loaded = load({}, tables);
  ASSERT_NE(loaded.rules, nullptr);
  const RuleSet& rules = *loaded.rules;
  const std::vector<Label> labels{
      {"alertname", "NodeDown"}, {"instance", "n1:9100"}, {"rack", "r12"}, {"severity", "CRITICAL"}, {"tier", "2"}};
  const std::vector<Label> annotations{{"summary", "a node does not answer"}};
  IncidentFacts incident;
  Arena scratch;
  std::size_t held = 0;
  ValueMemo memo;  // as the engine asks: what looks for patterns in a table needs memory where a value is new
  const auto run = [&] {
    scratch.clear();
    Facts facts;
    facts.labels = labels;
    facts.annotations = annotations;
    facts.incident = &incident;
    for (const NormaliseRule& rule : rules.normalise) {
      if (!memo.holds(rule.when, facts, scratch)) continue;
      for (const auto& [target, expression] : rule.set) {
        if (target.field) {
          facts[*target.field] = memo.text(expression, facts, scratch).value_or("");
        } else {
          facts.tier = memo.integer(expression, facts, scratch).value_or(0);
        }
      }
    }
    facts.severity = Severity{4};
    for (const auto& choice : rules.priority.impact) held += memo.holds(choice.when, facts, scratch) ? 1U : 0U;
    for (const auto& choice : rules.priority.urgency) held += choice.when.holds(facts, scratch) ? 1U : 0U;
    for (const GroupRule& rule : rules.groups) held += rule.when.holds(facts, scratch) ? 1U : 0U;
    for (const RouteRule& rule : rules.routes) held += rule.when.holds(facts, scratch) ? 1U : 0U;
  };
  for (int i = 0; i < 3; ++i) run();
  const std::size_t before = allocation_count();
  held = 0;
  run();
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_GT(held, 3U);
}

TEST(Allocation, GoingThroughTheIndexAllocatesNothingForValuesThatItHasMet) {
  const Loaded loaded = load_text(R"(tables: {svc: {file: services.csv, key: service}}
severity:
  rules:
    - {id: r1, when: 'name == "NodeDown" && labels.rack in ["r1", "r12"]', is: error}
    - {id: r2, when: 'name.startsWith("Node") && labels.tier != "3"', is: error}
    - {id: r3, when: 'labels.instance.matches("^n[0-9]+:") && !labels.rack.matches("9$")', is: error}
    - {id: r4, when: 'name == "PodDown" || labels.rack == "r12"', is: error}
    - {id: r5, when: 'labels.rack != labels.instance', is: error}
    - {id: r6, when: 'labels.exists(k, v, k == "rack" && v.endsWith("2"))', is: error}
    - {id: r7, when: 'coalesce(labels.none, name).contains("Down") && has(labels.rack)', is: error}
)");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const std::vector<Label> labels{
      {"alertname", "NodeDown"}, {"instance", "n1:9100"}, {"rack", "r12"}, {"severity", "error"}, {"tier", "2"}};
  RuleMemo memo(loaded.rules);
  Arena scratch;
  std::size_t held = 0;
  const auto run = [&] {
    scratch.clear();
    Facts facts;
    memo.set_labels(facts, labels, {});
    facts[Field::name] = "NodeDown";
    for (Walk walk = memo.severity(facts, scratch); walk.next() != Walk::kEnd;) ++held;
    for (Walk walk = memo.groups(facts, scratch); walk.next() != Walk::kEnd;) ++held;
  };
  for (int i = 0; i < 3; ++i) run();
  const std::size_t before = allocation_count();
  held = 0;
  run();
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_GE(held, 7U);
}

}  // namespace
}  // namespace tocsin::rules
