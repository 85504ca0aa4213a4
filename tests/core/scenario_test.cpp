// Tells the stories of the engine's own scenarios and of the shipped rule files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "engine/core/story_run.h"
#include "tests/core/testing.h"
#include "tests/places.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_with_stories() {
  std::vector<std::string> names;
  for (const char* folder : {"tests/scenarios", "rules/library"}) {
    for (const auto& entry : fs::directory_iterator(source_dir() / folder)) {
      if (entry.path().extension() == ".yaml")
        names.push_back(std::string(folder) + "/" + entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

std::string read(const std::string& name) {
  std::ifstream file(source_dir() / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, AllItsStoriesHold) {
  testing_core::NoTables tables;
  const rules::Loaded loaded = rules::load({{GetParam(), read(GetParam())}}, tables);
  for (const rules::Diagnostic& diagnostic : loaded.diagnostics) ADD_FAILURE() << rules::to_text(diagnostic, false);
  ASSERT_TRUE(loaded.rules);
  ASSERT_FALSE(loaded.stories.empty()) << "a rule file without tests";
  const BodyDecoder none = [](std::string_view, std::string_view, const HashKey&, AlertBatch&) -> Result<void> {
    return refuse(Refusal::unknown_source, "these stories send no bodies");
  };
  for (const rules::Story& story : loaded.stories) {
    for (const StoryFailure& failure : run_story(story, loaded.rules, none).failures) {
      ADD_FAILURE() << failure.place.file << ":" << failure.place.line << ": " << story.name << "\n"
                    << failure.message << "\nexpected: " << failure.expected << "\nfound: " << failure.found << "\n"
                    << failure.because;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Scenario, testing::ValuesIn(files_with_stories()), [](const auto& file) {
  std::string name = fs::path(file.param).stem().string();
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

/// A story that must fail, and the word that its failure must have: a runner that passes everything is worth nothing.
TEST(StoryRunner, SaysWhatWasNotAsExpected) {
  testing_core::NoTables tables;
  const rules::Loaded loaded = rules::load({{"wrong.yaml", R"(
tocsin: 1
ruleset: wrong
tests:
  - name: wrong in every way
    send: [{at: 0s, alert: {alertname: Down, service: a, severity: critical}}]
    expect:
      - {at: 1s, incidents: []}
      - {at: 2s, incidents: [{revision: 7}]}
      - {at: 3s, incidents: [{alerts: [Down]}, {alerts: [Other]}]}
      - {at: 4s, closed: 3}
      - {at: 5s, last: {nowhere: opened}}
)"}},
                                           tables);
  ASSERT_TRUE(loaded.rules);
  ASSERT_EQ(loaded.stories.size(), 1U);
  const StoryResult result = run_story(loaded.stories[0], loaded.rules, {});
  std::vector<std::uint32_t> lines;
  for (const StoryFailure& failure : result.failures) lines.push_back(failure.place.line);
  EXPECT_THAT(lines, testing::ElementsAre(8, 9, 10, 11, 12));
}

}  // namespace
}  // namespace tocsin
