// Tables by patterns, rows in the rule file, rows that a later file adds, and names of things out of a table.
#include <gtest/gtest.h>

#include "rules/cel/table.h"
#include "rules/set/alias_table.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

struct LayerCase {
  const char* name;
  std::vector<std::string> files;
  const char* finding;  // code@line:column of the first; "": none
};

class TableLayers : public testing::TestWithParam<LayerCase> {};

TEST_P(TableLayers, AreTakenOrRefused) {
  TablesInMemory tables;
  tables.files["kinds.csv"] = "words,kind\ndisk,storage\n";
  tables.files["hosts.csv"] = "alias,name\n10.0.0.1,a\nb,c\n";
  tables.files["chain.csv"] = "alias,name\nx,y\ny,z\n";
  std::vector<SourceFile> files;
  for (std::size_t i = 0; i < GetParam().files.size(); ++i) {
    files.push_back({std::to_string(i) + ".yaml", "tocsin: 1\n" + GetParam().files[i]});
  }
  const Loaded loaded = load(files, tables);
  std::string first;
  if (!loaded.diagnostics.empty()) {
    const Diagnostic& d = loaded.diagnostics.front();
    first = d.code + '@' + std::to_string(d.line) + ':' + std::to_string(d.column);
  }
  EXPECT_EQ(first, GetParam().finding) << told(loaded);
}

const char* const kUse = "normalise: [{id: n, set: {category: 'kinds[name].kind'}}]\n";

INSTANTIATE_TEST_SUITE_P(
    Table, TableLayers,
    testing::Values(
        LayerCase{"patterns", {"tables: {kinds: {file: kinds.csv, patterns: words}}\n" + std::string(kUse)}, ""},
        LayerCase{
            "rows", {"tables: {kinds: {rows: [{words: a, kind: b}], patterns: words}}\n" + std::string(kUse)}, ""},
        LayerCase{
            "rows_and_file",
            {"tables: {kinds: {file: kinds.csv, rows: [{words: a, kind: b}], patterns: words}}\n" + std::string(kUse)},
            "conflicting_keys@2:35"},
        LayerCase{"neither", {"tables: {kinds: {patterns: words}}\n"}, "missing_key@2:17"},
        LayerCase{"two_ways",
                  {"tables: {kinds: {file: kinds.csv, key: kind, patterns: words}}\n" + std::string(kUse)},
                  "conflicting_keys@2:17"},
        LayerCase{"bad_pattern",
                  {"tables: {kinds: {rows: [{words: '(', kind: b}], patterns: words}}\n" + std::string(kUse)},
                  "bad_pattern@2:25"},
        LayerCase{"empty_pattern",
                  {"tables: {kinds: {rows: [{words: '', kind: b}], patterns: words}}\n" + std::string(kUse)},
                  "bad_pattern@2:25"},
        LayerCase{"rows_that_are_no_list",
                  {"tables: {kinds: {rows: a, patterns: words}}\n" + std::string(kUse)},
                  "wrong_type@2:24"},
        LayerCase{
            "added_to_the_built_in", {"tables: {categories: {rows: [{words: a, category: b}], add: true}}\n"}, ""},
        LayerCase{"added_to_nothing", {"tables: {kinds: {rows: [{words: a}], add: true}}\n"}, "unknown_table@2:10"},
        LayerCase{"added_with_a_column_of_its_own",
                  {"tables: {categories: {rows: [{words: a, kind: b}], add: true}}\n"},
                  "unknown_column@2:10"},
        LayerCase{"added_without_the_key",
                  {"tables: {categories: {rows: [{category: b}], add: true}}\n"},
                  "unknown_column@2:10"},
        LayerCase{"added_edges", {"tables: {fails_with: {rows: [{from: a, to: b}], add: true}}\n"}, ""},
        LayerCase{"added_says_how_it_is_looked_up",
                  {"tables: {categories: {rows: [{words: a}], patterns: words, add: true}}\n"},
                  "unknown_key@2:43"},
        LayerCase{"twice_without_add",
                  {"tables: {kinds: {file: kinds.csv, patterns: words}}\n" + std::string(kUse),
                   "tables: {kinds: {file: kinds.csv, patterns: words}}\n"},
                  "duplicate_table@2:10"},
        LayerCase{"aliases",
                  {"tables: {m: {file: hosts.csv, key: alias}}\nnormalise: [{id: n, aliases: {host: m.name}}]\n"},
                  ""},
        LayerCase{"aliases_of_no_table", {"normalise: [{id: n, aliases: {host: m.name}}]\n"}, "unknown_table@2:37"},
        LayerCase{"aliases_of_no_column",
                  {"tables: {m: {file: hosts.csv, key: alias}}\nnormalise: [{id: n, aliases: {host: m.x}}]\n"},
                  "unknown_column@3:37"},
        LayerCase{"aliases_without_a_column",
                  {"tables: {m: {file: hosts.csv, key: alias}}\nnormalise: [{id: n, aliases: {host: m}}]\n"},
                  "unknown_column@3:37"},
        LayerCase{"aliases_of_patterns",
                  {"tables: {m: {file: kinds.csv, patterns: words}}\nnormalise: [{id: n, aliases: {host: m.kind}}]\n"},
                  "unknown_table@3:37"},
        LayerCase{"aliases_of_a_text",
                  {"tables: {m: {file: hosts.csv, key: alias}}\nnormalise: [{id: n, aliases: {title: m.name}}]\n"},
                  "not_settable@3:31"},
        LayerCase{"aliases_of_no_field",
                  {"tables: {m: {file: hosts.csv, key: alias}}\nnormalise: [{id: n, aliases: {hots: m.name}}]\n"},
                  "unknown_field@3:31"},
        LayerCase{"aliases_with_a_condition",
                  {"tables: {m: {file: hosts.csv, key: alias}}\nnormalise: [{id: n, when: tier == 1, aliases: {host: "
                   "m.name}}]\n"},
                  "conflicting_keys@3:21"},
        LayerCase{"aliases_of_aliases",
                  {"tables: {m: {file: chain.csv, key: alias}}\nnormalise: [{id: n, aliases: {host: m.name}}]\n"},
                  "alias_of_alias@3:37"},
        LayerCase{"aliases_of_a_team",
                  {"ruleset: t\nscope: [team]\n",
                   "ruleset: u\nscope: {team: [u]}\ntables: {m: {file: hosts.csv, key: alias}}\n"
                   "normalise: [{id: n, aliases: {host: m.name}}]\n"},
                  "leaves_scope@5:30"}),
    [](const auto& one) { return one.param.name; });

TEST(TableByPatterns, TheLastThatIsFoundCounts) {
  const cel::Table table("t", {"words", "kind"}, {{"disk", {"disk", "a"}}, {"Disk$|full", {"Disk$|full", "b"}}},
                         cel::Table::By::pattern);
  const auto kind = [&](std::string_view text) -> std::string {
    const cel::Value row = table.find(cel::Value::string(text));
    return row.is_error() ? "" : std::string{row.as_record().fields[1].as_text()};
  };
  EXPECT_EQ(kind("a disk"), "a");
  EXPECT_EQ(kind("a disk is full"), "b");
  EXPECT_EQ(kind("theDisk"), "b");
  EXPECT_EQ(kind("Disks"), "");
  EXPECT_TRUE(table.find(cel::Value::integer(1)).is_error());
}

TEST(Aliases, AreFoundInAnyCaseAndNamesAsThemselves) {
  const AliasTable table({{" OMS ", "Orders"}, {"oms", "second"}, {"orders-2", "Orders"}, {"nobody", ""}, {"", "x"}});
  EXPECT_EQ(table.find("oms"), "Orders");
  EXPECT_EQ(table.find("Oms"), "Orders");
  EXPECT_EQ(table.find("ORDERS-2"), "Orders");
  EXPECT_EQ(table.find("orders"), "Orders");
  EXPECT_EQ(table.find("nobody"), "");
  EXPECT_EQ(table.find("order"), "");
  EXPECT_EQ(table.find(""), "");
}

TEST(Aliases, ANameThatIsTheAliasOfAnotherIsTakenAtItsWord) {
  const AliasTable table({{"a", "b"}, {"b", "c"}});
  EXPECT_EQ(table.find("a"), "b");
  EXPECT_EQ(table.find("b"), "c");
}

}  // namespace
}  // namespace tocsin::rules
