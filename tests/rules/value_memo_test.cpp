// What is remembered of an expression is what it gives.
#include "rules/expressions/value_memo.h"

#include <gtest/gtest.h>

#include "rules/set/rule_index.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

constexpr std::string_view kRules = R"(
ruleset: own
normalise:
  - id: one
    set:
      service: 'workloadOf(labels.pod) != labels.pod ? workloadOf(labels.pod) : labels.app'
      title: '(labels.app + " on " + labels.node).upperAscii()'
      tier: 'int(labels.tier) * 1'
      resource: 'received_at > timestamp("2026-01-01T00:00:00Z") ? labels.pod + "!" : "old"'
)";

class ValueMemoTest : public testing::Test {
 protected:
  void read(std::vector<Label> labels) {
    scratch_.clear();
    labels_ = std::move(labels);
    facts_.labels = labels_;
    for (const NormaliseRule& rule : rules_->normalise) {
      for (const auto& [target, expression] : rule.set) {
        if (rule.id != "one") continue;
        if (target.field) {
          EXPECT_EQ(memo_.text(expression, facts_, scratch_), expression.text(facts_, scratch_)) << labels_[0].value;
        } else {
          EXPECT_EQ(memo_.integer(expression, facts_, scratch_), expression.integer(facts_, scratch_));
        }
        EXPECT_EQ(memo_.holds(expression, facts_, scratch_), expression.holds(facts_, scratch_));
      }
    }
  }
  const Expression& value_of(Field field) const {
    for (const NormaliseRule& rule : rules_->normalise) {
      for (const auto& [target, expression] : rule.set) {
        if (rule.id == "one" && target.field == field) return expression;
      }
    }
    throw std::runtime_error("no such value");
  }

  RuleSetPtr rules_ = load_text(kRules).rules;
  ValueMemo memo_{64 * 1024};
  Facts facts_;
  std::vector<Label> labels_;
  Arena scratch_;
};

TEST_F(ValueMemoTest, WhatIsReadAlikeGivesAlike) {
  for (int lap = 0; lap < 4; ++lap) {
    for (const char* const pod : {"", "cart-0", "cart-7d8f9c6b5d-x2x4z", "a"}) {
      for (const char* const tier : {"1", "x", ""}) {
        read({{"app", "cart"}, {"node", "n1"}, {"pod", pod}, {"tier", tier}});
        read({{"app", ""}, {"node", pod}, {"pod", "cart"}, {"tier", tier}});
      }
    }
  }
  EXPECT_GT(memo_.found(), 100U);
}

TEST_F(ValueMemoTest, ValuesThatNeverComeAgainTakeNoRoom) {
  for (int i = 0; i < 1000; ++i)
    read({{"app", "cart"}, {"node", std::to_string(i)}, {"pod", "p-" + std::to_string(i)}});
  EXPECT_LT(memo_.size(), 100U);
}

TEST_F(ValueMemoTest, WhatIsFullForgetsAndGoesOn) {
  for (int lap = 0; lap < 2; ++lap) {
    for (int i = 0; i < 3000; ++i) {
      const std::string node = "node-" + std::to_string(i);
      for (int twice = 0; twice < 2; ++twice) read({{"app", "cart"}, {"node", node}, {"pod", node}, {"tier", "3"}});
    }
  }
  EXPECT_GT(memo_.forgotten(), 0U);
}

// A part of a label stays a part of it: who keeps the texts keeps its bytes once.
TEST_F(ValueMemoTest, APartOfALabelIsAPartOfTheLabelInHand) {
  for (int lap = 0; lap < 4; ++lap) {
    read({{"app", "cart"}, {"pod", "cart-7d8f9c6b5d-x2x4z"}});
    const auto text = memo_.text(value_of(Field::service), facts_, scratch_);
    ASSERT_EQ(text, "cart");
    EXPECT_EQ(text->data(), labels_[1].value.data()) << lap;
  }
}

TEST_F(ValueMemoTest, WhatDependsOnAnInstantIsWorkedOut) {
  read({{"app", "cart"}, {"pod", "p"}});
  const Expression& resource = value_of(Field::resource);
  EXPECT_FALSE(resource.impl() == nullptr);
  for (int lap = 0; lap < 3; ++lap) {
    facts_.received_at = Instant{} + std::chrono::hours{24 * 365 * (lap + 55)};
    EXPECT_EQ(memo_.text(resource, facts_, scratch_), resource.text(facts_, scratch_));
  }
}

TEST_F(ValueMemoTest, LengthsTellValuesApart) {
  for (int lap = 0; lap < 3; ++lap) {
    read({{"app", "a"}, {"node", "bc"}, {"pod", ""}});
    read({{"app", "ab"}, {"node", "c"}, {"pod", ""}});
  }
}

}  // namespace
}  // namespace tocsin::rules
