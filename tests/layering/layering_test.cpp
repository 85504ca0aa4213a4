#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/places.h"

// Who may include whom, and what the pure layers may not touch. The table is the rule; a new folder needs a row.

namespace {

namespace fs = std::filesystem;

struct Layer {
  std::string_view folder;
  std::vector<std::string_view> may_include;
  bool pure;             // no clock, thread, lock, chance or file: what it does follows from what it is given
  bool by_name = false;  // may be included only where its own row is named, not by a folder above it
};

const std::vector<Layer>& layers() {
  static const std::vector<Layer> kLayers{
      {"engine/model", {"engine/model"}, true},
      // Of the folders of rules each may include those above it; what people's tools need, nothing of the engine
      // includes.
      {"rules/yaml", {"rules/yaml", "rules/cel", "engine/model"}, true},
      {"rules/cel", {"rules/cel", "engine/model"}, true},
      {"rules/expressions", {"rules/expressions", "rules/yaml", "rules/cel", "engine/model"}, true},
      {"rules/calendar", {"rules/calendar", "rules/cel", "engine/model"}, true},
      {"rules/index", {"rules/index", "rules/expressions", "rules/cel", "engine/model"}, true},
      {"rules/set",
       {"rules/set", "rules/index", "rules/calendar", "rules/expressions", "rules/yaml", "rules/cel", "engine/model"},
       true},
      {"rules/sections",
       {"rules/sections", "rules/set", "rules/calendar", "rules/expressions", "rules/yaml", "rules/cel",
        "engine/model"},
       true},
      {"rules/layers",
       {"rules/layers", "rules/sections", "rules/set", "rules/yaml", "rules/cel", "engine/model"},
       true},
      {"rules/checks",
       {"rules/checks", "rules/layers", "rules/sections", "rules/set", "rules/index", "rules/expressions", "rules/yaml",
        "rules/cel", "engine/model"},
       true},
      {"rules", {"rules", "engine/model"}, true},
      {"rules/tools", {"rules/tools", "rules", "engine/model"}, true, true},
      {"engine/core", {"engine/core", "rules", "engine/model"}, true},
      {"engine/story", {"engine/story", "engine/core", "rules/tools", "rules", "engine/model"}, true},
      {"engine/runtime", {"engine/runtime", "engine/core", "rules", "engine/model"}, false},
      {"connectors", {"connectors", "engine/runtime", "engine/core", "rules", "engine/model"}, false},
      {"engine/app",
       {"engine/app", "connectors", "engine/runtime", "engine/story", "engine/core", "rules/tools", "rules",
        "engine/model"},
       false},
      {"bench", {"bench", "tests", "engine", "rules/tools", "rules", "connectors"}, false},
      {"tests", {"tests", "bench", "engine", "rules/tools", "rules", "connectors"}, false},
  };
  return kLayers;
}

/// Headers by which time, threads, chance and the outside would get into a pure layer. A trailing * is a prefix.
constexpr std::array<std::string_view, 26> kImpure{
    "thread",       "atomic",       "mutex",      "shared_mutex", "condition_variable",
    "future",       "semaphore",    "latch",      "barrier",      "stop_token",
    "random",       "fstream",      "filesystem", "iostream",     "ctime",
    "time.h",       "unistd.h",     "sys/*",      "pthread.h",    "boost/asio*",
    "boost/beast*", "librdkafka/*", "rocksdb/*",  "spdlog/*",     "prometheus/*",
    "csignal"};

/// Calls by which they would get in through a header that is fine otherwise (<chrono> has types and clocks).
constexpr std::array<std::string_view, 8> kImpureWords{"system_clock::now", "steady_clock", "high_resolution_clock",
                                                       "std::rand",         "getenv",       "std::hash<",
                                                       "random_device",     "absl::Now("};

bool matches(std::string_view header, std::string_view pattern) {
  if (pattern.ends_with('*')) return header.starts_with(pattern.substr(0, pattern.size() - 1));
  return header == pattern;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

/// The row of a file: the longest folder that holds it.
const Layer* layer_of(std::string_view file) {
  const Layer* best = nullptr;
  for (const Layer& layer : layers()) {
    if (is_below(file, layer.folder) && (best == nullptr || layer.folder.size() > best->folder.size())) best = &layer;
  }
  return best;
}

struct Include {
  std::string header;
  bool quoted = false;
};

/// What stands in a line `#include "…"` or `#include <…>`.
std::optional<Include> include_of(std::string_view line) {
  const auto skip_blanks = [&] {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  };
  skip_blanks();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return std::nullopt;
  line.remove_prefix(7);
  skip_blanks();
  if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
  const bool quoted = line.front() == '"';
  line.remove_prefix(1);
  const std::size_t end = line.find(quoted ? '"' : '>');
  if (end == std::string_view::npos) return std::nullopt;
  return Include{std::string(line.substr(0, end)), quoted};
}

/// What is wrong with an include of `file`; "" when nothing is.
std::string breach(std::string_view file, const Include& include) {
  const Layer* const layer = layer_of(file);
  if (layer == nullptr) return "the folder of this file is not in the table of layers";
  const bool of_library = !include.quoted || include.header.starts_with("absl/");
  // A text that the build made of a file of the same folder.
  if (include.header.ends_with(".inc") && include.header.find('/') == std::string::npos) return {};
  if (!of_library) {
    // Includes are written from the root, so that their layer can be read off.
    const Layer* const target = layer_of(include.header);
    if (target == nullptr) return "not written from the root, or no folder of ours: \"" + include.header + "\"";
    const bool allowed = std::ranges::any_of(layer->may_include, [&](std::string_view folder) {
      return target->folder == folder || (!target->by_name && is_below(target->folder, folder));
    });
    if (!allowed) return std::string(layer->folder) + " may not include \"" + include.header + "\"";
    return {};
  }
  if (!layer->pure) return {};
  for (const std::string_view pattern : kImpure) {
    if (matches(include.header, pattern)) return std::string(layer->folder) + " is pure: no <" + include.header + ">";
  }
  return {};
}

/// The line without what follows `//`: a comment may speak of a clock.
std::string_view code_of(std::string_view line) { return line.substr(0, line.find("//")); }

std::vector<fs::path> sources() {
  std::vector<fs::path> files;
  const fs::path root = tocsin::source_dir();
  for (const char* folder : {"engine", "rules", "connectors", "bench", "tests"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp") files.push_back(fs::relative(entry.path(), root));
    }
  }
  std::ranges::sort(files);
  return files;
}

template <typename EachLine>
void for_each_line(const fs::path& file, EachLine each_line) {
  std::ifstream stream(tocsin::source_dir() / file);
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) each_line(number, std::string_view(line));
}

TEST(Layering, EveryIncludeOfTheTreeIsAllowed) {
  const auto files = sources();
  ASSERT_GT(files.size(), 20U) << "the sources are not where they were";
  for (const fs::path& file : files) {
    for_each_line(file, [&](int number, std::string_view line) {
      const auto include = include_of(line);
      if (!include) return;
      const std::string wrong = breach(file.generic_string(), *include);
      if (!wrong.empty()) ADD_FAILURE_AT(file.c_str(), number) << wrong;
    });
  }
}

TEST(Layering, PureLayersDoNotAskForTimeChanceOrTheEnvironment) {
  for (const fs::path& file : sources()) {
    const Layer* const layer = layer_of(file.generic_string());
    if (layer == nullptr || !layer->pure) continue;
    for_each_line(file, [&](int number, std::string_view line) {
      for (const std::string_view word : kImpureWords) {
        if (code_of(line).find(word) != std::string_view::npos) {
          ADD_FAILURE_AT(file.c_str(), number) << layer->folder << " is pure: no " << word;
        }
      }
    });
  }
}

TEST(Layering, EveryHeaderIsGuarded) {
  for (const fs::path& file : sources()) {
    if (file.extension() != ".h") continue;
    bool guarded = false;
    for_each_line(file, [&](int, std::string_view line) { guarded = guarded || line == "#pragma once"; });
    EXPECT_TRUE(guarded) << file;
  }
}

// The judge itself: a test that reads a clean tree says nothing about what it would do with another.

struct JudgedInclude {
  const char* name;
  const char* file;
  const char* line;
  bool allowed;
};
class LayeringJudges : public testing::TestWithParam<JudgedInclude> {};

TEST_P(LayeringJudges, AnInclude) {
  const auto include = include_of(GetParam().line);
  ASSERT_TRUE(include.has_value());
  const std::string wrong = breach(GetParam().file, *include);
  EXPECT_EQ(wrong.empty(), GetParam().allowed) << wrong;
}

INSTANTIATE_TEST_SUITE_P(
    Table, LayeringJudges,
    testing::Values(
        JudgedInclude{"model_itself", "engine/model/a.h", "#include \"engine/model/b.h\"", true},
        JudgedInclude{"model_core", "engine/model/a.h", "#include \"engine/core/shard.h\"", false},
        JudgedInclude{"model_rules", "engine/model/a.h", "#include \"rules/load.h\"", false},
        JudgedInclude{"rules_model", "rules/cel/a.cpp", "#include \"engine/model/b.h\"", true},
        JudgedInclude{"rules_core", "rules/a.cpp", "#include \"engine/core/shard.h\"", false},
        JudgedInclude{"core_rules", "engine/core/a.cpp", "#  include \"rules/load.h\"", true},
        JudgedInclude{"core_rule_tools", "engine/core/a.cpp", "#include \"rules/tools/coverage.h\"", false},
        JudgedInclude{"rules_rule_tools", "rules/load.cpp", "#include \"rules/tools/coverage.h\"", false},
        JudgedInclude{"story_rule_tools", "engine/story/a.cpp", "#include \"rules/tools/coverage.h\"", true},
        JudgedInclude{"core_story", "engine/core/a.cpp", "#include \"engine/story/story_run.h\"", false},
        JudgedInclude{"sections_layers", "rules/sections/a.cpp", "#include \"rules/layers/layering.h\"", false},
        JudgedInclude{"core_runtime", "engine/core/a.cpp", "#include \"engine/runtime/journal/journal.h\"", false},
        JudgedInclude{"runtime_connectors", "engine/runtime/a.cpp", "#include \"connectors/http/a.h\"", false},
        JudgedInclude{"connectors_runtime", "connectors/http/a.cpp", "#include \"engine/runtime/journal/journal.h\"",
                      true},
        JudgedInclude{"connectors_app", "connectors/http/a.cpp", "#include \"engine/app/run.h\"", false},
        JudgedInclude{"app_connectors", "engine/app/a.cpp", "#include \"connectors/http/a.h\"", true},
        JudgedInclude{"app_tests", "engine/app/a.cpp", "#include \"tests/core/a.h\"", false},
        JudgedInclude{"core_bench", "engine/core/a.cpp", "#include \"bench/load/a.h\"", false},
        JudgedInclude{"tests_anything", "tests/core/a.cpp", "#include \"engine/core/a.h\"", true},
        JudgedInclude{"not_from_the_root", "engine/core/a.cpp", "#include \"shard.h\"", false},
        JudgedInclude{"two_dots", "engine/core/a.cpp", "#include \"../model/a.h\"", false},
        JudgedInclude{"abseil_in_quotes", "engine/core/a.cpp", "#include \"absl/strings/charconv.h\"", true},
        JudgedInclude{"made_by_the_build", "rules/a.cpp", "#include \"builtin_text.inc\"", true},
        JudgedInclude{"core_vector", "engine/core/a.cpp", "#include <vector>", true},
        JudgedInclude{"core_thread", "engine/core/a.cpp", "#include <thread>", false},
        JudgedInclude{"core_atomic", "engine/core/a.cpp", " #include <atomic>", false},
        JudgedInclude{"rules_random", "rules/a.cpp", "#include <random>", false},
        JudgedInclude{"rules_file_stream", "rules/a.cpp", "#include <fstream>", false},
        JudgedInclude{"model_asio", "engine/model/a.cpp", "#include <boost/asio.hpp>", false},
        JudgedInclude{"core_asio_below", "engine/core/a.cpp", "#include <boost/asio/post.hpp>", false},
        JudgedInclude{"core_rocksdb", "engine/core/a.cpp", "#include <rocksdb/db.h>", false},
        JudgedInclude{"core_kafka", "engine/core/a.cpp", "#include <librdkafka/rdkafka.h>", false},
        JudgedInclude{"runtime_thread", "engine/runtime/a.cpp", "#include <thread>", true},
        JudgedInclude{"runtime_rocksdb", "engine/runtime/a.cpp", "#include <rocksdb/db.h>", true}),
    [](const auto& named) { return std::string(named.param.name); });

}  // namespace
