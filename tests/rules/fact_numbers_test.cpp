// Texts with equal numbers are equal, and what a shape says of an alert is so.
#include "rules/expressions/fact_numbers.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

FactPlace label_place(std::string name) {
  const std::uint32_t bucket = cel::LabelDirectory::bucket_of(name);
  return {FactPlace::Kind::label, bucket, std::move(name)};
}

TEST(FactNumbers, WhatIsMetTwiceHasANumberOfItsOwn) {
  FactNumbers numbers;
  EXPECT_EQ(numbers.number_of(""), FactNumbers::kEmpty);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(numbers.number_of("cart"), FactNumbers::kUnknown) << "in one alert";
  numbers.make_room();
  const std::uint32_t cart = numbers.number_of("cart");
  EXPECT_GT(cart, FactNumbers::kEmpty);
  EXPECT_EQ(numbers.number_of("cart"), cart);
  numbers.number_of("pay");
  numbers.make_room();
  EXPECT_NE(numbers.number_of("pay"), cart);
  EXPECT_NE(numbers.number_of("pay"), FactNumbers::kUnknown);
  const std::string long_text(FactNumbers::kTextBytesMax + 1, 'x');
  for (int i = 0; i < 3; ++i) {
    numbers.make_room();
    EXPECT_EQ(numbers.number_of(long_text), FactNumbers::kUnknown);
  }
}

TEST(FactNumbers, ManyTextsHaveManyNumbersAndTooManyAreForgottenBeforeTheNextAlert) {
  FactNumbers numbers;
  const std::uint32_t before = numbers.generation();
  const auto text = [](std::size_t i) { return "t" + std::to_string(i); };
  std::vector<std::uint32_t> of;
  std::size_t at = 0;
  for (; of.size() + 2 < FactNumbers::kTextsMax; ++at) {
    numbers.make_room();
    numbers.number_of(text(at));
    numbers.make_room();
    of.push_back(numbers.number_of(text(at)));
    ASSERT_GT(of.back(), FactNumbers::kEmpty) << at;
  }
  ASSERT_EQ(numbers.generation(), before);
  for (std::size_t i = 0; i < at; ++i) ASSERT_EQ(numbers.number_of(text(i)), of[i]) << i;
  numbers.number_of("more");
  numbers.make_room();
  EXPECT_EQ(numbers.number_of("more"), FactNumbers::kUnknown) << "there is no room";
  EXPECT_EQ(numbers.number_of(text(0)), of[0]) << "nothing is forgotten while it may be in use";
  Facts facts;
  numbers.set_labels(facts, {}, {});
  EXPECT_NE(numbers.generation(), before);
  // That a text was met once may be remembered beyond that; its number is not.
  EXPECT_EQ(numbers.number_of("never met"), FactNumbers::kUnknown);
  const std::uint32_t anew = numbers.number_of(text(at - 1));
  EXPECT_TRUE(anew == FactNumbers::kUnknown || anew < of.back()) << anew;
}

TEST(FactNumbers, AlertsOfTheSameNamesAreOfOneShapeAndReadByPlace) {
  FactNumbers numbers;
  Facts facts;
  const std::vector<Label> first{{"alertname", "A"}, {"pod", "p-1"}};
  const std::vector<Label> second{{"alertname", "B"}, {"pod", "p-2"}};
  const std::vector<Label> notes{{"summary", "s"}};
  numbers.set_labels(facts, first, notes);
  EXPECT_EQ(numbers.shape_of(facts), FactNumbers::kNoShape) << "met for the first time";
  numbers.set_labels(facts, second, notes);
  const std::uint32_t shape = numbers.shape_of(facts);
  ASSERT_NE(shape, FactNumbers::kNoShape);
  const FactPlace pod = label_place("pod");
  const auto reading = numbers.reading(shape, pod);
  ASSERT_TRUE(reading);
  std::uint64_t bytes = 0;
  EXPECT_EQ(numbers.read(*reading, facts, bytes).text, "p-2");
  EXPECT_EQ(facts.label_directory->find("pod"), "p-2");
  EXPECT_EQ(facts.annotation_directory->find("summary"), "s");
  const FactPlace node = label_place("node");
  EXPECT_FALSE(numbers.reading(shape, node)) << "alerts of this shape have none";
  numbers.set_labels(facts, first, notes);
  EXPECT_EQ(numbers.shape_of(facts), shape);
  EXPECT_EQ(numbers.read(*reading, facts, bytes).text, "p-1");
}

TEST(FactNumbers, OtherNamesOrAnEmptyValueAreAnotherShape) {
  FactNumbers numbers;
  Facts facts;
  const std::vector<std::vector<Label>> all{{{"a", "1"}, {"bc", "1"}}, {{"ab", "1"}, {"c", "1"}}, {{"a", "1"}}};
  std::vector<std::uint32_t> shapes;
  for (const std::vector<Label>& labels : all) {
    for (int twice = 0; twice < 2; ++twice) numbers.set_labels(facts, labels, {});
    shapes.push_back(numbers.shape_of(facts));
    EXPECT_NE(shapes.back(), FactNumbers::kNoShape);
  }
  EXPECT_NE(shapes[0], shapes[1]);
  EXPECT_NE(shapes[0], shapes[2]);
  const std::vector<Label> without{{"a", "1"}, {"bc", ""}};
  for (int thrice = 0; thrice < 3; ++thrice) numbers.set_labels(facts, without, {});
  EXPECT_EQ(numbers.shape_of(facts), FactNumbers::kNoShape);
  // a note is no label
  const std::vector<Label> label{{"a", "1"}};
  const std::vector<Label> note{{"bc", "1"}};
  for (int twice = 0; twice < 2; ++twice) numbers.set_labels(facts, label, note);
  EXPECT_NE(numbers.shape_of(facts), shapes[0]);
}

TEST(FactNumbers, TooManyShapesAreForgottenAndWhatIsInHandStaysReadable) {
  FactNumbers numbers;
  Facts facts;
  const std::uint32_t before = numbers.generation();
  for (std::size_t i = 0; i < 2 * FactNumbers::kShapesMax + 10; ++i) {
    const std::string name = "n" + std::to_string(i);
    const std::vector<Label> labels{{name, "v"}};
    for (int twice = 0; twice < 2; ++twice) {
      numbers.set_labels(facts, labels, {});
      ASSERT_EQ(facts.label_directory->find(name), "v");
    }
  }
  EXPECT_NE(numbers.generation(), before);
}

// Two alerts in hand one after the other may have other texts at one address.
TEST(FactNumbers, AFieldIsNumberedAnewForEachAlert) {
  FactNumbers numbers;
  for (int i = 0; i < 2; ++i) {
    numbers.make_room();
    numbers.number_of("one");
    numbers.number_of("two");
  }
  std::string buffer = "one";
  const Reading reading{Reading::Kind::field, static_cast<std::uint32_t>(Field::service), nullptr};
  std::uint64_t bytes = 0;
  Facts facts;
  numbers.set_labels(facts, {}, {});
  facts[Field::service] = buffer;
  EXPECT_EQ(numbers.read(reading, facts, bytes).number, numbers.number_of("one"));
  buffer = "two";
  numbers.set_labels(facts, {}, {});
  facts[Field::service] = buffer;
  EXPECT_EQ(numbers.read(reading, facts, bytes).number, numbers.number_of("two"));
  Facts unknown;  // nobody tells of what becomes of it
  unknown[Field::service] = buffer;
  EXPECT_EQ(numbers.read(reading, unknown, bytes).number, numbers.number_of("two"));
  buffer = "one";
  EXPECT_EQ(numbers.read(reading, unknown, bytes).number, numbers.number_of("one"));
}

}  // namespace
}  // namespace tocsin::rules
