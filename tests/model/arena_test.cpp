#include "engine/model/arena.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(Arena, KeepsCopies) {
  Arena arena(16);
  std::string text = "text";
  const std::string_view kept = arena.keep(text);
  text = "####";
  EXPECT_EQ(kept, "text");
  EXPECT_TRUE(arena.keep("").empty());
}

TEST(Arena, TextsStayWhereTheyAreWhileItGrows) {
  Arena arena(64);
  std::vector<std::string_view> kept;
  for (int i = 0; i < 1000; ++i) kept.push_back(arena.keep("text " + std::to_string(i)));
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i], "text " + std::to_string(i));
}

TEST(Arena, TakesTextsLargerThanItsBlocks) {
  Arena arena(8);
  const std::string large(1000, 'x');
  const std::string_view small = arena.keep("small");
  EXPECT_EQ(arena.keep(large), large);
  EXPECT_EQ(arena.keep("after"), "after");
  EXPECT_EQ(small, "small");
}

TEST(Arena, UsesItsBlocksAgainAfterClear) {
  Arena arena(64);
  std::set<const char*> first;
  for (int i = 0; i < 10; ++i) first.insert(arena.keep(std::string(40, 'a')).data());
  arena.clear();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(first.contains(arena.keep(std::string(40, 'b')).data())) << i;
}

TEST(Arena, MovedTextsKeepTheirPlace) {
  Arena arena;
  const std::string_view kept = arena.keep("text");
  const Arena moved = std::move(arena);
  EXPECT_EQ(kept, "text");
}

}  // namespace
}  // namespace tocsin
