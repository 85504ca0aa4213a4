#include <gtest/gtest.h>

#include "tests/places.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

TEST(Readme, ItsExampleOfAWholeFileLoadsWithoutAFinding) {
  const std::string readme = read_file(source_dir() / "rules/README.md");
  const std::size_t begin = readme.find("```yaml\n");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t end = readme.find("```", begin + 8);
  TablesInMemory tables;
  tables.files["services.csv"] = "service,tier,owner\ncheckout,1,payments\n";
  const Loaded loaded = load({{"shop.yaml", readme.substr(begin + 8, end - begin - 8)}}, tables);
  EXPECT_TRUE(loaded.diagnostics.empty()) << told(loaded);
  ASSERT_NE(loaded.rules, nullptr);
  EXPECT_EQ(loaded.stories.size(), 1U);
}

}  // namespace
}  // namespace tocsin::rules
