#include "rules/expressions/condition_parts.h"

#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

class ConditionParts : public testing::Test {
 protected:
  ConditionParts() {
    facts_[Field::name] = "DiskFull";
    facts_[Field::service] = "checkout";
    facts_.tier = 2;
    facts_.severity = Severity{2};  // warning
    facts_.labels = labels_;
  }

  std::string fails(const std::string& condition) { return told_of(condition, what_fails); }
  std::string holds(const std::string& condition) { return told_of(condition, what_holds); }

 private:
  std::string told_of(const std::string& condition, std::string (*what)(const Expression&, const Facts&, Arena&)) {
    const Loaded loaded = load_text("correlate: [{id: x, kind: group, by: [], when: '" + condition + "'}]\n");
    EXPECT_NE(loaded.rules, nullptr) << told(loaded);
    return loaded.rules == nullptr ? "" : what(loaded.rules->groups[0].when, facts_, scratch_);
  }

  const std::vector<Label> labels_{{"env", "prod"}, {"service.name", "a"}};
  Facts facts_;
  Arena scratch_;
};

TEST_F(ConditionParts, ThatFailSayWhatTheyRead) {
  EXPECT_EQ(fails("severity >= error && tier <= 2"), "`severity >= error` (severity is warning)");
  EXPECT_EQ(fails("name == \"X\" && labels.env == \"test\" && tier == 2"),
            "`name == \"X\"` (name is \"DiskFull\") and `labels.env == \"test\"` (labels.env is \"prod\")");
  EXPECT_EQ(fails("labels[\"service.name\"] == \"b\""),
            "`labels[\"service.name\"] == \"b\"` (labels[\"service.name\"] is \"a\")");
  EXPECT_EQ(fails("tier == 2"), "");
}

TEST_F(ConditionParts, OfAnOrAreOnePartWithAllThatItRead) {
  EXPECT_EQ(fails("tier == 1 || service == \"cart\""),
            "`tier == 1 || service == \"cart\"` (service is \"checkout\", tier is 2)");
}

TEST_F(ConditionParts, WithoutAValueSayWhy) {
  EXPECT_EQ(fails("int(labels.env) > 3"),
            "`int(labels.env) > 3` (labels.env is \"prod\", it has no value: not an int)");
}

TEST_F(ConditionParts, ThatHoldAreToldToo) {
  EXPECT_EQ(holds("severity >= error && tier <= 2"), "`tier <= 2` (tier is 2)");
}

TEST(Rules, SayWhereTheyStand) {
  const Loaded loaded = load_text("correlate:\n  - {id: a, kind: group, by: []}\n  - {id: b, kind: group, by: []}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const Place* place = place_of(*loaded.rules, "b");
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(place->line, 4U);  // load_text puts a line before
  EXPECT_FALSE(place->file.empty());
  EXPECT_EQ(place_of(*loaded.rules, "nobody"), nullptr);
}

}  // namespace
}  // namespace tocsin::rules
