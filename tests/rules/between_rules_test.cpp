// What is checked between rules: writes without an order, and alerts that are derived from each other.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

Loaded load_teams(std::string_view first, std::string_view second) {
  TablesInMemory tables;
  return load({{"p.yaml", "tocsin: 1\nnormalise: [{id: p, set: {category: '\"p\"'}}]\n"},
               {"t1.yaml", "tocsin: 1\n" + std::string{first}},
               {"t2.yaml", "tocsin: 1\n" + std::string{second}}},
              tables);
}

struct WriteCase {
  const char* name;
  const char* first;
  const char* second;
  const char* errors;
};

class Writes : public testing::TestWithParam<WriteCase> {};

TEST_P(Writes, OfFilesWithoutAnOrder) {
  const Loaded loaded = load_teams(GetParam().first, GetParam().second);
  EXPECT_EQ(errors_of(loaded), GetParam().errors) << told(loaded);
}

constexpr const char* kSets = "scope: {team: a}\nnormalise: [{id: a, set: {category: '\"a\"'}}]\n";
constexpr const char* kRates = "scope: {team: a}\nseverity: {rules: [{id: a, when: 'name == \"x\"', is: error}]}\n";

INSTANTIATE_TEST_SUITE_P(
    Table, Writes,
    testing::Values(
        WriteCase{"same_field", kSets, "scope: {region: r}\nnormalise: [{id: b, set: {category: '\"b\"'}}]\n",
                  "ambiguous_write@3:27"},
        WriteCase{"same_field_same_value", kSets,
                  "scope: {region: r}\nnormalise: [{id: b, set: {category: '\"a\"'}}]\n", ""},
        WriteCase{"other_field", kSets, "scope: {region: r}\nnormalise: [{id: b, set: {component: '\"b\"'}}]\n", ""},
        WriteCase{"other_scope", kSets, "scope: {team: b}\nnormalise: [{id: b, set: {category: '\"b\"'}}]\n", ""},
        WriteCase{"overlapping_lists", kSets, "scope: {team: [a, b]}\nnormalise: [{id: b, set: {category: '\"b\"'}}]\n",
                  "ambiguous_write@3:27"},
        WriteCase{"no_scope_is_the_platform", kSets, "normalise: [{id: b, set: {category: '\"b\"'}}]\n", ""},
        WriteCase{"severity", kRates, "scope: {region: r}\nseverity: {rules: [{id: b, is: critical}]}\n",
                  "ambiguous_write@3:32"},
        WriteCase{"severity_of_other_alerts", kRates,
                  "scope: {region: r}\nseverity: {rules: [{id: b, when: 'name in [\"y\", \"z\"]', is: critical}]}\n",
                  ""},
        WriteCase{"severity_of_maybe_the_same_alerts", kRates,
                  "scope: {region: r}\nseverity: {rules: [{id: b, when: 'name.startsWith(\"x\")', is: critical}]}\n",
                  "ambiguous_write@3:62"},
        WriteCase{"follow_up_of_a_mistake", kRates,
                  "scope: {region: r}\nseverity: {rules: [{id: b, when: 'nmae == \"y\"', is: critical}]}\n",
                  "unknown_field@3:35"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(Writes, OfManyRulesAreComparedQuickly) {
  const auto rules = [](const std::string& team, const std::string& severity) {
    std::string text = "scope: {" + team + "}\nseverity:\n  rules:\n";
    for (int i = 0; i < 1000; ++i) {
      const std::string n = std::to_string(i);
      text += "    - {id: " + severity + n + ", when: 'name == \"n" + n + "\"', is: " + severity + "}\n";
    }
    return text;
  };
  const Loaded loaded = load_teams(rules("team: a", "error"), rules("region: r", "critical"));
  EXPECT_EQ(loaded.rules, nullptr);
  EXPECT_EQ(loaded.diagnostics.size(), 201U);  // the bound of a report, and how many are beyond it
}

struct DerivationCase {
  const char* name;
  const char* rules;  // of `correlate`, from line 3
  const char* errors;
};

class DerivedAlerts : public testing::TestWithParam<DerivationCase> {};

TEST_P(DerivedAlerts, MustEnd) {
  const Loaded loaded = load_text("correlate:\n" + std::string{GetParam().rules});
  EXPECT_EQ(errors_of(loaded), GetParam().errors) << told(loaded);
}

INSTANTIATE_TEST_SUITE_P(
    Table, DerivedAlerts,
    testing::Values(
        DerivationCase{"of_other_alerts",
                       "  - {id: a, kind: threshold, when: 'name == \"x\"', by: [service], count: 3, within: 1m, emit: "
                       "{severity: error}}\n",
                       ""},
        DerivationCase{"of_all_alerts", "  - {id: a, kind: threshold, by: [service], count: 3, within: 1m, emit: {}}\n",
                       "derivation_cycle@3:67"},
        DerivationCase{"of_its_own_severity",
                       "  - {id: a, kind: threshold, when: severity >= error, by: [], count: 3, within: 1m, emit: "
                       "{severity: error}}\n",
                       "derivation_cycle@3:85"},
        DerivationCase{"of_a_lower_severity",
                       "  - {id: a, kind: threshold, when: severity < error, by: [], count: 3, within: 1m, emit: "
                       "{severity: error}}\n",
                       ""},
        DerivationCase{"of_unknown_severity",
                       "  - {id: a, kind: threshold, when: severity < error, by: [], count: 3, within: 1m, emit: {}}\n",
                       "derivation_cycle@3:84"},
        DerivationCase{"that_leave_themselves_out",
                       "  - {id: a, kind: threshold, when: 'severity >= error && name != \"a\"', by: [], count: 3, "
                       "within: 1m, emit: {severity: error}}\n",
                       ""},
        DerivationCase{
            "of_a_label_that_they_do_not_have",
            "  - {id: a, kind: threshold, when: 'labels.x == \"y\"', by: [], count: 3, within: 1m, emit: {}}\n", ""},
        DerivationCase{"of_a_label_that_they_are_grouped_by",
                       "  - {id: a, kind: threshold, when: 'labels.x == \"y\"', by: [labels.x], count: 3, within: 1m, "
                       "emit: {}}\n",
                       "derivation_cycle@3:93"},
        DerivationCase{
            "of_each_other",
            "  - {id: a, kind: threshold, when: 'name == \"b\"', by: [host], count: 3, within: 1m, emit: {}}\n"
            "  - {id: b, kind: distinct, when: 'name == \"a\"', by: [host], field: host, count: 3, within: 1m, "
            "emit: {}}\n",
            "derivation_cycle@3:85"},
        DerivationCase{"of_a_step",
                       "  - {id: a, kind: sequence, by: [], within: 1m, emit: {}, steps: [{as: x, when: 'name == "
                       "\"x\"'}, {as: y, when: 'name == \"a\"'}]}\n",
                       "derivation_cycle@3:49"},
        DerivationCase{"that_start_the_wait_for_themselves",
                       "  - {id: a, kind: absence, start: 'name.startsWith(\"a\")', expect: 'name == \"x\"', by: [], "
                       "within: 1m, emit: {}}\n",
                       "derivation_cycle@3:102"},
        DerivationCase{
            "that_lack_the_field_whose_values_are_counted",
            "  - {id: a, kind: distinct, by: [name, service], field: host, count: 3, within: 1m, emit: {}}\n", ""},
        DerivationCase{"that_have_the_field_whose_values_are_counted",
                       "  - {id: a, kind: distinct, by: [host], field: host, count: 3, within: 1m, emit: {}}\n",
                       "derivation_cycle@3:76"},
        DerivationCase{"that_are_only_noted",
                       "  - {id: a, kind: threshold, by: [], count: 3, within: 1m, annotate: {tag: t}}\n", ""},
        DerivationCase{"three_deep",
                       "  - {id: a, kind: threshold, when: 'name == \"x\"', by: [], count: 3, within: 1m, emit: {}}\n"
                       "  - {id: b, kind: threshold, when: 'name == \"a\"', by: [], count: 3, within: 1m, emit: {}}\n"
                       "  - {id: c, kind: threshold, when: 'name == \"b\"', by: [], count: 3, within: 1m, emit: {}}\n",
                       ""},
        DerivationCase{"four_deep",
                       "  - {id: d, kind: threshold, when: 'name == \"c\"', by: [], count: 3, within: 1m, emit: {}}\n"
                       "  - {id: a, kind: threshold, when: 'name == \"x\"', by: [], count: 3, within: 1m, emit: {}}\n"
                       "  - {id: b, kind: threshold, when: 'name == \"a\"', by: [], count: 3, within: 1m, emit: {}}\n"
                       "  - {id: c, kind: threshold, when: 'name == \"b\"', by: [], count: 3, within: 1m, emit: {}}\n",
                       "derived_too_deep@3:81"},
        DerivationCase{"follow_up_of_a_mistake",
                       "  - {id: a, kind: threshold, when: 'nmae == \"x\"', by: [], count: 3, within: 1m, emit: {}}\n",
                       "unknown_field@3:37"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(DerivedAlerts, ThatLackWhatVeryManyRulesAskForAreSoonSeenToBeNoCycle) {
  std::string text = "correlate:\n";
  for (int i = 0; i < 2000; ++i) {
    const std::string n = std::to_string(i);
    const std::string when = i % 2 == 0 ? "labels.team == \"t" + n + "\"" : "name.startsWith(\"Zz" + n + "x\")";
    text +=
        "  - {id: r" + n + ", kind: threshold, when: '" + when + "', by: [service], count: 3, within: 1m, emit: {}}\n";
  }
  const Loaded loaded = load_text(text);
  EXPECT_EQ(errors_of(loaded), "") << told(loaded);
}

/// Counted by a label, by values of a label, and by the beginning of the name, one for all of them too.
TEST(DerivedAlerts, OfTwoThousandAmongTenThousandRulesAreSeenToEnd) {
  std::string text = "correlate:\n";
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    const std::array<std::string, 3> whens{"labels.check == \"c" + n + "\"", "name.startsWith(\"Zz12\")",
                                           "name.startsWith(\"Zz" + n + "x\") && labels.team != \"\""};
    const std::string when = ", when: '" + whens[static_cast<std::size_t>(i / 5 % 3)] + "'";
    if (i % 10 == 0) {
      text += "  - {id: r" + n + ", kind: threshold" + when +
              ", by: [labels.team], count: 3, within: 1m, emit: {severity: critical}}\n";
    } else if (i % 10 == 5) {
      text += "  - {id: r" + n + ", kind: distinct" + when +
              ", by: [service], field: labels.pod, count: 3, within: 1m, emit: {}}\n";
    } else {
      text += "  - {id: r" + n + ", kind: group, when: 'labels.check == \"c" + n + "\"', by: [service]}\n";
    }
  }
  const Loaded loaded = load_text(text);
  EXPECT_EQ(errors_of(loaded), "") << told(loaded);
  ASSERT_NE(loaded.rules, nullptr);
  EXPECT_EQ(loaded.rules->temporal.size(), 2000U);
}

TEST(DerivedAlerts, AreCountedByRulesThatAskForTheBeginningOfTheirName) {
  const Loaded loaded = load_text(
      "correlate:\n"
      "  - {id: abc, kind: threshold, when: 'name.startsWith(\"ab\")', by: [], count: 3, within: 1m, emit: {}}\n");
  EXPECT_THAT(errors_of(loaded), testing::StartsWith("derivation_cycle@")) << told(loaded);
}

TEST(DerivedAlerts, ThatSeverityRulesRaiseMayFitAgain) {
  const Loaded loaded = load_text(
      "severity: {rules: [{id: s, when: 'name.startsWith(\"a\")', is: info}]}\n"
      "correlate:\n"
      "  - {id: a, kind: threshold, when: severity < error, by: [], count: 3, within: 1m, emit: {severity: error}}\n");
  EXPECT_EQ(errors_of(loaded), "derivation_cycle@4:84") << told(loaded);
}

}  // namespace
}  // namespace tocsin::rules
