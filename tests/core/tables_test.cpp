// What the rooms of the core keep things in: each beside a slow one that is right.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/core/conditions/alert_texts.h"
#include "engine/core/conditions/text_pool.h"
#include "engine/core/deadlines.h"
#include "engine/core/few.h"
#include "engine/core/piece_heap.h"
#include "engine/core/tag_table.h"

namespace tocsin {
namespace {

class Draws {
 public:
  explicit Draws(unsigned seed) : random_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(random_()); }

 private:
  std::mt19937 random_;
};

TEST(TagTable, FindsWhatIsThereAlsoWhereManyHaveOneTag) {
  for (const std::uint32_t tags : {1U, 7U, 1000U, 0xffff'ffffU}) {
    Draws random(tags);
    TagTable table;
    std::map<std::uint32_t, std::uint32_t> known;  // number → tag
    for (int step = 0; step < 20'000; ++step) {
      const std::uint32_t number = random() % 500;
      // Few tags, at both ends: then they lie in each other's way, and around the end of the table.
      const std::uint32_t tag = 0U - random() % tags;
      if (const auto found = known.find(number); found != known.end()) {
        table.remove(found->second, number);
        known.erase(found);
      } else {
        table.add(tag, number);
        known.emplace(number, tag);
      }
      ASSERT_EQ(table.size(), known.size());
      const std::uint32_t asked = random() % 500;
      const auto is_known = known.find(asked);
      const std::uint32_t at = is_known == known.end() ? tag : is_known->second;
      ASSERT_EQ(table.find(at, [&](std::uint32_t one) { return one == asked; }),
                is_known == known.end() ? kNoSlot : asked);
    }
  }
}

TEST(TagTable, OneNumberMayHaveSeveralTags) {
  TagTable table;
  table.add(1, 5);
  table.add(0x8000'0000, 5);
  const auto any = [](std::uint32_t) { return true; };
  table.remove(1, 5);
  EXPECT_EQ(table.find(1, any), kNoSlot);
  EXPECT_EQ(table.find(0x8000'0000, any), 5U);
}

TEST(PieceHeap, GivesBlocksThatDoNotMeetAndTakesThemBack) {
  Draws random(1);
  PieceHeap heap;
  struct Block {
    std::uint32_t number;
    std::size_t bytes;
    char mark;
  };
  std::vector<Block> blocks;
  const auto check = [&](const Block& block) {
    for (std::size_t i = 0; i < block.bytes; ++i) ASSERT_EQ(heap[block.number][i], block.mark);
  };
  for (int step = 0; step < 20'000; ++step) {
    if (blocks.size() > 400 || (!blocks.empty() && random() % 3 == 0)) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      check(blocks.back());
      heap.give_back(blocks.back().number, blocks.back().bytes);
      blocks.pop_back();
    } else {
      const std::size_t bytes = 1 + random() % (random() % 8 == 0 ? PieceHeap::kBlockBytesMax : 300);
      const Block block{heap.take(bytes), bytes, static_cast<char>(step)};
      std::fill_n(heap[block.number], bytes, block.mark);
      blocks.push_back(block);
    }
  }
  for (const Block& block : blocks) {
    check(block);
    heap.give_back(block.number, block.bytes);
  }
  EXPECT_EQ(heap.used_bytes(), 0U);
}

struct Mark {
  std::uint32_t value : 30 = 0;
  bool flag : 1 = false;
  friend bool operator==(const Mark&, const Mark&) = default;
};

TEST(Few, IsARowOfAnyLength) {
  Draws random(2);
  Few<Mark> few;
  std::vector<Mark> known;
  for (int step = 0; step < 5'000; ++step) {
    Mark mark;
    mark.value = random() % 12 & 15U;
    mark.flag = random() % 2 == 0;
    if (random() % 3 == 0) {
      ASSERT_EQ(few.remove(mark), std::erase(known, mark));
    } else if (known.size() < 40) {
      const std::size_t at = random() % (known.size() + 1);
      few.insert(few.begin() + at, mark);
      known.insert(known.begin() + static_cast<std::ptrdiff_t>(at), mark);
    }
    ASSERT_TRUE(std::ranges::equal(few, known));
    if (random() % 50 == 0) {
      few = {};
      known.clear();
    }
    Few<Mark> moved = std::move(few);
    few = std::move(moved);
    ASSERT_EQ(few.size(), known.size());
  }
}

TEST(Deadlines, ComeInOneOrderHoweverTheyWereAdded) {
  Draws random(3);
  Deadlines deadlines;
  std::map<std::pair<Instant, std::uint64_t>, std::uint32_t> known;
  std::int64_t now = 0;
  for (std::uint32_t step = 0; step < 20'000; ++step) {
    now += random() % 3;
    // Most are of one length, as leases are.
    const std::int64_t after = random() % 5 == 0 ? std::int64_t{1 + random() % 400} : 300;
    const std::uint64_t number = random() % 1'000'000;
    const Instant at = from_unix_ns(now + after);
    if (known.emplace(std::pair{at, number}, step).second) deadlines.add(at, number, step, 0);
    while (deadlines.next() <= from_unix_ns(now)) {
      const Deadline due = deadlines.take();
      ASSERT_EQ(due.at, known.begin()->first.first);
      ASSERT_EQ(due.number, known.begin()->first.second);
      known.erase(known.begin());
    }
    if (step % 1000 == 0) {
      deadlines.sweep([](const Deadline& one) { return one.slot % 7 != 0; });
      std::erase_if(known, [](const auto& one) { return one.second % 7 == 0; });
    }
    ASSERT_EQ(deadlines.size(), known.size());
    ASSERT_EQ(deadlines.next(), known.empty() ? kNever : known.begin()->first.first);
  }
}

TEST(TextPool, KeepsWhatIsMetTwiceAndForgetsWhatNobodyHas) {
  TextPool pool;
  EXPECT_EQ(pool.take("monitoring/k8s"), TextPool::kNone);
  const TextPool::Id id = pool.take("monitoring/k8s");
  ASSERT_NE(id, TextPool::kNone);
  EXPECT_EQ(pool[id], "monitoring/k8s");
  EXPECT_EQ(pool.take("monitoring/k8s"), id);
  EXPECT_EQ(pool.size(), 1U);
  pool.release(id);
  EXPECT_EQ(pool[id], "monitoring/k8s");
  pool.release(id);
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_EQ(pool.take("eu"), TextPool::kNone);
  EXPECT_EQ(pool.take("eu"), TextPool::kNone) << "a short one costs no more where it is";
  const std::string long_one(TextPool::kTextBytesMax + 1, 'x');
  EXPECT_EQ(pool.take(long_one), TextPool::kNone);
  EXPECT_EQ(pool.take(long_one), TextPool::kNone);
}

/// Alerts of some kinds, most values of few, some long, some empty; now and then with names that nobody else has.
class PooledTexts : public testing::TestWithParam<unsigned> {};

TEST_P(PooledTexts, AreThoseThatWereGiven) {
  struct Given {
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<std::pair<std::string, std::string>> annotations;
    std::array<std::string, kFieldCount> fields;
  };
  Draws random(GetParam());
  TextPool pool;
  const auto draw_value = [&] {
    const unsigned kind = random() % 10;
    if (kind == 0) return std::string{};
    if (kind == 1) return std::string(random() % 3000, 'v');
    if (kind < 4) return "unique-" + std::to_string(random());
    return "value-" + std::string(random() % 30, 'x') + std::to_string(random() % 5);
  };
  const auto draw = [&] {
    Given given;
    const unsigned kind = random() % 6;
    for (auto* part : {&given.labels, &given.annotations}) {
      const unsigned count = kind == 5 ? random() % 70 : kind + 1;
      for (unsigned i = 0; i < count; ++i) {
        const std::string name = "name-" + std::to_string(kind) + std::string(i % 12, 'n') + std::to_string(i);
        part->emplace_back(random() % 40 == 0 ? name + std::to_string(random()) : name, draw_value());
      }
    }
    return given;
  };
  struct Kept {
    Given given;
    AlertTexts texts;
  };
  std::vector<Kept> kept;
  const auto keep = [&](Given given, TextPool* into) {
    std::vector<Label> labels;
    std::vector<Label> annotations;
    for (const auto& [name, value] : given.labels) labels.push_back({name, value});
    for (const auto& [name, value] : given.annotations) annotations.push_back({name, value});
    rules::Facts facts;
    facts.labels = labels;
    facts.annotations = annotations;
    for (std::size_t field = 0; field < kFieldCount; ++field) {
      // As a value stands, a part of one, or of their own.
      const unsigned from = random() % 4;
      const std::string_view value = labels.empty() ? std::string_view{} : labels[random() % labels.size()].value;
      if (from == 0) facts.text[field] = value;
      if (from == 1) facts.text[field] = value.substr(value.size() / 2);
      given.fields[field] = from < 2 ? std::string{facts.text[field]} : draw_value();
      if (from >= 2) facts.text[field] = given.fields[field];
    }
    AlertTexts texts(facts, into);
    return Kept{std::move(given), std::move(texts)};
  };
  const auto check = [](const Kept& one) {
    ASSERT_EQ(one.texts.label_count(), one.given.labels.size());
    ASSERT_EQ(one.texts.annotation_count(), one.given.annotations.size());
    for (std::size_t i = 0; i < one.given.labels.size(); ++i) {
      ASSERT_EQ(one.texts.label(i).name, one.given.labels[i].first);
      ASSERT_EQ(one.texts.label(i).value, one.given.labels[i].second);
    }
    for (std::size_t i = 0; i < one.given.annotations.size(); ++i) {
      ASSERT_EQ(one.texts.annotation(i).name, one.given.annotations[i].first);
      ASSERT_EQ(one.texts.annotation(i).value, one.given.annotations[i].second);
    }
    for (std::size_t field = 0; field < kFieldCount; ++field)
      ASSERT_EQ(one.texts[static_cast<Field>(field)], one.given.fields[field]);
  };
  for (int step = 0; step < 3'000; ++step) {
    if (kept.size() > 100 || (!kept.empty() && random() % 4 == 0)) {
      std::swap(kept[random() % kept.size()], kept.back());
      check(kept.back());
      kept.pop_back();
    } else {
      kept.push_back(keep(draw(), random() % 20 == 0 ? nullptr : &pool));
      check(kept.back());
    }
  }
  for (const Kept& one : kept) check(one);
  kept.clear();
  pool.forget_last();
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_EQ(pool.blocks().used_bytes(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Simulation, PooledTexts, testing::Range(0U, 4U));

}  // namespace
}  // namespace tocsin
