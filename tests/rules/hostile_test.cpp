#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

// Files of up to 1 MiB that were written to hurt: each must be loaded or refused, in time and memory that the runner's
// bounds notice when they are lost.
namespace tocsin::rules {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

std::string repeated(std::string_view text, std::size_t bytes = kMiB - 64) {
  std::string all;
  all.reserve(bytes);
  while (all.size() + text.size() <= bytes) all += text;
  return all;
}

/// A line for each number from 0, up to the bound.
template <typename Line>
std::string numbered(Line line) {
  std::string all;
  for (std::size_t i = 0; all.size() < kMiB - 256; ++i) all += line(std::to_string(i));
  return all;
}

struct HostileCase {
  const char* name;
  std::string text;
  bool loads = false;
};

class HostileFile : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileFile, IsLoadedOrRefusedWithoutHarm) {
  const Loaded loaded = load_text(GetParam().text);
  EXPECT_EQ(loaded.rules != nullptr, GetParam().loads);
  EXPECT_EQ(loaded.rules == nullptr, has_errors(loaded.diagnostics));
  EXPECT_LE(loaded.diagnostics.size(), 201U);
  std::size_t bytes = 0;
  for (const Diagnostic& d : loaded.diagnostics) {
    bytes += to_text(d, false).size() + to_json(d).size();
    EXPECT_GE(d.line, 1U);
    EXPECT_GE(d.column, 1U);
  }
  EXPECT_LE(bytes, kMiB);
}

INSTANTIATE_TEST_SUITE_P(
    Table, HostileFile,
    testing::Values(
        HostileCase{"open_lists", repeated("[")}, HostileCase{"open_maps", repeated("{")},
        HostileCase{"few_open_lists", repeated("[", 4000)}, HostileCase{"dashes", repeated("- ")},
        HostileCase{"question_marks", repeated("? ")}, HostileCase{"open_keys", "a: {" + repeated("? ", kMiB / 2)},
        HostileCase{"colons", repeated("a: ")}, HostileCase{"open_quote", "a: \"" + repeated("a")},
        HostileCase{"bangs", repeated("!")}, HostileCase{"anchors", repeated("&a ")},
        HostileCase{"aliases", repeated("*a ")},
        HostileCase{"many_anchors", numbered([](const auto& i) { return "a" + i + ": &x" + i + " 1\n"; })},
        HostileCase{"directives", repeated("%a\n"), true}, HostileCase{"spaces", "x: |\n" + repeated(" ")},
        HostileCase{"line_ends", repeated("\n"), true}, HostileCase{"comments", repeated("#\n"), true},
        HostileCase{"documents", repeated("---\n")}, HostileCase{"open_flow_list", "a: [" + repeated("a,")},
        HostileCase{"nuls", std::string(1000, '\0')}, HostileCase{"not_utf8", repeated("\xFF")},
        HostileCase{"too_large", repeated("#\n", kMiB + 10)},
        HostileCase{"many_unknown_keys", numbered([](const auto& i) { return "k" + i + ": 1\n"; })},
        HostileCase{"one_key_again_and_again", repeated("route: []\n")},
        HostileCase{"many_rules_that_are_wrong", "route:\n" + repeated("- {idd: a}\n")},
        HostileCase{"many_rules_on_one_line", "route: [" + repeated("{idd: a}, ") + "]\n"},
        HostileCase{"many_fields_of_a_set", "normalise: [{id: a, set: {" +
                                                numbered([](const auto& i) { return "k" + i + ": name, "; }) + "}}]\n"},
        HostileCase{"many_bad_expressions", "route:\n" + numbered([](const auto& i) {
                                              return "- {id: r" + i + ", topic: x, when: a" + i + "}\n";
                                            })},
        HostileCase{"many_good_rules", "route:\n" + numbered([](const auto& i) {
                                         return "- {id: r" + i + ", topic: t, when: 'incident.service == \"s" + i +
                                                "\"'}\n";
                                       }),
                    true},
        HostileCase{"one_long_expression", "route: [{id: a, topic: x, when: '" + repeated("a||") + "'}]\n"},
        HostileCase{"open_parentheses", "route: [{id: a, topic: x, when: '" + repeated("(", 16000) + "'}]\n"},
        HostileCase{"nots", "route: [{id: a, topic: x, when: '" + repeated("!", 16000) + "'}]\n"},
        HostileCase{"long_words", "route: [{id: a, topic: x, " + repeated("k") + ": 1}]\n"},
        HostileCase{"many_key_fields", "dedup: {key: [" + repeated("x,") + "]}\n"},
        HostileCase{"many_words",
                    "severity: {map: {" + numbered([](const auto& i) { return "w" + i + ": erorr, "; }) + "}}\n"},
        HostileCase{"many_columns_of_cron", "suppress: [{id: a, during: {cron: '" + repeated("* ") + "', for: 1h}}]\n"},
        HostileCase{"many_parts_of_one_condition",
                    "override: {append: [" +
                        repeated("{id: builtin.host, when: '&& tier == 1'}, {id: builtin.host, when: '|| true'}, ") +
                        "]}\n"},
        HostileCase{"many_parts_of_one_set", "override: {append: [" + numbered([](const auto& i) {
                                               return "{id: builtin.host, set: {k" + i + ": name}}, ";
                                             }) + "]}\n"},
        HostileCase{"many_keys_of_one_rule", "override: {replace: [" + numbered([](const auto& i) {
                                               return "{id: builtin.host, k" + i + ": name}, ";
                                             }) + "]}\n"},
        HostileCase{"many_overrides_of_nothing", "override: {replace: [" + numbered([](const auto& i) {
                                                   return "{id: builtin.h" + i + ", when: x}, ";
                                                 }) + "]}\n"},
        HostileCase{"many_exceptions_of_one_rule", "exceptions:\n" + numbered([](const auto& i) {
                                                     return "- {id: builtin.host, fields: name, values: [n" + i +
                                                            "]}\n";
                                                   })},
        HostileCase{"many_values_of_one_exception",
                    "exceptions: [{id: builtin.host, fields: name, values: [" + repeated("a, ") + "]}]\n"},
        HostileCase{"many_values_of_a_scope", "scope: {team: [" + repeated("a, ") + "]}\n"},
        HostileCase{"many_rules_that_emit", "correlate:\n" + numbered([](const auto& i) {
                                              return "- {id: r" + i +
                                                     ", kind: threshold, by: [], count: 2, within: 1m, emit: {}}\n";
                                            })},
        HostileCase{"many_rules_that_emit_for_labels", "correlate:\n" + numbered([](const auto& i) {
                                                         return "- {id: r" + i + ", kind: threshold, when: 'labels.a" +
                                                                i +
                                                                " == \"x\"', by: [], count: 2, within: 1m, emit: {}}\n";
                                                       })},
        HostileCase{"many_tables", "tables: {" + numbered([](const auto& i) {
                                     return "t" + i + ": {file: services.csv, key: service}, ";
                                   }) + "}\n"},
        HostileCase{"many_steps", "tests: [{name: a, send: [" + repeated("{at: 0s},") + "], expect: []}]\n"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(HostileFile, CutAnywhereIsLoadedOrRefused) {
  const std::string whole = builtin_rules().bytes;
  TablesInMemory tables;
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    const Loaded loaded = load({{"t.yaml", whole.substr(0, size)}}, tables);
    EXPECT_EQ(loaded.rules == nullptr, has_errors(loaded.diagnostics)) << size;
  }
}

TEST(HostileFile, WithOneByteChangedIsLoadedOrRefused) {
  const std::string whole = builtin_rules().bytes;
  constexpr char kBytes[]{'\0', '"', '\'', '{', ']', ':', '\n', ' ', '\t', '\xFF', '-', '*'};
  TablesInMemory tables;
  for (std::size_t at = 0, i = 0; at < whole.size(); at += 61, ++i) {
    std::string changed = whole;
    changed[at] = kBytes[i % sizeof kBytes];
    const Loaded loaded = load({{"t.yaml", changed}}, tables);
    EXPECT_EQ(loaded.rules == nullptr, has_errors(loaded.diagnostics)) << at;
  }
}

}  // namespace
}  // namespace tocsin::rules
