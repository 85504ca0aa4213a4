#include <filesystem>

#include <gtest/gtest.h>

#include "tests/places.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

class TablesBeside final : public TableReader {
 public:
  explicit TablesBeside(std::string folder) : folder_(std::move(folder)) {}
  bool read(std::string_view, std::string_view table_file, std::string& bytes) override {
    const std::string path = folder_ + "/" + std::string{table_file};
    if (!std::filesystem::exists(path)) return false;
    bytes = read_file(path);
    return true;
  }

 private:
  std::string folder_;
};

TEST(Example, LoadsWithoutAnError) {
  const std::filesystem::path folder = shared_dir() / "examples";
  const std::filesystem::path path = folder / "payments.tocsin.yaml";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "the example of the rule language is not here: set TOCSIN_SHARED to its folder";
  }
  TablesBeside tables(folder);
  const Loaded loaded = load({{"payments.tocsin.yaml", read_file(path)}}, tables);
  EXPECT_EQ(errors_of(loaded), "") << told(loaded);
  ASSERT_NE(loaded.rules, nullptr);
  EXPECT_EQ(loaded.stories.size(), 4U);
  for (const Diagnostic& d : loaded.diagnostics) EXPECT_EQ(d.code, "not_yet_effective") << to_text(d, false);
}

}  // namespace
}  // namespace tocsin::rules
