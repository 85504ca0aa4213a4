#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/entries.h"
#include "tests/places.h"

namespace {

struct Entry {
  const char* name;  // also the folder of its inputs
  void (*run)(std::string_view);
  std::size_t prefixes = 200;  // of each input, at most
};

class Corpus : public testing::TestWithParam<Entry> {};

TEST_P(Corpus, PassesEveryInputAndEveryPrefixOfIt) {
  const std::filesystem::path folder = tocsin::source_dir() / "tests/fuzz/corpus" / GetParam().name;
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.push_back(file.path());
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename().string());
    std::ifstream stream(file, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(stream), {}};
    GetParam().run(input);
    const std::size_t step = input.size() / GetParam().prefixes + 1;
    for (std::size_t size = 0; size < input.size(); size += step) GetParam().run(input.substr(0, size));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Replay, Corpus,
    testing::Values(Entry{"alertmanager_v2", tocsin::fuzz::alertmanager_v2},
                    Entry{"known_alerts", tocsin::fuzz::known_alerts, 100}, Entry{"command", tocsin::fuzz::command, 60},
                    Entry{"webhook", tocsin::fuzz::webhook}, Entry{"generic", tocsin::fuzz::generic},
                    Entry{"log", tocsin::fuzz::log, 30}, Entry{"expression", tocsin::fuzz::expression},
                    Entry{"rule_file", tocsin::fuzz::rule_file, 20}, Entry{"rule_format", tocsin::fuzz::rule_format}),
    [](const auto& named) { return std::string(named.param.name); });

}  // namespace
