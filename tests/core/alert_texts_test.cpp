#include "engine/core/conditions/alert_texts.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

class AlertTextsTest : public testing::Test {
 protected:
  // On the heap, so that what still pointed into them after forget() would be found by the address sanitizer.
  std::unique_ptr<std::string> bytes_ = std::make_unique<std::string>("DiskFull ledger-7f9 the disk is full");
  std::vector<Label> labels_{{"alertname", part(0, 8)}, {"pod", part(9, 10)}};
  std::vector<Label> annotations_{{"summary", part(20, 16)}};
  rules::Facts facts_;

  std::string_view part(std::size_t from, std::size_t length) const {
    return std::string_view{*bytes_}.substr(from, length);
  }
  AlertTexts kept() {
    facts_.labels = labels_;
    facts_.annotations = annotations_;
    AlertTexts texts(facts_);
    bytes_.reset();
    return texts;
  }
};

TEST_F(AlertTextsTest, KeepsLabelsAnnotationsAndFieldsAsTheyWere) {
  const std::string elsewhere = "payments";
  facts_[Field::name] = part(0, 8);       // a label, whole
  facts_[Field::service] = part(9, 6);    // a part of one
  facts_[Field::title] = part(20, 16);    // an annotation
  facts_[Field::team] = elsewhere;        // what a rule made
  facts_[Field::component] = part(0, 0);  // nothing
  const AlertTexts texts = kept();
  EXPECT_EQ(texts[Field::name], "DiskFull");
  EXPECT_EQ(texts[Field::service], "ledger");
  EXPECT_EQ(texts[Field::title], "the disk is full");
  EXPECT_EQ(texts[Field::team], "payments");
  EXPECT_EQ(texts[Field::component], "");
  EXPECT_EQ(texts[Field::owner], "");
  ASSERT_EQ(texts.label_count(), 2U);
  EXPECT_EQ(texts.label(0), (Label{"alertname", "DiskFull"}));
  EXPECT_EQ(texts.label(1), (Label{"pod", "ledger-7f9"}));
  ASSERT_EQ(texts.annotation_count(), 1U);
  EXPECT_EQ(texts.annotation(0), (Label{"summary", "the disk is full"}));
}

TEST_F(AlertTextsTest, AFieldOfALabelSharesItsBytes) {
  facts_[Field::service] = part(9, 10);
  const AlertTexts texts = kept();
  EXPECT_EQ(texts[Field::service].data(), texts.label(1).value.data());
}

TEST_F(AlertTextsTest, ATextOverTwoLabelsIsItsOwn) {
  facts_[Field::title] = part(5, 10);  // "ull ledger": the end of one value and the beginning of the next
  EXPECT_EQ(kept()[Field::title], "ull ledger");
}

TEST_F(AlertTextsTest, ListsWhatItHas) {
  const AlertTexts texts = kept();
  std::vector<Label> labels{{"old", "one"}};
  std::vector<Label> annotations;
  texts.list(labels, annotations);
  EXPECT_EQ(labels, (std::vector<Label>{{"alertname", "DiskFull"}, {"pod", "ledger-7f9"}}));
  EXPECT_EQ(annotations, (std::vector<Label>{{"summary", "the disk is full"}}));
  EXPECT_EQ(texts.label_value("pod"), "ledger-7f9");
  EXPECT_EQ(texts.label_value("summary"), "");
}

TEST_F(AlertTextsTest, WithoutAnAlertEverythingIsEmpty) {
  const AlertTexts none;
  EXPECT_EQ(none[Field::name], "");
  EXPECT_EQ(none.label_count() + none.annotation_count(), 0U);
  labels_.clear();
  annotations_.clear();
  EXPECT_EQ(kept()[Field::name], "");
}

}  // namespace
}  // namespace tocsin
