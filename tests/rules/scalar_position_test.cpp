#include <gtest/gtest.h>

#include "rules/yaml/report.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {
namespace {

struct PositionCase {
  const char* name;
  const char* yaml;  // {a: SCALAR}; both texts have one `@`
};

class Position : public testing::TestWithParam<PositionCase> {};

TEST_P(Position, OfACharacterIsWhereItStandsInTheFile) {
  const std::string text = GetParam().yaml;
  const SourceText source("t.yaml", text);
  Report report(source);
  const YamlTree tree = parse_yaml(source, report);
  ASSERT_NE(tree.root(), nullptr);
  const YamlNode& scalar = *tree.root()->items[1];
  const std::size_t index = scalar.text.find('@');
  ASSERT_NE(index, std::string_view::npos);
  EXPECT_EQ(source_offset(source, scalar, index), text.find('@')) << scalar.text;
}

INSTANTIATE_TEST_SUITE_P(Table, Position,
                         testing::Values(PositionCase{"plain", "a: x == @"},
                                         PositionCase{"plain_in_flow", "{a: x == @, b: 1}"},
                                         PositionCase{"plain_over_lines", "a: x ==\n   y &&\n   @\n"},
                                         PositionCase{"plain_with_empty_line", "a: x\n\n   y @\n"},
                                         PositionCase{"single_quotes", "a: 'x == @'"},
                                         PositionCase{"single_quotes_escaped", "a: 'it''s ''x'' @'"},
                                         PositionCase{"single_quotes_over_lines", "a: 'it''s\n  x   \n  @'"},
                                         PositionCase{"double_quotes", "a: \"x == \\\"y\\\" @\""},
                                         PositionCase{"double_quotes_hex", "a: \"\\x41\\u00e9\\U0001F600 @\""},
                                         PositionCase{"double_quotes_over_lines", "a: \"x\n  y\n\n  @\""},
                                         PositionCase{"double_quotes_joined", "a: \"x \\\n   y \\\n   @\""},
                                         PositionCase{"literal_block", "a: |\n  x ==\n  @\n"},
                                         PositionCase{"literal_block_deeper", "a: |\n  x\n    y @\n"},
                                         PositionCase{"folded_block", "a: >-\n    x ==\n    y &&\n    @\n"},
                                         PositionCase{"folded_block_empty_line", "a: >-\n  x\n\n  y\n  @\n"},
                                         PositionCase{"block_after_empty_line", "a: |\n\n  x\n  @\n"},
                                         PositionCase{"windows", "a: >-\r\n  x\r\n  y\r\n  @\r\n"},
                                         PositionCase{"windows_quotes", "a: 'x\r\n  y\r\n  @'\r\n"},
                                         PositionCase{"after_letters_of_two_bytes", "a: 'caf\xC3\xA9 @'"}),
                         [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace tocsin::rules
