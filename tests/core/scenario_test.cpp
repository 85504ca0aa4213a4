// Tells the stories of the engine's own scenarios and of the shipped rule files.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "connectors/sources/decoders.h"
#include "engine/story/story_run.h"
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

class TablesBeside : public rules::TableReader {
 public:
  bool read(std::string_view rule_file, std::string_view table_file, std::string& bytes) override {
    const fs::path folder = fs::path(rule_file).parent_path();
    if (!fs::exists(source_dir() / folder / table_file)) return false;
    bytes = ::tocsin::read((folder / table_file).string());
    return true;
  }
};

/// Tells the stories to the rules of these files. What a source would post is read by its real decoder.
void expect_all_hold(const std::vector<std::string>& names) {
  std::vector<rules::SourceFile> files;
  for (const std::string& name : names) files.push_back({name, read(name)});
  TablesBeside tables;
  const rules::Loaded loaded = rules::load(files, tables);
  for (const rules::Diagnostic& diagnostic : loaded.diagnostics) ADD_FAILURE() << rules::to_text(diagnostic, false);
  ASSERT_TRUE(loaded.rules);
  ASSERT_FALSE(loaded.stories.empty()) << "a rule file without tests";
  const auto decoders = make_decoders();
  const BodyDecoder decode = [&](std::string_view source, std::string_view body, const HashKey& key,
                                 AlertBatch& batch) -> Result<void> {
    SourceDecoder* decoder = decoders->find(source);
    return decoder == nullptr ? refuse(Refusal::unknown_source, "no such source") : decoder->decode(body, key, batch);
  };
  for (const rules::Story& story : loaded.stories) {
    for (const StoryFailure& failure : run_story(story, loaded.rules, decode).failures) {
      ADD_FAILURE() << failure.place.file << ":" << failure.place.line << ": " << story.name << "\n"
                    << failure.message << "\nexpected: " << failure.expected << "\nfound: " << failure.found << "\n"
                    << failure.because;
    }
  }
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, AllItsStoriesHold) { expect_all_hold({GetParam()}); }

/// Operators take the shipped files together: none may say otherwise about what another speaks of.
TEST(Library, AllStoriesHoldToAllFilesTogether) {
  std::vector<std::string> names = files_with_stories();
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("rules/library/"); });
  expect_all_hold(names);
}

TEST(LayeredScenario, AllStoriesOfAPlatformAndItsTeamsHold) {
  expect_all_hold({"tests/scenarios/layers/00-platform.yaml", "tests/scenarios/layers/10-payments.yaml",
                   "tests/scenarios/layers/20-web.yaml"});
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
    send: [{at: 0s, alert: {alertname: Down, service: a, severity: critical, host: n1}}]
    expect:
      - {at: 1s, incidents: []}
      - {at: 2s, incidents: [{revision: 7}]}
      - {at: 3s, incidents: [{alerts: [Down]}, {alerts: [Other]}]}
      - {at: 4s, closed: 3}
      - {at: 5s, last: {nowhere: opened}}
      - {at: 6s, incidents: [{topics: [incidents.page, incidents.queue]}]}
      - {at: 7s, incidents: [{topics: []}]}
      - {at: 8s, incidents: [{host: n2}]}
      - {at: 9s, incidents: [{topics: [incidents.page], host: n1, environment: ""}]}
)"}},
                                           tables);
  ASSERT_TRUE(loaded.rules);
  ASSERT_EQ(loaded.stories.size(), 1U);
  const StoryResult result = run_story(loaded.stories[0], loaded.rules, {});
  std::vector<std::uint32_t> lines;
  for (const StoryFailure& failure : result.failures) lines.push_back(failure.place.line);
  EXPECT_THAT(lines, testing::ElementsAre(8, 9, 10, 11, 12, 13, 14, 15));
}

}  // namespace
}  // namespace tocsin
