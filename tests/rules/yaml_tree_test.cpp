#include "rules/yaml/yaml_tree.h"

#include <gtest/gtest.h>

#include "rules/yaml/report.h"
#include "rules/yaml/yaml_json.h"

namespace tocsin::rules {
namespace {

struct YamlCase {
  const char* name;
  std::string text;
  const char* expected;  // JSON, or CODE@LINE:COLUMN of what is wrong
};

std::string outcome(const std::string& text) {
  const SourceText source("t.yaml", text);
  Report report(source);
  const YamlTree tree = parse_yaml(source, report);
  std::string all;
  for (const Diagnostic& d : report.take()) {
    all += (all.empty() ? "" : " ") + d.code + '@' + std::to_string(d.line) + ':' + std::to_string(d.column);
  }
  if (!all.empty()) return all;
  if (tree.root() != nullptr) append_json(all, *tree.root());
  return all;
}

class Yaml : public testing::TestWithParam<YamlCase> {};

TEST_P(Yaml, IsReadOrRefusedAtItsPlace) { EXPECT_EQ(outcome(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Reads, Yaml,
    testing::Values(
        YamlCase{"flow_and_block", "a: {b: [1, x, \"1\"]}\nc:\n  - d\n", R"({"a":{"b":[1,"x","1"]},"c":["d"]})"},
        YamlCase{"core_schema", "[true, False, null, ~, 0x1f, 0o17, +12, -1.5e3, .5, 1., 007, 1s, yes, .inf, 1e]",
                 R"([true,false,null,null,31,15,12,-1.5e3,0.5,1,7,"1s","yes",".inf","1e"])"},
        YamlCase{"quotes", "{a: 'it''s', b: \"x\\ty\", c: \"true\"}", R"({"a":"it's","b":"x\ty","c":"true"})"},
        YamlCase{"block_scalars", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", R"({"a":"x\ny\n","b":"x y"})"},
        YamlCase{"empty_value", "a:\n", R"({"a":null})"}, YamlCase{"comments_only", "# nothing\n", ""},
        YamlCase{"line_ends_of_windows", "a: 1\r\nb: 2\r\n", R"({"a":1,"b":2})"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Refuses, Yaml,
    testing::Values(YamlCase{"duplicate_key", "a: 1\nb: 2\na: 3\n", "duplicate_key@3:1"},
                    YamlCase{"duplicate_key_in_flow", "x: {a: 1, \"a\": 2}", "duplicate_key@1:11"},
                    YamlCase{"anchor", "a: &x 1\n", "anchor_not_allowed@1:4"},
                    YamlCase{"alias", "a: &x 1\nb: *x\n", "anchor_not_allowed@1:4 alias_not_allowed@2:4"},
                    YamlCase{"merge_key", "<<: {a: 1}\n", "merge_key_not_allowed@1:1"},
                    YamlCase{"tag", "a: !!str 1\nb: ! c\n", "tag_not_allowed@1:4 tag_not_allowed@2:4"},
                    YamlCase{"list_as_key", "? [a]\n: b\n", "bad_key@1:3"},
                    YamlCase{"two_documents", "a: 1\n---\nb: 2\n", "several_documents@2:1"},
                    YamlCase{"tab_as_indentation", "a:\n\tb: 1\n", "yaml_syntax@2:1"},
                    YamlCase{"colon_in_plain_text", "when: a ? b : c : d\nx: a: b\n", "yaml_syntax@1:13"},
                    YamlCase{"never_closed_quote", "a: \"b\n", "yaml_syntax@1:4"},
                    YamlCase{"never_closed_list", "a: [b\n", "yaml_syntax@1:4"},
                    YamlCase{"control_character", "a: b\x01\n", "bad_character@1:5"},
                    YamlCase{"nul", std::string("a: \0b\n", 6), "bad_character@1:4"},
                    YamlCase{"latin_1", "a: caf\xE9\n", "invalid_utf8@1:7"},
                    YamlCase{"utf_16",
                             std::string("\xFF\xFE"
                                         "a\0",
                                         4),
                             "invalid_utf8@1:1"},
                    YamlCase{"surrogate", "a: \xED\xA0\x80\n", "invalid_utf8@1:4"}),
    [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace tocsin::rules
