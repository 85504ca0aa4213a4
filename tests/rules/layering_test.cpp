// What scope, override and exceptions refuse, and what they make of conditions. What they do to alerts is told by
// tests/scenarios/layers.
#include "rules/layers/layering.h"

#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

constexpr const char* kPlatform = R"(tocsin: 1
ruleset: platform
normalise:
  - {id: p.team, set: {team: labels.squad}}
severity:
  rules: [{id: p.disk, when: 'name == "DiskFull"', is: critical}]
correlate:
  - {id: p.group, kind: group, by: [service]}
  - {id: p.many, kind: threshold, when: 'name == "Login"', by: [service], count: 3, within: 1m, emit: {severity: error}}
route:
  - {id: p.page, when: 'incident.priority == "P1"', topic: page}
)";

Loaded load_over_platform(std::string_view text) {
  TablesInMemory tables;
  return load({{"a.yaml", kPlatform}, {"b.yaml", "tocsin: 1\n" + std::string{text}}}, tables);
}

struct LayerCase {
  const char* name;
  const char* text;  // of b.yaml, from its second line
  const char* errors;
};

class Layer : public testing::TestWithParam<LayerCase> {};

TEST_P(Layer, IsRefusedAtThePlaceOfTheMistake) {
  const Loaded loaded = load_over_platform(GetParam().text);
  EXPECT_EQ(errors_of(loaded), GetParam().errors) << told(loaded);
  for (const Diagnostic& d : loaded.diagnostics) {
    if (d.level == DiagnosticLevel::error) {
      EXPECT_EQ(d.file, "b.yaml") << told(loaded);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Override, Layer,
    testing::Values(
        LayerCase{"unknown_id", "override: {replace: [{id: p.pgae, topic: x}]}\n", "unknown_id@2:27"},
        LayerCase{"unknown_mode", "override: {remove: []}\n", "unknown_key@2:12"},
        LayerCase{"no_id", "override: {replace: [{topic: x}]}\n", "missing_key@2:22"},
        LayerCase{"no_change", "override: {replace: [{id: p.page}]}\n", "missing_key@2:22"},
        LayerCase{"no_map", "override: {replace: [p.page]}\n", "wrong_type@2:22"},
        LayerCase{"own_rule", "route: [{id: b, topic: x}]\noverride: {replace: [{id: b, topic: y}]}\n",
                  "overrides_own_rule@3:27"},
        LayerCase{"unknown_key", "override: {replace: [{id: p.page, topik: x}]}\n", "unknown_key@2:35"},
        LayerCase{"twice", "override: {replace: [{id: p.page, topic: x}, {id: p.page, topic: y}]}\n",
                  "said_twice@2:59"},
        LayerCase{"bad_value", "override: {replace: [{id: p.page, topic: 'x y'}]}\n", "bad_topic@2:42"},
        LayerCase{"bad_condition", "override: {replace: [{id: p.disk, when: 'nmae == \"x\"'}]}\n",
                  "unknown_field@2:42"},
        LayerCase{"append_to_one_value", "override: {append: [{id: p.page, topic: x}]}\n", "not_appendable@2:34"},
        LayerCase{"append_to_nothing", "override: {append: [{id: p.page, plan: x}]}\n", "not_appendable@2:34"},
        LayerCase{"no_operator", "override: {append: [{id: p.disk, when: 'tier == 1'}]}\n", "missing_operator@2:40"},
        LayerCase{"misspelt_in_what_is_appended", "override: {append: [{id: p.disk, when: '&& teir == 1'}]}\n",
                  "unknown_field@2:44"},
        LayerCase{"misspelt_in_a_block",
                  "override:\n  append:\n    - id: p.disk\n      when: |\n        && tier == 1\n"
                  "        && serivce == \"x\"\n",
                  "unknown_field@7:12"},
        LayerCase{"no_bool_in_what_is_appended", "override: {append: [{id: p.disk, when: '&& labels.x'}]}\n",
                  "type_mismatch@2:40"},
        LayerCase{"field_that_is_set_already", "override: {append: [{id: p.team, set: {team: name}}]}\n",
                  "said_twice@2:40"},
        LayerCase{"unknown_field_in_list", "override: {append: [{id: p.group, by: [hots]}]}\n", "unknown_field@2:40"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Exceptions, Layer,
    testing::Values(
        LayerCase{"unknown_id", "exceptions: [{id: p.dsk, fields: host, values: [a]}]\n", "unknown_id@2:19"},
        LayerCase{"no_values", "exceptions: [{id: p.disk, fields: host}]\n", "missing_key@2:14"},
        LayerCase{"empty", "exceptions: [{id: p.disk, fields: host, values: []}]\n", "empty_list@2:49"},
        LayerCase{"unknown_field", "exceptions: [{id: p.disk, fields: hots, values: [a]}]\n", "unknown_field@2:35"},
        LayerCase{"alert_in_route", "exceptions: [{id: p.page, fields: host, values: [a]}]\n", "unknown_field@2:35"},
        LayerCase{"unknown_comparison", "exceptions: [{id: p.disk, fields: host, comps: startswith, values: [a]}]\n",
                  "unknown_comparison@2:48"},
        LayerCase{"too_few_comparisons",
                  "exceptions: [{id: p.disk, fields: [host, name], comps: [in], values: [[[a], b]]}]\n",
                  "bad_comps@2:56"},
        LayerCase{"too_few_values", "exceptions: [{id: p.disk, fields: [host, name], values: [[a, b], [a]]}]\n",
                  "bad_values@2:66"},
        LayerCase{"number", "exceptions: [{id: p.disk, fields: tier, values: [one]}]\n", "bad_number@2:50"},
        LayerCase{"prefix_of_a_number", "exceptions: [{id: p.disk, fields: tier, comps: contains, values: [1]}]\n",
                  "type_mismatch@2:48"},
        LayerCase{"severity", "exceptions: [{id: p.disk, fields: severity, values: [critcal]}]\n",
                  "unknown_field@2:53"},
        LayerCase{"bad_pattern", "exceptions: [{id: p.disk, fields: host, comps: matches, values: ['(']}]\n",
                  "bad_pattern@2:65"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Scope, Layer,
    testing::Values(LayerCase{"no_map", "scope: team\n", "bad_scope@2:8"},
                    LayerCase{"empty", "scope: {}\n", "bad_scope@2:8"},
                    LayerCase{"unknown_field", "scope: {tema: a}\n", "unknown_field@2:9"},
                    LayerCase{"no_value", "scope: {team: []}\n", "bad_scope@2:15"},
                    LayerCase{"what_holds_for_all",
                              "scope: {team: a}\ndedup: {key: [name]}\nseverity: {map: {x: error}}\n",
                              "leaves_scope@3:1 leaves_scope@4:12"},
                    LayerCase{"gives_alerts_away", "scope: {team: a}\nnormalise: [{id: b, set: {team: labels.x}}]\n",
                              "leaves_scope@3:27"},
                    LayerCase{"incidents_do_not_know_it", "scope: {labels.shop: a}\nroute: [{id: b, topic: x}]\n",
                              "leaves_scope@3:9"},
                    LayerCase{"overrides_what_decides_it",
                              "ruleset: b\nscope: {team: a}\noverride: {replace: [{id: p.team, when: tier == 1}]}\n",
                              "leaves_scope@4:27"},
                    LayerCase{"overrides_without_a_name",
                              "scope: {team: a}\noverride: {replace: [{id: p.page, topic: x}]}\n", "missing_key@3:27"},
                    LayerCase{"shard_scope_of_what_is_no_field", "scope: [tennant]\n", "unknown_field@2:9"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(Layer, SuggestsTheRuleThatWasMeant) {
  const Loaded loaded = load_over_platform("override: {replace: [{id: p.pgae, topic: x}]}\n");
  ASSERT_EQ(errors_of(loaded), "unknown_id@2:27");
  EXPECT_EQ(loaded.diagnostics.back().hint, "did you mean `p.page`?");
}

TEST(Layer, CannotChangeARuleOfALaterFile) {
  TablesInMemory tables;
  const Loaded loaded = load({{"a.yaml", "tocsin: 1\noverride: {replace: [{id: late, topic: x}]}\n"},
                              {"b.yaml", "tocsin: 1\nroute: [{id: late, topic: y}]\n"}},
                             tables);
  EXPECT_EQ(errors_of(loaded), "overrides_later_file@2:27") << told(loaded);
}

TEST(Layer, IsNotToldTwiceOfAMistakeInARuleThatTwoFilesHave) {
  TablesInMemory tables;
  const Loaded loaded =
      load({{"a.yaml", "tocsin: 1\nroute: [{id: r, when: 'incident.prio == \"P1\"', topic: x}]\n"},
            {"b.yaml", "tocsin: 1\nruleset: b\nscope: {team: b}\noverride: {replace: [{id: r, topic: y}]}\n"}},
           tables);
  EXPECT_EQ(errors_of(loaded), "unknown_field@2:33") << told(loaded);
}

TEST(Layer, OverridesRulesThatAreBuiltIn) {
  const Loaded loaded = load_text("override: {append: [{id: builtin.host, set: {resource: '\"r\"'}}]}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  for (const NormaliseRule& rule : loaded.rules->normalise) {
    if (rule.id == "builtin.host") {
      EXPECT_EQ(rule.set.size(), 2U);
    }
  }
}

TEST(Layer, NamesTheRuleOfATeamAfterItsFile) {
  const Loaded loaded =
      load_over_platform("ruleset: b\nscope: {team: b}\noverride: {replace: [{id: p.page, topic: x}]}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  ASSERT_EQ(loaded.rules->routes.size(), 2U);
  EXPECT_EQ(loaded.rules->routes[0].id, "p.page");
  EXPECT_EQ(loaded.rules->routes[0].topic, "page");
  EXPECT_EQ(loaded.rules->routes[1].id, "p.page.b");
  EXPECT_EQ(loaded.rules->routes[1].topic, "x");
}

TEST(Layer, OverridesOfTwoFilesApplyInTheirOrder) {
  TablesInMemory tables;
  const Loaded loaded =
      load({{"a.yaml", "tocsin: 1\nroute: [{id: r, topic: a}]\n"},
            {"b.yaml", "tocsin: 1\noverride: {replace: [{id: r, topic: b}], append: [{id: r, when: '|| false'}]}\n"},
            {"c.yaml", "tocsin: 1\noverride: {replace: [{id: r, topic: c, when: 'incident.team == \"x\"'}]}\n"}},
           tables);
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  EXPECT_EQ(loaded.rules->routes[0].topic, "c");
}

TEST(Layer, OfTeamsWhoseScopesOverlapCannotOverrideOneRule) {
  const std::string over = "override: {replace: [{id: r, topic: x}]}\n";
  const auto errors = [&](std::string_view first, std::string_view second) {
    TablesInMemory tables;
    return errors_of(load({{"a.yaml", "tocsin: 1\nroute: [{id: r, topic: a}]\n"},
                           {"b.yaml", "tocsin: 1\nruleset: b\nscope: " + std::string{first} + "\n" + over},
                           {"c.yaml", "tocsin: 1\nruleset: c\nscope: " + std::string{second} + "\n" + over}},
                          tables));
  };
  EXPECT_EQ(errors("{team: a}", "{team: b}"), "");
  EXPECT_EQ(errors("{team: [a, b]}", "{team: b}"), "ambiguous_override@4:27");
  EXPECT_EQ(errors("{team: a}", "{service: b}"), "ambiguous_override@4:27");
}

TEST(Layer, ConfinesAPlanThatAConditionChoosesAndNotOneThatIsNamed) {
  const Loaded loaded = load_over_platform(
      "ruleset: b\nscope: {team: b}\n"
      "plans: [{id: by-condition, when: 'incident.acked'}, {id: by-name}]\n"
      "route: [{id: r, plan: by-name}]\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  EXPECT_FALSE(plan_named(*loaded.rules, "by-condition")->when.empty());
  EXPECT_TRUE(plan_named(*loaded.rules, "by-name")->when.empty()) << "a condition would choose it without its name";
  EXPECT_FALSE(loaded.rules->routes.back().when.empty());
}

TEST(Layer, WithoutScopeAfterTeamsIsWarnedOf) {
  TablesInMemory tables;
  const Loaded loaded = load({{"a.yaml", "tocsin: 1\nscope: {team: a}\n"}, {"b.yaml", "tocsin: 1\n"}}, tables);
  EXPECT_EQ(warnings_of(loaded), "after_confined_file@1:1") << told(loaded);
}

TEST(ShardScope, IsNotLeftByGroupingInhibitionTopologyOrIdentity) {
  const Loaded loaded = load_text(
      "scope: [tenant, labels.site]\n"
      "tables: {dep: {file: edges.csv, edges: [from, to]}}\n"
      "dedup: {key: [labels.site, name]}\n"
      "suppress:\n"
      "  - {id: a, inhibited_by: 'name == \"x\"', equal: [tenant, labels.site]}\n"
      "  - {id: b, inhibited_by: 'name == \"x\"', equal: [host]}\n"
      "  - {id: c, inhibited_by: 'name == \"x\"'}\n"
      "correlate:\n"
      "  - {id: d, kind: group, by: [tenant, service, labels.site]}\n"
      "  - {id: e, kind: group, by: [service, tenant]}\n"
      "  - {id: f, kind: topology, graph: dep, hops: 1, within: 1m}\n"
      "  - {id: g, kind: topology, graph: dep, equal: [labels.site], hops: 1, within: 1m}\n"
      "  - {id: h, kind: topology, graph: dep, equal: [environment], hops: 1, within: 1m}\n");
  EXPECT_EQ(errors_of(loaded),
            "leaves_scope@4:14 leaves_scope@7:49 leaves_scope@8:27 leaves_scope@11:30 leaves_scope@12:19 "
            "leaves_scope@14:48")
      << "what meets in a topology is of one tenant anyway; " << told(loaded);
}

TEST(ShardScope, IsPartOfTheBuiltInGrouping) {
  const Loaded loaded = load_text("scope: [tenant, labels.site]\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  for (const GroupRule& rule : loaded.rules->groups) {
    EXPECT_EQ(rule.by_fields.back(), Field::tenant);
    EXPECT_EQ(rule.by_labels.back(), "site");
  }
}

TEST(ShardScope, IsHeldByAFileThatIsConfinedToOneValue) {
  TablesInMemory tables;
  const Loaded loaded =
      load({{"a.yaml", "tocsin: 1\nscope: [tenant]\n"},
            {"b.yaml", "tocsin: 1\nscope: {tenant: x}\ncorrelate: [{id: b, kind: group, by: [service]}]\n"}},
           tables);
  EXPECT_EQ(errors_of(loaded), "") << told(loaded);
}

}  // namespace
}  // namespace tocsin::rules
