// The example of the rule language: its stories hold, and ours for it notice every small change of what it decides by.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "engine/story/story_run.h"
#include "rules/load.h"
#include "rules/tools/mutation.h"
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

/// Told to the example with tables of our own, which have what stories of every cell and reach need.
TEST(Example, OurStoriesNoticeEveryChangeOfACountATimeAKeyAReachOrACell) {
  const std::filesystem::path folder = shared_dir() / "examples";
  const std::filesystem::path ours = source_dir() / "tests/core/example";
  if (!std::filesystem::exists(folder / "payments.tocsin.yaml")) {
    GTEST_SKIP() << "the example of the rule language is not here: set TOCSIN_SHARED to its folder";
  }
  TablesIn tables(ours);
  // The example's own stories speak of its own tables.
  std::string example = read(folder / "payments.tocsin.yaml");
  example.resize(example.find("\ntests:") + 1);
  std::vector<rules::SourceFile> files{{"stories.yaml", read(ours / "stories.yaml")}, {"example.yaml", example}};
  const auto loaded = rules::load(files, tables);
  for (const rules::Diagnostic& one : loaded.diagnostics) {
    if (one.level == rules::DiagnosticLevel::error) ADD_FAILURE() << rules::to_text(one, false);
  }
  ASSERT_TRUE(loaded.rules);
  for (const rules::Story& story : loaded.stories) {
    for (const StoryFailure& failure : run_story(story, loaded.rules, {}).failures) {
      ADD_FAILURE() << story.name << ": " << failure.message << "\n" << failure.because;
    }
  }
  const rules::SourceFile whole = files.back();
  const rules::RuleText text(whole);
  std::vector<std::string> survivors;
  std::size_t noticed = 0;
  for (const rules::Mutant& mutant : rules::mutants_of(text)) {
    files.back() = rules::mutated(text, mutant);
    const rules::Loaded changed = rules::load(files, tables);
    if (!changed.rules || rules::means_the_same(mutant, *loaded.rules, *changed.rules)) continue;
    const bool is_noticed = std::ranges::any_of(
        loaded.stories, [&](const rules::Story& story) { return !run_story(story, changed.rules, {}).passed(); });
    if (is_noticed) {
      ++noticed;
    } else {
      survivors.push_back(mutant.name);
    }
  }
  EXPECT_GT(noticed, 130U);
  // All alerts of stories are of one source; what is neither `ok` nor minor opens nothing either way.
  EXPECT_THAT(survivors,
              testing::UnorderedElementsAre("when source == \"alertmanager\" -> true", "default info -> ok"));
}

}  // namespace
}  // namespace tocsin
