#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "tests/places.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

std::vector<SourceFile> library() {
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / "rules/library")) {
    if (entry.path().extension() == ".yaml") paths.insert(entry.path().string());
  }
  std::vector<SourceFile> files;
  for (const std::string& path : paths) files.push_back({path, read_file(path)});
  return files;
}

/// The tables that lie beside the files.
TablesInMemory tables_of_library() {
  TablesInMemory tables;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / "rules/library")) {
    if (entry.path().extension() == ".csv") tables.files[entry.path().filename().string()] = read_file(entry.path());
  }
  return tables;
}

TEST(Library, EachFileLoadsByItselfWithoutAFindingAndHasStories) {
  TablesInMemory tables = tables_of_library();
  for (const SourceFile& file : library()) {
    const Loaded loaded = load({file}, tables);
    EXPECT_TRUE(loaded.diagnostics.empty()) << told(loaded);
    EXPECT_GE(loaded.stories.size(), 5U) << file.name;
  }
}

TEST(Library, AllFilesLoadTogetherWithoutAFinding) {
  TablesInMemory tables = tables_of_library();
  const auto files = library();
  EXPECT_GE(files.size(), 12U);
  const Loaded loaded = load(files, tables);
  EXPECT_TRUE(loaded.diagnostics.empty()) << told(loaded);
  EXPECT_NE(loaded.rules, nullptr);
}

TEST(Library, TheCompiledInRulesAreThoseOfTheFile) {
  EXPECT_EQ(builtin_rules().bytes, read_file(source_dir() / "rules/library/builtin.yaml"));
}

}  // namespace
}  // namespace tocsin::rules
