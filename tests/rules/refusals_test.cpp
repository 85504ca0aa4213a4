#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

// Line 1 of each file is `tocsin: 1`; the text begins in line 2.
struct RefusalCase {
  const char* name;
  const char* text;
  const char* errors;  // in order of place
};

class RuleFile : public testing::TestWithParam<RefusalCase> {};

TEST_P(RuleFile, IsRefusedAtThePlaceOfTheMistake) {
  const Loaded loaded = load_text(GetParam().text);
  EXPECT_EQ(errors_of(loaded), GetParam().errors) << told(loaded);
  EXPECT_EQ(loaded.rules, nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, RuleFile,
    testing::Values(
        RefusalCase{"unknown_section", "sevrity: {}\n", "unknown_key@2:1"},
        RefusalCase{"section_twice", "dedup: {}\ndedup: {}\n", "duplicate_key@3:1"},
        RefusalCase{"list_instead_of_map", "dedup: [a]\n", "wrong_type@2:8"},
        RefusalCase{"map_instead_of_list", "route: {a: b}\n", "wrong_type@2:8"},
        RefusalCase{"rule_that_is_a_text", "normalise: [a]\n", "wrong_type@2:13"},
        RefusalCase{"missing_id", "normalise:\n  - {set: {name: labels.x}}\n", "missing_key@3:5"},
        RefusalCase{"id_twice", "route:\n  - {id: a, topic: x}\n  - {id: a, topic: y}\n", "duplicate_id@4:10"},
        RefusalCase{"id_twice_in_two_sections",
                    "normalise: [{id: a, set: {name: labels.x}}]\nroute: [{id: a, topic: x}]\n", "duplicate_id@3:14"},
        RefusalCase{"id_with_spaces", "route: [{id: a b, topic: x}]\n", "bad_name@2:14"},
        RefusalCase{"final_that_is_no_bool", "route: [{id: a, topic: x, final: yes}]\n", "wrong_type@2:34"},
        RefusalCase{"misspelt_key_is_not_missing_too", "route: [{id: a, topics: x}]\n", "unknown_key@2:17"},
        RefusalCase{"unknown_key_in_rule", "route: [{id: a, topic: x, finl: true}]\n", "unknown_key@2:27"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Normalise, RuleFile,
    testing::Values(
        RefusalCase{"unknown_field", "normalise: [{id: a, set: {nmae: labels.x}}]\n", "unknown_field@2:27"},
        RefusalCase{"field_of_the_source", "normalise: [{id: a, set: {source: labels.x}}]\n", "not_settable@2:27"},
        RefusalCase{"severity", "normalise: [{id: a, set: {severity: labels.x}}]\n", "not_settable@2:27"},
        RefusalCase{"order_in_a_map", "normalise: [{id: a, set: {name: labels.x, title: name}}]\n",
                    "ambiguous_order@2:50"},
        RefusalCase{"nothing_set", "normalise: [{id: a}]\n", "missing_key@2:13"},
        RefusalCase{"empty_set", "normalise: [{id: a, set: {}}]\n", "wrong_type@2:26"},
        RefusalCase{"text_for_tier", "normalise: [{id: a, set: {tier: labels.tier}}]\n", "type_mismatch@2:33"},
        RefusalCase{"severity_in_when", "normalise: [{id: a, when: 'severity == error', set: {name: labels.x}}]\n",
                    "unknown_field@2:28 unknown_field@2:40"},
        RefusalCase{"when_that_is_a_text", "normalise: [{id: a, when: labels.x, set: {name: labels.x}}]\n",
                    "type_mismatch@2:27"},
        RefusalCase{"when_that_is_a_map", "normalise: [{id: a, when: {a: b}, set: {name: labels.x}}]\n",
                    "wrong_type@2:27"},
        RefusalCase{"name_in_the_middle",
                    "normalise:\n  - id: a\n    when: 'name == \"x\" && serivce == \"y\"'\n"
                    "    set: {name: labels.x}\n",
                    "unknown_field@4:27"},
        RefusalCase{"name_in_a_block",
                    "normalise:\n  - id: a\n    when: |\n      name == \"x\" &&\n        serivce == \"y\"\n"
                    "    set: {name: labels.x}\n",
                    "unknown_field@6:9"},
        RefusalCase{"int_with_text", "normalise: [{id: a, when: 'tier == \"1\"', set: {name: labels.x}}]\n",
                    "type_mismatch@2:28"},
        RefusalCase{"bad_pattern", "normalise: [{id: a, when: 'name.matches(\"(\")', set: {name: labels.x}}]\n",
                    "bad_pattern@2:41"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Dedup, RuleFile,
    testing::Values(
        RefusalCase{"unknown_field", "dedup: {key: [service, hots]}\n", "unknown_field@2:24"},
        RefusalCase{"bad_label", "dedup: {key: [labels.a-b]}\n", "unknown_field@2:15"},
        RefusalCase{"label_in_quotes_without_a_name", "dedup: {key: ['labels[\"\"]']}\n", "unknown_field@2:15"},
        RefusalCase{"label_in_half_quotes", "dedup: {key: ['labels[\"a']}\n", "unknown_field@2:15"},
        RefusalCase{"empty_key", "dedup: {key: []}\n", "empty_key@2:14"},
        RefusalCase{"key_and_ignore", "dedup: {key: [name], ignore: [labels.a]}\n", "conflicting_keys@2:22"},
        RefusalCase{"ignored_field", "dedup: {ignore: [host]}\n", "unknown_field@2:18"},
        RefusalCase{"lease_of_a_source", "dedup: {resolve: {expire: {generic: soon}}}\n", "bad_duration@2:37"},
        RefusalCase{"lease_is_a_list", "dedup: {resolve: {expire: [5m]}}\n", "bad_duration@2:27"},
        RefusalCase{"fold_upside_down", "defaults: {fold: {min: 1m, max: 1s}}\n", "bad_fold@2:18"},
        RefusalCase{"fold_without_unit", "defaults: {fold: {min: 1}}\n", "bad_duration@2:24"},
        RefusalCase{"linger_in_a_window", "suppress: [{id: w, during: {cron: '0 2 * * *', for: 1h}, linger: 1m}]\n",
                    "conflicting_keys@2:58"},
        RefusalCase{"nothing_left", "dedup: {key: [severity]}\n", "empty_key@2:14"},
        RefusalCase{"bad_duration", "dedup: {resolve: {expire: 4 hours}}\n", "bad_duration@2:27"},
        RefusalCase{"number_without_unit", "dedup: {reopen: {within: 10}}\n", "bad_duration@2:26"},
        RefusalCase{"expires_at_once", "dedup: {resolve: {expire: 0s}}\n", "bad_duration@2:27"},
        RefusalCase{"flap_without_changes", "dedup: {flap: {within: 1m, hold: 1m}}\n", "missing_key@2:15"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Severity, RuleFile,
    testing::Values(RefusalCase{"misspelt", "severity: {map: {page: critcal}}\n", "unknown_severity@2:24"},
                    RefusalCase{"misspelt_in_expression",
                                "correlate: [{id: a, kind: group, when: severity >= critcal, by: []}]\n",
                                "unknown_field@2:52"},
                    RefusalCase{"of_another_scale",
                                "severity:\n  scale: [low, high]\n  rules: [{id: a, is: critical}]\n",
                                "unknown_severity@4:23"},
                    RefusalCase{"one_severity", "severity: {scale: [a]}\n", "bad_scale@2:19"},
                    RefusalCase{"severity_twice", "severity: {scale: [a, b, a]}\n", "duplicate_severity@2:26"},
                    RefusalCase{"name_of_a_field", "severity: {scale: [a, service]}\n", "bad_scale@2:19 bad_name@2:23"},
                    RefusalCase{"rule_without_is", "severity: {rules: [{id: a}]}\n", "missing_key@2:20"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Priority, RuleFile,
    testing::Values(
        RefusalCase{"misspelt_impact", "priority: {impact: [{is: hihg}]}\n", "unknown_impact@2:26"},
        RefusalCase{"misspelt_urgency", "priority: {urgency: [{is: urgent}]}\n", "unknown_urgency@2:27"},
        RefusalCase{"two_rows", "priority: {matrix: {high: [P1, P2, P3], low: [P3, P4, P5]}}\n", "missing_key@2:20"},
        RefusalCase{"two_columns",
                    "priority:\n  matrix:\n    high: [P1, P2]\n    medium: [P2, P3, P4]\n    low: [P3, P4, P5]\n",
                    "bad_matrix@4:11"},
        RefusalCase{"unknown_priority",
                    "priority:\n  matrix:\n    high: [P0, P2, P3]\n    medium: [P2, P3, P4]\n    low: [P3, P4, P5]\n",
                    "unknown_priority@4:12"},
        RefusalCase{"raise_to_nowhere", "priority: {raise: [{id: a, to: P9}]}\n", "unknown_priority@2:32"},
        RefusalCase{"raise_to_nothing", "priority: {raise: [{id: a, to: {}}]}\n", "missing_key@2:32"},
        RefusalCase{"raise_to_an_unknown_key", "priority: {raise: [{id: a, to: {group: x}}]}\n", "unknown_key@2:33"},
        RefusalCase{"raise_in_hours_of_no_calendar", "priority: {raise: [{id: a, hours: office, to: P1}]}\n",
                    "unknown_calendar@2:35"},
        RefusalCase{"raise_on_the_alert", "priority: {raise: [{id: a, when: 'service == \"a\"', to: P1}]}\n",
                    "unknown_field@2:35"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Suppress, RuleFile,
    testing::Values(
        RefusalCase{"neither", "suppress: [{id: a}]\n", "missing_key@2:12"},
        RefusalCase{"both", "suppress: [{id: a, during: {cron: '* * * * *', for: 1h}, inhibited_by: 'true'}]\n",
                    "conflicting_keys@2:12"},
        RefusalCase{"bad_cron", "suppress: [{id: a, during: {cron: '0 25 * * TUE', for: 1h}}]\n", "bad_cron@2:35"},
        RefusalCase{"short_cron", "suppress: [{id: a, during: {cron: '0 2 * *', for: 1h}}]\n", "bad_cron@2:35"},
        RefusalCase{"no_length", "suppress: [{id: a, during: {cron: '0 2 * * *'}}]\n", "missing_key@2:28"},
        RefusalCase{"no_such_date", "suppress: [{id: a, during: {cron: '0 2 30 2 *', for: 1h}}]\n", "bad_cron@2:35"},
        RefusalCase{"longer_than_a_year", "suppress: [{id: a, during: {cron: '0 2 * * *', for: 400d}}]\n",
                    "bad_duration@2:53"},
        RefusalCase{"unknown_zone", "suppress: [{id: a, during: {cron: '0 2 * * *', for: 1h, tz: Europe/Atlantis}}]\n",
                    "bad_time_zone@2:61"},
        RefusalCase{"settle_of_a_window", "suppress: [{id: a, during: {cron: '0 2 * * *', for: 1h}, settle: 1s}]\n",
                    "conflicting_keys@2:58"},
        RefusalCase{"equal_to_an_unknown_field", "suppress: [{id: a, inhibited_by: 'true', equal: [hots]}]\n",
                    "unknown_field@2:50"},
        RefusalCase{"inhibited_by_a_text", "suppress: [{id: a, inhibited_by: name}]\n", "type_mismatch@2:34"},
        RefusalCase{"another_end", "suppress: [{id: a, inhibited_by: 'true', at_end: forget}]\n", "unknown_word@2:50"},
        RefusalCase{"bad_zone", "suppress: [{id: a, during: {cron: '0 2 * * *', for: 1h, tz: 'a b'}}]\n",
                    "bad_time_zone@2:61"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Correlate, RuleFile,
    testing::Values(
        RefusalCase{"no_kind", "correlate: [{id: a, by: []}]\n", "missing_key@2:13"},
        RefusalCase{"unknown_kind", "correlate: [{id: a, kind: treshold}]\n", "unknown_kind@2:27"},
        RefusalCase{"no_by", "correlate: [{id: a, kind: group}]\n", "missing_key@2:13"},
        RefusalCase{"idle_over_max", "correlate: [{id: a, kind: group, by: [], window: {idle: 2h, max: 1h}}]\n",
                    "bad_window@2:50"},
        RefusalCase{"count_of_a_group", "correlate: [{id: a, kind: group, by: [], count: 3}]\n", "unknown_key@2:42"},
        RefusalCase{"no_keys_at_all", "correlate: [{id: a, kind: group, by: [], max_keys: 0}]\n", "bad_number@2:52"},
        RefusalCase{"threshold_without_outcome",
                    "correlate: [{id: a, kind: threshold, by: [], count: 3, within: 1m}]\n", "missing_key@2:13"},
        RefusalCase{"emit_of_unknown_severity",
                    "correlate: [{id: a, kind: threshold, by: [], count: 3, within: 1m, emit: {severity: bad}}]\n",
                    "unknown_severity@2:85"},
        RefusalCase{
            "one_step",
            "correlate: [{id: a, kind: sequence, by: [], within: 1m, steps: [{as: x, when: 'true'}], emit: {}}]\n",
            "too_few_steps@2:64"},
        RefusalCase{"change_of_no_step",
                    "correlate:\n  - id: a\n    kind: sequence\n    by: []\n    within: 1m\n"
                    "    steps: [{as: x, when: 'tier == 1'}, {as: y, when: 'tier == 2'}]\n    annotate: {change: z}\n",
                    "unknown_step@8:24"},
        RefusalCase{"absence_of_what", "correlate: [{id: a, kind: absence, by: [], within: 1m, emit: {}}]\n",
                    "missing_key@2:13 missing_key@2:13"},
        RefusalCase{"graph_without_table", "correlate: [{id: a, kind: topology, graph: dep, hops: 2, within: 1m}]\n",
                    "unknown_table@2:44"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Route, RuleFile,
    testing::Values(RefusalCase{"no_topic", "route: [{id: a}]\n", "missing_key@2:9"},
                    RefusalCase{"bad_topic", "route: [{id: a, topic: a b}]\n", "bad_topic@2:24"},
                    RefusalCase{"placeholder", "route: [{id: a, topic: 'incidents.{team}'}]\n", "bad_topic@2:24"},
                    RefusalCase{"field_of_the_alert", "route: [{id: a, when: 'service == \"a\"', topic: x}]\n",
                                "unknown_field@2:24"},
                    RefusalCase{"unknown_field_of_incident",
                                "route: [{id: a, when: 'incident.prio == \"P1\"', topic: x}]\n", "unknown_field@2:33"},
                    RefusalCase{"unknown_plan", "route: [{id: a, topic: x, plan: b}]\n", "unknown_plan@2:33"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Tables, RuleFile,
    testing::Values(
        RefusalCase{"no_file", "tables: {svc: {file: none.csv, key: service}}\n", "table_not_found@2:22"},
        RefusalCase{"outside", "tables: {svc: {file: ../x.csv, key: service}}\n", "bad_path@2:22"},
        RefusalCase{"no_column", "tables: {svc: {file: services.csv, key: servcie}}\n", "unknown_column@2:41"},
        RefusalCase{"neither_key_nor_edges", "tables: {svc: {file: services.csv}}\n", "missing_key@2:15"},
        RefusalCase{"name_of_a_field", "tables: {service: {file: services.csv, key: service}}\n", "bad_name@2:10"},
        RefusalCase{"edges_of_three", "tables: {dep: {file: edges.csv, edges: [from, to, x]}}\n", "wrong_type@2:40"},
        RefusalCase{"column_in_expression",
                    "tables: {svc: {file: services.csv, key: service}}\n"
                    "normalise: [{id: a, set: {owner: 'svc[service].onwer'}}]\n",
                    "unknown_field@3:48"},
        RefusalCase{"said_once_when_the_table_is_missing",
                    "tables: {svc: {file: none.csv, key: service}}\n"
                    "normalise: [{id: a, set: {owner: 'svc[service].owner'}}]\n",
                    "table_not_found@2:22"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Stories, RuleFile,
    testing::Values(
        RefusalCase{"no_name", "tests: [{send: [], expect: []}]\n", "missing_key@2:9"},
        RefusalCase{"no_at", "tests: [{name: a, send: [{alert: {a: b}}], expect: []}]\n", "missing_key@2:26"},
        RefusalCase{"nothing_sent", "tests: [{name: a, send: [{at: 0s}], expect: []}]\n", "missing_key@2:26"},
        RefusalCase{"two_things_sent", "tests: [{name: a, send: [{at: 0s, alert: {}, body: {}}], expect: []}]\n",
                    "conflicting_keys@2:46"},
        RefusalCase{"unknown_command", "tests: [{name: a, send: [{at: 0s, akc: {}}], expect: []}]\n",
                    "unknown_key@2:35"},
        RefusalCase{"bad_label", "tests: [{name: a, send: [{at: 0s, alert: {\"\": c}}], expect: []}]\n",
                    "bad_label@2:43"},
        RefusalCase{"every_without_times", "tests: [{name: a, send: [{at: 0s, every: 1s, alert: {}}], expect: []}]\n",
                    "missing_key@2:26"},
        RefusalCase{"body_without_source", "tests: [{name: a, send: [{at: 0s, body: {}}], expect: []}]\n",
                    "missing_key@2:26"},
        RefusalCase{"unknown_priority",
                    "tests: [{name: a, send: [], expect: [{at: 0s, incidents: [{priority: P7}]}]}]\n",
                    "unknown_priority@2:70"},
        RefusalCase{"unknown_severity",
                    "tests: [{name: a, send: [], expect: [{at: 0s, incidents: [{severity: hgih}]}]}]\n",
                    "unknown_severity@2:70"},
        RefusalCase{"nothing_expected", "tests: [{name: a, send: [], expect: [{at: 0s}]}]\n", "missing_key@2:38"},
        RefusalCase{"bad_start", "tests: [{name: a, start: today, send: [], expect: []}]\n", "bad_instant@2:26"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(RuleFile, TellsAllMistakesAtOnceInOrderOfPlace) {
  const Loaded loaded = load_text(
      "route:\n  - {id: a, topic: 'x y'}\n"
      "severity: {map: {page: critcal}}\n"
      "normalise:\n  - {set: {nmae: labels.x}}\n");
  EXPECT_EQ(errors_of(loaded), "bad_topic@3:20 unknown_severity@4:24 missing_key@6:5 unknown_field@6:12")
      << told(loaded);
}

TEST(RuleFile, SuggestsTheWordThatWasMeant) {
  const Loaded loaded = load_text("severity: {map: {page: critcal}}\n");
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].hint, "did you mean `critical`?");
  EXPECT_EQ(loaded.diagnostics[0].snippet, "severity: {map: {page: critcal}}");
  EXPECT_EQ(loaded.diagnostics[0].length, 7U);
}

TEST(RuleFile, SuggestsTheWordThatABeginningMeans) {
  const auto hint = [](const std::string& word) {
    const Loaded loaded = load_text("severity: {map: {page: " + word + "}}\n");
    EXPECT_EQ(errors_of(loaded), "unknown_severity@2:24");
    return loaded.diagnostics.empty() ? std::string{} : loaded.diagnostics[0].hint;
  };
  EXPECT_EQ(hint("crit"), "did you mean `critical`?");
  EXPECT_EQ(hint("WARN"), "did you mean `warning`?");
  EXPECT_EQ(hint("err"), "did you mean `error`?");
  EXPECT_EQ(hint("in"), "") << "too little to go by";
  EXPECT_EQ(hint("fatal"), "");
}

TEST(RuleFile, HintsAtTheQuotesThatYamlWants) {
  const auto hint = [](std::string_view text) {
    const Loaded loaded = load_text(text);
    return loaded.diagnostics.size() == 1 ? loaded.diagnostics[0].hint : told(loaded);
  };
  EXPECT_NE(hint("route: [{id: a, when: x[y] == 1, topic: z}]\n").find("must be quoted"), std::string::npos);
  EXPECT_NE(hint("route:\n  - id: a\n    topic: x\n   final: true\n").find("indented"), std::string::npos);
  EXPECT_NE(hint("override: {append: [{id: builtin.host, when: && tier == 1}]}\n").find("'&& "), std::string::npos);
  EXPECT_NE(hint("override: {append: [{id: builtin.host, when: || tier == 1}]}\n").find("must be quoted"),
            std::string::npos);
}

TEST(RuleFile, NeedsItsVersion) {
  TablesInMemory tables;
  EXPECT_EQ(errors_of(load({{"t.yaml", ""}}, tables)), "empty_file@1:1");
  EXPECT_EQ(errors_of(load({{"t.yaml", "ruleset: a\n"}}, tables)), "missing_key@1:1");
  EXPECT_EQ(errors_of(load({{"t.yaml", "tocsin: 2\n"}}, tables)), "bad_version@1:9");
  EXPECT_EQ(errors_of(load({{"t.yaml", "- a\n"}}, tables)), "wrong_type@1:1");
}

TEST(RuleFile, MayHaveAByteOrderMark) {
  TablesInMemory tables;
  const Loaded loaded = load({{"t.yaml", "\xEF\xBB\xBFtocsin: 2\n"}}, tables);
  EXPECT_EQ(errors_of(loaded), "bad_version@1:9");
}

}  // namespace
}  // namespace tocsin::rules
