// The example of the rule language: those of its stories hold whose rules this version acts on.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "engine/story/story_run.h"
#include "rules/load.h"
#include "tests/places.h"

namespace tocsin {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TablesIn final : public rules::TableReader {
 public:
  explicit TablesIn(std::filesystem::path folder) : folder_(std::move(folder)) {}
  bool read(std::string_view, std::string_view table_file, std::string& bytes) override {
    const std::filesystem::path path = folder_ / table_file;
    if (!std::filesystem::exists(path)) return false;
    bytes = tocsin::read(path);
    return true;
  }

 private:
  std::filesystem::path folder_;
};

TEST(Example, ItsStoriesHold) {
  const std::filesystem::path folder = shared_dir() / "examples";
  if (!std::filesystem::exists(folder / "payments.tocsin.yaml")) {
    GTEST_SKIP() << "the example of the rule language is not here: set TOCSIN_SHARED to its folder";
  }
  TablesIn tables(folder);
  const auto loaded = rules::load({{"payments.tocsin.yaml", read(folder / "payments.tocsin.yaml")}}, tables);
  ASSERT_TRUE(loaded.rules);
  std::size_t told = 0;
  for (const rules::Story& story : loaded.stories) {
    ++told;
    for (const StoryFailure& failure : run_story(story, loaded.rules, {}).failures) {
      ADD_FAILURE() << story.name << ": " << failure.message << "\nexpected: " << failure.expected
                    << "\nfound: " << failure.found << "\n"
                    << failure.because;
    }
  }
  EXPECT_EQ(told, 4U);
}

}  // namespace
}  // namespace tocsin
