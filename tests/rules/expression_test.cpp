#include "rules/expressions/expression.h"

#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

/// A rule set with `expression` as the condition of a group, or nullptr.
RuleSetPtr rules_with(const std::string& expression, std::string_view key = "correlate") {
  const std::string when = "when: '" + expression + "'";
  const std::string rule = key == "route" ? "route: [{id: x, topic: t, " + when + "}]\n"
                                          : "correlate: [{id: x, kind: group, by: [], " + when + "}]\n";
  const Loaded loaded = load_text("tables: {svc: {file: services.csv, key: service}}\n" + rule);
  EXPECT_NE(loaded.rules, nullptr) << told(loaded);
  return loaded.rules;
}

class Expressions : public testing::Test {
 protected:
  Expressions() {
    facts_[Field::name] = "DiskFull";
    facts_[Field::service] = "checkout";
    facts_.tier = 1;
    facts_.severity = Severity{3};
    facts_.labels = labels_;
    facts_.annotations = annotations_;
    facts_.starts_at = from_unix_ns(1'767'225'600'000'000'000);
  }

  bool holds(const std::string& expression) {
    const RuleSetPtr rules = rules_with(expression);
    return rules != nullptr && rules->groups[0].when.holds(facts_, scratch_);
  }

  const std::vector<Label> labels_{{"cluster", "eu"}, {"instance", "n1:9100"}};
  const std::vector<Label> annotations_{{"summary", "full"}};
  Facts facts_;
  Arena scratch_;
};

TEST_F(Expressions, ReadFieldsLabelsAndAnnotations) {
  EXPECT_TRUE(holds("name == \"DiskFull\" && service in [\"checkout\", \"cart\"]"));
  EXPECT_TRUE(holds("labels.cluster == \"eu\" && annotations.summary.startsWith(\"fu\")"));
  EXPECT_TRUE(holds("labels.missing == \"\""));
  EXPECT_TRUE(holds("tier == 1 && status == \"firing\""));
  EXPECT_FALSE(holds("labels.instance.matches(\"^n2\")"));
}

TEST_F(Expressions, CompareSeveritiesOnTheScale) {
  EXPECT_TRUE(holds("severity >= warning && severity < critical && severity == error"));
  EXPECT_FALSE(holds("severity == critical"));
}

TEST_F(Expressions, ReadTablesWhereCoalesceTakesWhatIsMissing) {
  EXPECT_TRUE(holds("svc[service].tier == \"1\""));
  EXPECT_TRUE(holds("coalesce(svc[\"nobody\"].owner, \"sre\") == \"sre\""));
  EXPECT_TRUE(holds("coalesce(svc[\"ledger\"].owner, \"sre\") == \"sre\""));
  EXPECT_FALSE(holds("svc[\"nobody\"].owner == \"sre\""));
}

TEST_F(Expressions, ReadTimes) { EXPECT_TRUE(holds("starts_at == timestamp(\"2026-01-01T00:00:00Z\")")); }

TEST_F(Expressions, HoldNotOnAnError) {
  facts_.tier = 0;
  EXPECT_FALSE(holds("10 / tier == 1"));
  EXPECT_TRUE(holds("name == \"DiskFull\" || 10 / tier == 1"));
}

TEST_F(Expressions, GiveTextsAndNumbers) {
  const Loaded loaded = load_text(
      "normalise:\n"
      "  - id: x\n"
      "    set: {host: 'labels.instance.split(\":\")[0]', title: 'name + \" on \" + labels.cluster', tier: '4 / "
      "tier'}\n"
      "  - {id: y, set: {component: tier}}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const auto& normalise = loaded.rules->normalise;
  const auto& set = normalise[normalise.size() - 2].set;
  EXPECT_EQ(set[0].expression.text(facts_, scratch_), "n1");
  EXPECT_EQ(set[1].expression.text(facts_, scratch_), "DiskFull on eu");
  EXPECT_EQ(set[2].expression.integer(facts_, scratch_), 4);
  EXPECT_EQ(normalise.back().set[0].expression.text(facts_, scratch_), "1");
  facts_.tier = 0;
  EXPECT_EQ(set[2].expression.integer(facts_, scratch_), std::nullopt);
  facts_.labels = {};
  EXPECT_EQ(set[1].expression.text(facts_, scratch_), "DiskFull on ");
}

TEST_F(Expressions, OfRoutesReadTheIncident) {
  IncidentFacts incident;
  incident.priority = Priority::p2;
  incident.severity = Severity{4};
  incident.status = IncidentStatus::acknowledged;
  incident.acked = true;
  incident.service = "checkout";
  incident.alert_count = 7;
  facts_.incident = &incident;
  const auto routes_to = [&](const std::string& expression) {
    const RuleSetPtr rules = rules_with(expression, "route");
    return rules != nullptr && rules->routes[0].when.holds(facts_, scratch_);
  };
  EXPECT_TRUE(routes_to("incident.priority in [\"P1\", \"P2\"]"));
  EXPECT_TRUE(routes_to("incident.severity >= error && incident.acked && incident.status == \"acknowledged\""));
  EXPECT_TRUE(routes_to("incident.alert_count > 5 && incident.service == \"checkout\""));
  EXPECT_TRUE(routes_to("incident.id.startsWith(\"inc-\")"));
  EXPECT_FALSE(routes_to("incident.alert_count > 7"));
}

TEST_F(Expressions, ThatAreEmptyHoldAndGiveNothing) {
  const Expression empty;
  EXPECT_TRUE(empty.holds(facts_, scratch_));
  EXPECT_EQ(empty.text(facts_, scratch_), std::nullopt);
  EXPECT_EQ(empty.integer(facts_, scratch_), std::nullopt);
}

}  // namespace
}  // namespace tocsin::rules
