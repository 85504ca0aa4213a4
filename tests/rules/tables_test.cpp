#include "rules/expressions/tables.h"

#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

/// Columns and rows as `a,b|1,2|…`, or what is wrong.
std::string outcome(std::string_view bytes, bool is_yaml) {
  const SourceText source("t", bytes);
  Report report(source);
  const TableCells cells = is_yaml ? parse_yaml_table(source, report) : parse_csv(bytes, report);
  std::string text;
  for (const Diagnostic& d : report.take()) {
    text += d.code + '@' + std::to_string(d.line) + ':' + std::to_string(d.column) + ' ';
  }
  if (!text.empty()) return text;
  const auto add = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + row[i];
  };
  add(cells.columns);
  for (const auto& row : cells.rows) {
    text += '|';
    add(row.cells);
  }
  return text;
}

struct TableCase {
  const char* name;
  bool is_yaml;
  const char* bytes;
  const char* expected;
};

class TableFileText : public testing::TestWithParam<TableCase> {};

TEST_P(TableFileText, IsReadOrRefusedAtItsPlace) {
  EXPECT_EQ(outcome(GetParam().bytes, GetParam().is_yaml), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Table, TableFileText,
                         testing::Values(TableCase{"plain", false, "a,b\n1,2\n3,\n", "a,b|1,2|3,"},
                                         TableCase{"no_last_line_end", false, "a,b\n1,2", "a,b|1,2"},
                                         TableCase{"windows", false, "a,b\r\n1,2\r\n", "a,b|1,2"},
                                         TableCase{"quotes", false, "a,b\n\"1,\"\"x\"\"\n2\",3\n", "a,b|1,\"x\"\n2,3"},
                                         TableCase{"comments_and_empty_lines", false, "# who\na,b\n\n1,2\n#x\n",
                                                   "a,b|1,2"},
                                         TableCase{"too_few_cells", false, "a,b\n1\n2,3\n", "bad_csv@2:1 "},
                                         TableCase{"too_many_cells", false, "a,b\n1,2,3\n", "bad_csv@2:1 "},
                                         TableCase{"open_quote", false, "a,b\n\"1,2\n", "bad_csv@2:1 "},
                                         TableCase{"after_quote", false, "a,b\n\"1\"x,2\n", "bad_csv@2:4 "},
                                         TableCase{"column_twice", false, "a,a\n", "bad_column@1:1 "},
                                         TableCase{"column_with_space", false, "a b\n", "bad_column@1:1 "},
                                         TableCase{"nothing", false, "", "bad_csv@1:1 "},
                                         TableCase{"latin_1", false, "a\ncaf\xE9\n", "invalid_utf8@2:4 "},
                                         TableCase{"yaml", true, "- {a: 1, b: x}\n- {a: 2}\n", "a,b|1,x|2,"},
                                         TableCase{"yaml_map", true, "a: 1\n", "wrong_type@1:1 "},
                                         TableCase{"yaml_list_in_cell", true, "- {a: [1]}\n", "wrong_type@1:7 "}),
                         [](const auto& test) { return std::string{test.param.name}; });

TEST(Tables, FindingsStandInTheTableFile) {
  TablesInMemory tables;
  tables.files["x.csv"] = "service,tier\na,1\na,2\n";
  const Loaded loaded = load({{"t.yaml",
                               "tocsin: 1\ntables: {x: {file: x.csv, key: service}}\n"
                               "normalise: [{id: a, set: {category: 'x[service].tier'}}]\n"}},
                             tables);
  ASSERT_NE(loaded.rules, nullptr);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].file, "x.csv");
  EXPECT_EQ(loaded.diagnostics[0].line, 3U);
  EXPECT_EQ(loaded.diagnostics[0].code, "duplicate_row");
}

TEST(Tables, ChangeTheDigestOfTheRuleSet) {
  const std::vector<SourceFile> files{{"t.yaml", "tocsin: 1\ntables: {x: {file: x.csv, key: a}}\n"}};
  TablesInMemory tables;
  tables.files["x.csv"] = "a,b\n1,2\n";
  const Hash128 before = load(files, tables).rules->digest;
  tables.files["x.csv"] = "a,b\n1,3\n";
  EXPECT_NE(load(files, tables).rules->digest, before);
}

}  // namespace
}  // namespace tocsin::rules
