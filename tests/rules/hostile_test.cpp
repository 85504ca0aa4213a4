#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

// Files of up to 1 MiB that were written to hurt: each must be loaded or refused, in time and memory that the runner's
// bounds notice when they are lost.
namespace tocsin::rules {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;
// Files of hostile expressions are smaller, so that builds without optimisation are done in seconds; time and memory
// grow with the bytes.
constexpr std::size_t kExpressionsBytes = kMiB / 8;

std::string repeated(std::string_view text, std::size_t bytes = kMiB - 64) {
  std::string all;
  all.reserve(bytes);
  while (all.size() + text.size() <= bytes) all += text;
  return all;
}

/// A line for each number from 0, up to the bound.
template <typename Line>
std::string numbered(Line line, std::size_t bytes = kMiB - 256) {
  std::string all;
  for (std::size_t i = 0; all.size() < bytes; ++i) all += line(std::to_string(i));
  return all;
}

std::string times(std::string_view text, std::size_t count) {
  std::string all;
  for (; count > 0; --count) all += text;
  return all;
}

/// A file of severity rules with the conditions that `condition` gives for 0, 1, 2 …, as many as fit.
template <typename Condition>
std::string conditions(Condition condition) {
  const auto rule = [&](const std::string& i) {
    return "  - {id: r" + i + ", is: error, when: '" + condition(i) + "'}\n";
  };
  return "severity:\n  rules:\n" + numbered(rule, kExpressionsBytes);
}

/// The longest expressions that are looked at, all different.
template <typename Part>
std::string long_conditions(Part part) {
  std::string all = "severity:\n  rules:\n";
  for (std::size_t i = 0; all.size() < kExpressionsBytes; ++i) {
    const std::string id = std::to_string(i);
    std::string condition;
    for (std::size_t k = 0; condition.size() < 16'000; ++k) condition += part(id, std::to_string(k));
    all += "  - {id: r" + id + ", is: error, when: '" + condition + "'}\n";
  }
  return all;
}

struct HostileCase {
  const char* name;
  std::string (*text)();  // made by its own test: together they are 80 MiB
  bool loads = false;
};

class HostileFile : public testing::TestWithParam<HostileCase> {};

TEST_P(HostileFile, IsLoadedOrRefusedWithoutHarm) {
  const Loaded loaded = load_text(GetParam().text());
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
        HostileCase{"open_lists", []() -> std::string { return repeated("["); }},
        HostileCase{"open_maps", []() -> std::string { return repeated("{"); }},
        HostileCase{"few_open_lists", []() -> std::string { return repeated("[", 4000); }},
        HostileCase{"dashes", []() -> std::string { return repeated("- "); }},
        HostileCase{"question_marks", []() -> std::string { return repeated("? "); }},
        HostileCase{"open_keys", []() -> std::string { return "a: {" + repeated("? ", kMiB / 2); }},
        HostileCase{"colons", []() -> std::string { return repeated("a: "); }},
        HostileCase{"open_quote", []() -> std::string { return "a: \"" + repeated("a"); }},
        HostileCase{"bangs", []() -> std::string { return repeated("!"); }},
        HostileCase{"anchors", []() -> std::string { return repeated("&a "); }},
        HostileCase{"aliases", []() -> std::string { return repeated("*a "); }},
        HostileCase{
            "many_anchors",
            []() -> std::string { return numbered([](const auto& i) { return "a" + i + ": &x" + i + " 1\n"; }); }},
        HostileCase{"directives", []() -> std::string { return repeated("%a\n"); }, true},
        HostileCase{"spaces", []() -> std::string { return "x: |\n" + repeated(" "); }},
        HostileCase{"line_ends", []() -> std::string { return repeated("\n"); }, true},
        HostileCase{"comments", []() -> std::string { return repeated("#\n"); }, true},
        HostileCase{"documents", []() -> std::string { return repeated("---\n"); }},
        HostileCase{"open_flow_list", []() -> std::string { return "a: [" + repeated("a,"); }},
        HostileCase{"nuls", []() -> std::string { return std::string(1000, '\0'); }},
        HostileCase{"not_utf8", []() -> std::string { return repeated("\xFF"); }},
        HostileCase{"too_large", []() -> std::string { return repeated("#\n", kMiB + 10); }},
        HostileCase{"many_unknown_keys",
                    []() -> std::string { return numbered([](const auto& i) { return "k" + i + ": 1\n"; }); }},
        HostileCase{"one_key_again_and_again", []() -> std::string { return repeated("route: []\n"); }},
        HostileCase{"many_rules_that_are_wrong", []() -> std::string { return "route:\n" + repeated("- {idd: a}\n"); }},
        HostileCase{"many_rules_on_one_line",
                    []() -> std::string { return "route: [" + repeated("{idd: a}, ") + "]\n"; }},
        HostileCase{"many_fields_of_a_set",
                    []() -> std::string {
                      return "normalise: [{id: a, set: {" +
                             numbered([](const auto& i) { return "k" + i + ": name, "; }) + "}}]\n";
                    }},
        HostileCase{"many_bad_expressions",
                    []() -> std::string {
                      return "route:\n" +
                             numbered([](const auto& i) { return "- {id: r" + i + ", topic: x, when: a" + i + "}\n"; });
                    }},
        HostileCase{"many_good_rules",
                    []() -> std::string {
                      return "route:\n" + numbered([](const auto& i) {
                               return "- {id: r" + i + ", topic: t, when: 'incident.service == \"s" + i + "\"'}\n";
                             });
                    },
                    true},
        HostileCase{"one_long_expression",
                    []() -> std::string { return "route: [{id: a, topic: x, when: '" + repeated("a||") + "'}]\n"; }},
        HostileCase{
            "open_parentheses",
            []() -> std::string { return "route: [{id: a, topic: x, when: '" + repeated("(", 16000) + "'}]\n"; }},
        HostileCase{
            "nots",
            []() -> std::string { return "route: [{id: a, topic: x, when: '" + repeated("!", 16000) + "'}]\n"; }},
        HostileCase{"long_words",
                    []() -> std::string { return "route: [{id: a, topic: x, " + repeated("k") + ": 1}]\n"; }},
        HostileCase{"many_key_fields", []() -> std::string { return "dedup: {key: [" + repeated("x,") + "]}\n"; }},
        HostileCase{"many_words",
                    []() -> std::string {
                      return "severity: {map: {" + numbered([](const auto& i) { return "w" + i + ": erorr, "; }) +
                             "}}\n";
                    }},
        HostileCase{
            "many_columns_of_cron",
            []() -> std::string { return "suppress: [{id: a, during: {cron: '" + repeated("* ") + "', for: 1h}}]\n"; }},
        HostileCase{"many_parts_of_one_condition",
                    []() -> std::string {
                      return "override: {append: [" +
                             repeated(
                                 "{id: builtin.host, when: '&& tier == 1'}, {id: builtin.host, when: '|| true'}, ") +
                             "]}\n";
                    }},
        HostileCase{"many_parts_of_one_set",
                    []() -> std::string {
                      return "override: {append: [" +
                             numbered([](const auto& i) { return "{id: builtin.host, set: {k" + i + ": name}}, "; }) +
                             "]}\n";
                    }},
        HostileCase{"many_keys_of_one_rule",
                    []() -> std::string {
                      return "override: {replace: [" +
                             numbered([](const auto& i) { return "{id: builtin.host, k" + i + ": name}, "; }) + "]}\n";
                    }},
        HostileCase{"many_overrides_of_nothing",
                    []() -> std::string {
                      return "override: {replace: [" +
                             numbered([](const auto& i) { return "{id: builtin.h" + i + ", when: x}, "; }) + "]}\n";
                    }},
        HostileCase{"many_exceptions_of_one_rule",
                    []() -> std::string {
                      return "exceptions:\n" + numbered([](const auto& i) {
                               return "- {id: builtin.host, fields: name, values: [n" + i + "]}\n";
                             });
                    }},
        HostileCase{"many_values_of_one_exception",
                    []() -> std::string {
                      return "exceptions: [{id: builtin.host, fields: name, values: [" + repeated("a, ") + "]}]\n";
                    }},
        HostileCase{"many_values_of_a_scope",
                    []() -> std::string { return "scope: {team: [" + repeated("a, ") + "]}\n"; }},
        HostileCase{"many_rules_that_emit",
                    []() -> std::string {
                      return "correlate:\n" + numbered([](const auto& i) {
                               return "- {id: r" + i + ", kind: threshold, by: [], count: 2, within: 1m, emit: {}}\n";
                             });
                    }},
        HostileCase{"many_rules_that_emit_for_labels",
                    []() -> std::string {
                      return "correlate:\n" + numbered([](const auto& i) {
                               return "- {id: r" + i + ", kind: threshold, when: 'labels.a" + i +
                                      " == \"x\"', by: [], count: 2, within: 1m, emit: {}}\n";
                             });
                    },
                    true},
        HostileCase{"many_tables",
                    []() -> std::string {
                      return "tables: {" + numbered([](const auto& i) {
                               return "t" + i + ": {file: services.csv, key: service}, ";
                             }) +
                             "}\n";
                    }},
        HostileCase{
            "many_steps",
            []() -> std::string { return "tests: [{name: a, send: [" + repeated("{at: 0s},") + "], expect: []}]\n"; }}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Expressions, HostileFile,
    testing::Values(
        HostileCase{"deepest_lists",
                    []() -> std::string {
                      return conditions(
                          [](const auto& i) { return times("[", 100) + i + times("]", 100) + " == [labels.a]"; });
                    }},
        HostileCase{"too_deep_lists",
                    []() -> std::string {
                      return conditions([](const auto&) { return times("[", 1000) + times("]", 1000); });
                    }},
        HostileCase{"too_deep_negations",
                    []() -> std::string { return conditions([](const auto&) { return times("!", 2000) + "true"; }); }},
        HostileCase{"too_deep_choices",
                    []() -> std::string {
                      return conditions([](const auto&) { return times("true ? true : ", 1000) + "true"; });
                    }},
        HostileCase{"deep_values",
                    []() -> std::string {
                      return conditions([](const auto& i) {
                        return "cel.bind(a, " + times("[", 150) + "labels.l" + i + times("]", 150) + ", cel.bind(b, " +
                               times("[", 150) + "a" + times("]", 150) + ", b == dyn(b)))";
                      });
                    },
                    true},
        HostileCase{"one_long_text",
                    []() -> std::string {
                      return "route: [{id: a, topic: x, when: 'labels.a == \"" + repeated("x") + "\"'}]\n";
                    }},
        HostileCase{"long_texts",
                    []() -> std::string {
                      return long_conditions([](const auto& i, const auto& k) {
                        return (k == "0" ? "labels.a" : " || labels.a") + (" == \"" + times(i, 2000)) + "\"";
                      });
                    },
                    true},
        HostileCase{"long_alternatives",
                    []() -> std::string {
                      return long_conditions([](const auto& i, const auto& k) {
                        return (k == "0" ? "labels.a == \"" : " || labels.a == \"") + i + "-" + k + "\"";
                      });
                    },
                    true},
        HostileCase{"long_lists",
                    []() -> std::string {
                      return long_conditions([](const auto& i, const auto& k) {
                        return (k == "0" ? "labels.a in [\"" + i + "\", " : "") + ("\"" + k) + "\", ";
                      });
                    }},
        HostileCase{"many_different_patterns",
                    []() -> std::string {
                      return conditions([](const auto& i) { return "labels.a.matches(\"^x" + i + "[a-f]+(y|z)*$\")"; });
                    },
                    true},
        HostileCase{"large_patterns",
                    []() -> std::string {
                      return conditions([](const auto& i) { return "labels.a.matches(\"" + i + "(x{9}y){90}\")"; });
                    }},
        HostileCase{"large_patterns_in_alternatives",
                    []() -> std::string {
                      return conditions([](const auto& i) {
                        return "labels.a.matches(\"" + i + "(x{9}y){90}\") || labels.b == \"c\"";
                      });
                    },
                    true},
        HostileCase{"patterns_over_unicode",
                    []() -> std::string {
                      return conditions(
                          [](const auto& i) { return "labels.a.matches(\"" + i + "(\\\\pL\\\\pN){50}\")"; });
                    }},
        HostileCase{"patterns_that_are_too_large",
                    []() -> std::string {
                      return conditions(
                          [](const auto& i) { return "labels.a.matches(\"" + i + "((x{100}){100}){100}\")"; });
                    }},
        HostileCase{"constants_that_take_long",
                    []() -> std::string {
                      return conditions([](const auto& i) {
                        const std::string list = "[1,1,1,1,1,1,1,1]";
                        return list + ".all(a," + list + ".all(b," + list + ".all(c," + list + ".all(d," + list +
                               ".all(e," + i + ">0)))))";
                      });
                    },
                    true},
        HostileCase{"constants_that_grow",
                    []() -> std::string {
                      return conditions([](const auto& i) {
                        const std::string grow = ".replace(\"a\",\"aaaaaaaaaaaaaaa\")";
                        return "labels.l" + i + " == \"a\"" + grow + grow + grow + grow + grow;
                      });
                    },
                    true},
        HostileCase{"macros_in_macros",
                    []() -> std::string {
                      return conditions([](const auto& i) {
                        const std::string list = "labels.a.split(\"" + i + "\")";
                        return list + ".all(a, " + list + ".all(b, " + list + ".all(c, a < b)))";
                      });
                    }},
        HostileCase{"maps_with_many_keys",
                    []() -> std::string {
                      return long_conditions([](const auto& i, const auto& k) {
                        return (k == "0" ? i + " in {" : "") + k + ":" + k + ",";
                      });
                    }}),
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
