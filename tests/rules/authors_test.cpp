// What people write who know other tools: each mistake is found, at its place, with what was probably meant.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

// Line 1 of each file is `tocsin: 1`; the text begins in line 2.
struct AuthorCase {
  const char* name;
  const char* text;
  const char* finding;  // code@line:column
  const char* hint;     // a part of it
};

TablesInMemory tables_of_authors() {
  TablesInMemory tables;
  tables.files["svc.csv"] = "service,tier,mayor\ncheckout,1,ana\nledger,two,bob\nsearch,,eve\n";
  return tables;
}

Loaded load_of_author(std::string_view text) {
  TablesInMemory tables = tables_of_authors();
  return load({{"t.yaml", "tocsin: 1\n" + std::string{text}}}, tables);
}

std::string findings(const Loaded& loaded) {
  std::string all = errors_of(loaded);
  const std::string warnings = warnings_of(loaded);
  return all + (all.empty() || warnings.empty() ? "" : " ") + warnings;
}

class Authors : public testing::TestWithParam<AuthorCase> {};

TEST_P(Authors, AreToldWhatWasMeant) {
  const Loaded loaded = load_of_author(GetParam().text);
  EXPECT_EQ(findings(loaded), GetParam().finding) << told(loaded);
  if (loaded.diagnostics.empty()) return;
  const Diagnostic& first = loaded.diagnostics.front();
  EXPECT_NE((first.message + " / " + first.hint).find(GetParam().hint), std::string::npos) << told(loaded);
}

constexpr const char* kTable = "tables: {svc: {file: svc.csv, key: service}}\n";

INSTANTIATE_TEST_SUITE_P(
    Texts, Authors,
    testing::Values(
        AuthorCase{"go_template", "normalise: [{id: a, set: {title: '\"{{ $labels.pod }} is down\"'}}]\n",
                   "template_not_expanded@2:36", "labels.pod + "},
        AuthorCase{"jinja", "normalise: [{id: a, set: {title: '\"{{ pod }}\"'}}]\n", "template_not_expanded@2:36",
                   "labels.pod"},
        AuthorCase{"shell", "normalise: [{id: a, set: {title: '\"${pod} is down\"'}}]\n", "template_not_expanded@2:36",
                   "`${pod}` stays as it is"},
        AuthorCase{"prometheus_2", "normalise: [{id: a, set: {title: '\"on $labels.pod\"'}}]\n",
                   "template_not_expanded@2:39", "labels.pod"},
        AuthorCase{"python", "normalise: [{id: a, set: {title: '\"on %(host)s\"'}}]\n", "template_not_expanded@2:39",
                   "labels.host"},
        AuthorCase{"ruby", "normalise: [{id: a, set: {title: '\"on #{pod}\"'}}]\n", "template_not_expanded@2:39",
                   "labels.pod"},
        AuthorCase{"braces_around_a_field", "normalise: [{id: a, set: {title: '\"on {service}\"'}}]\n",
                   "template_not_expanded@2:39", "`{service}` stays as it is"},
        AuthorCase{"braces_around_a_label", "normalise: [{id: a, set: {title: '\"on {labels.pod}\"'}}]\n",
                   "template_not_expanded@2:39", "labels.pod"},
        AuthorCase{"braces_around_other_words", "normalise: [{id: a, set: {title: '\"{ok} {1} {}\"'}}]\n", "", ""},
        AuthorCase{"not_in_words", "normalise: [{id: a, when: 'not labels.x', set: {title: name}}]\n", "syntax@2:32",
                   "did you mean `!(…)`?"},
        AuthorCase{"like_in_words", "normalise: [{id: a, when: 'name like \"a%\"', set: {title: name}}]\n",
                   "syntax@2:33", ".contains("},
        AuthorCase{"env", "normalise: [{id: a, when: 'env == \"prod\"', set: {title: name}}]\n", "unknown_field@2:28",
                   "did you mean `environment`?"},
        AuthorCase{"severity_by_letters",
                   "normalise: [{id: a, when: 'labels.severity >= \"warning\"', set: {title: name}}]\n",
                   "compares_letters@2:28", "`severity >= warning`"},
        AuthorCase{"in_a_plan",
                   "plans: [{id: p, when: 'incident.priority == \"P1\"', steps: ['look at {{ .Labels.pod }}']}]\n",
                   "template_not_expanded@2:69", "there are no templates"},
        AuthorCase{"braces_that_are_looked_for",
                   "normalise: [{id: a, when: 'labels.x.contains(\"{{\")', set: {title: name}}]\n", "", ""},
        AuthorCase{"topic_of_a_template", "route: [{id: r, topic: 'incidents.{{ team }}'}]\n",
                   "bad_topic@2:24 template_not_expanded@2:35", "a route for each value"},
        AuthorCase{"escape_in_a_pattern", "severity: {rules: [{id: a, when: 'name.matches(\"\\d+\")', is: error}]}\n",
                   "bad_literal@2:49", "did you mean `r\"\\d+\"`?"},
        AuthorCase{"escape_in_yaml", "severity: {rules: [{id: a, when: \"name.matches('\\d')\", is: error}]}\n",
                   "yaml_syntax@2:51", "begins an escape"},
        AuthorCase{
            "folded_pattern",
            "severity:\n  rules:\n    - id: a\n      when: >\n        name.matches(\"^(Disk|\n        Memory)\")\n"
            "      is: error\n",
            "folded_pattern@6:22", "on one line"},
        AuthorCase{"condition_over_lines",
                   "severity:\n  rules:\n    - id: a\n      when: >\n        name == \"x\" &&\n"
                   "        service.matches(\"^a\")\n      is: error\n",
                   "", ""}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Reach, Authors,
    testing::Values(
        AuthorCase{
            "after_a_final_route",
            "route:\n  - {id: a, topic: x, final: true}\n  - {id: b, when: 'incident.team == \"b\"', topic: y}\n",
            "unreachable@4:5", "that is at t.yaml:3:5"},
        AuthorCase{"after_nobody", "route:\n  - {id: a, nobody: true}\n  - {id: b, topic: y}\n", "unreachable@4:5",
                   "always holds"},
        AuthorCase{"after_a_route_that_is_not_final", "route:\n  - {id: a, topic: x}\n  - {id: b, topic: y}\n", "", ""},
        AuthorCase{"after_a_group_of_all",
                   "correlate:\n  - {id: a, kind: group, by: [service]}\n"
                   "  - {id: b, kind: group, when: 'name == \"x\"', by: [host]}\n",
                   "unreachable@4:5", "takes every alert"},
        AuthorCase{"after_a_final_rule",
                   "normalise:\n  - {id: a, set: {title: name}, final: true}\n  - {id: b, set: {owner: name}}\n",
                   "unreachable@4:5", "ends the list"},
        AuthorCase{"drops_all", "normalise: [{id: a, drop: true}]\n", "drops_all@2:21", "every alert"},
        AuthorCase{"no_catch_all", "route: [{id: a, when: 'incident.team == \"a\"', topic: x}]\n", "no_catch_all@2:9",
                   "{id: rest, topic: incidents.queue}"},
        AuthorCase{"all_priorities",
                   "route:\n  - {id: a, when: 'incident.priority in [\"P1\", \"P2\"]', topic: x}\n"
                   "  - {id: b, when: '!(incident.priority in [\"P1\", \"P2\"])', topic: y}\n",
                   "", ""},
        AuthorCase{"one_or_the_other",
                   "route:\n  - {id: a, when: incident.severity >= error, topic: x}\n"
                   "  - {id: b, when: incident.severity < error, topic: y}\n",
                   "", ""},
        AuthorCase{"inhibits_all", "suppress: [{id: a, when: 'name == \"x\"', inhibited_by: 'name == \"y\"'}]\n",
                   "inhibits_all@2:55", "`equal: []` where that is meant"},
        AuthorCase{"inhibits_all_on_purpose",
                   "suppress: [{id: a, when: 'name == \"x\"', inhibited_by: 'name == \"y\"', equal: []}]\n", "", ""},
        AuthorCase{"plan_of_no_route", "plans: [{id: p, channel: x}]\n", "unused@2:14", "no route names the plan"},
        AuthorCase{"word_in_capitals", "severity: {map: {From: error, page: critical}}\n", "unlikely_word@2:18",
                   "did you mean `from`?"},
        AuthorCase{"word_twice", "severity: {map: {page: error, Page: critical}}\n", "duplicate_word@2:31",
                   "the same word as `page`"},
        AuthorCase{"section_in_capitals", "Route: []\n", "unknown_key@2:1", "did you mean `route`?"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Conditions, Authors,
    testing::Values(
        AuthorCase{"two_names", "severity: {rules: [{id: a, when: 'name == \"a\" && name == \"b\"', is: error}]}\n",
                   "never_holds@2:50", "together with `name == \"a\"`"},
        AuthorCase{"of_two_lists",
                   "severity: {rules: [{id: a, when: 'name in [\"a\", \"b\"] && name in [\"c\"]', is: error}]}\n",
                   "never_holds@2:57", "`||`"},
        AuthorCase{"and_not", "severity: {rules: [{id: a, when: 'name == \"a\" && name != \"a\"', is: error}]}\n",
                   "never_holds@2:50", ""},
        AuthorCase{"other_start",
                   "severity: {rules: [{id: a, when: 'name.startsWith(\"x\") && name == \"y\"', is: error}]}\n",
                   "never_holds@2:59", ""},
        AuthorCase{"empty_range", "severity: {rules: [{id: a, when: 'tier > 3 && tier <= 3', is: error}]}\n",
                   "never_holds@2:47", ""},
        AuthorCase{"above_the_highest", "severity: {rules: [{id: a, when: severity > critical, is: error}]}\n",
                   "never_holds@2:34", ""},
        AuthorCase{"range", "severity: {rules: [{id: a, when: 'tier > 1 && tier <= 3 && 2 <= tier', is: error}]}\n", "",
                   ""},
        AuthorCase{"narrower",
                   "severity: {rules: [{id: a, when: 'name in [\"a\", \"b\"] && name != \"a\"', is: error}]}\n", "",
                   ""},
        AuthorCase{"priority_as_a_number",
                   "route: [{id: a, when: incident.priority <= 2, topic: x}, {id: b, topic: y}]\n",
                   "type_mismatch@2:23", "did you mean `incident.priority in [\"P1\", \"P2\"]`?"},
        AuthorCase{"priority_without_quotes",
                   "route: [{id: a, when: incident.priority == P1, topic: x}, {id: b, topic: y}]\n",
                   "unknown_field@2:44", "`\"P1\"`"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Words, Authors,
    testing::Values(
        AuthorCase{"route_of_alertmanager",
                   "route: [{matchers: ['team=\"x\"'], receiver: x, group_by: [a], continue: true}]\n",
                   "unknown_key@2:10", "`receiver` here: `topic: incidents.page`"},
        AuthorCase{"inhibition_of_alertmanager",
                   "suppress: [{source_matchers: ['a=\"b\"'], target_matchers: ['a=\"c\"'], equal: [alertname]}]\n",
                   "unknown_key@2:13", "`inhibited_by:"},
        AuthorCase{"file_of_alertmanager", "receivers: [{name: x}]\ninhibit_rules: []\n", "unknown_key@2:1",
                   "these are words of Alertmanager"},
        AuthorCase{"tab", "severity:\n\trules: []\n", "yaml_syntax@3:1", "this is a tab"},
        AuthorCase{
            "brace_left_open",
            "severity:\n  rules:\n    - {id: a, is: error\n    - {id: b, is: error}\nroute:\n  - {id: c, topic: x}\n",
            "yaml_syntax@4:7", "this `{` is never closed"},
        AuthorCase{"bracket_closed_by_a_brace", "correlate:\n  - {id: a, kind: group, by: [service, host}\n",
                   "yaml_syntax@3:30", "this `[` is closed by `}`"},
        AuthorCase{"quotes_in_quotes", "severity: {rules: [{id: a, when: \"name == \"x\"\", is: error}]}\n",
                   "yaml_syntax@2:43", "single ones"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Calendars, Authors,
    testing::Values(
        AuthorCase{"never_shuts", "suppress: [{id: a, during: {cron: '* * * * *', for: 1h, tz: UTC}}]\n",
                   "never_shuts@2:35", "never shuts"},
        AuthorCase{"each_begins_before_the_last_ends",
                   "suppress: [{id: a, during: {cron: '0 0 * * *', for: 25h, tz: UTC}}]\n", "never_shuts@2:35", ""},
        AuthorCase{"a_day_but_for_a_minute", "suppress: [{id: a, during: {cron: '0 0 * * *', for: 23h59m, tz: UTC}}]\n",
                   "", ""},
        AuthorCase{"hours_without_end", "priority: {urgency: [{hours: {cron: '* * * * *', tz: UTC}, is: high}]}\n",
                   "never_shuts@2:37", ""},
        AuthorCase{"patch_tuesday", "suppress: [{id: a, during: {cron: '0 2 8-14 * TUE', for: 1h, tz: UTC}}]\n",
                   "either_day@2:35", "Tuesday 2026-01-06 02:00, Thursday 2026-01-08 02:00, Friday 2026-01-09 02:00"},
        AuthorCase{"second_tuesday", "suppress: [{id: a, during: {cron: '0 2 * * TUE#2', for: 1h, tz: UTC}}]\n", "",
                   ""},
        AuthorCase{"no_zone", "suppress: [{id: a, during: {cron: '0 2 * * TUE', for: 1h}}]\n", "no_time_zone@2:35",
                   "the clock of UTC"},
        AuthorCase{
            "swapped", "suppress: [{id: a, during: {cron: '22 0 * * TUE', for: 1h, tz: UTC}}]\n", "swapped_hour@2:35",
            "Tuesday 2026-01-06 00:22, Tuesday 2026-01-13 00:22, Tuesday 2026-01-20 00:22 … / did you mean `0 22 * "
            "* TUE`?"},
        AuthorCase{"swapped_for_certain", "suppress: [{id: a, during: {cron: '2 30 * * TUE', for: 1h, tz: UTC}}]\n",
                   "bad_cron@2:35", "the minute comes first: did you mean `30 2 * * TUE`?"},
        AuthorCase{"day_in_full", "suppress: [{id: a, during: {cron: '0 2 * * Tuesday', for: 1h, tz: UTC}}]\n",
                   "bad_cron@2:35", "did you mean `0 2 * * TUE`?"},
        AuthorCase{"hours_as_people_say", "priority: {urgency: [{hours: {cron: '08:00-18:00', tz: UTC}, is: high}]}\n",
                   "bad_cron@2:37", "`* 8-17 * * *`"},
        AuthorCase{"nickname", "suppress: [{id: a, during: {cron: '@daily', for: 1h, tz: UTC}}]\n", "bad_cron@2:35",
                   "did you mean `0 0 * * *`?"},
        AuthorCase{"quartz", "suppress: [{id: a, during: {cron: '0 0 2 ? * TUE', for: 1h, tz: UTC}}]\n",
                   "bad_cron@2:35", "did you mean `0 2 * * TUE`?"},
        AuthorCase{"city_by_its_own_name",
                   "suppress: [{id: a, during: {cron: '0 2 * * *', for: 1h, tz: Europe/Warszawa}}]\n",
                   "bad_time_zone@2:61", "did you mean `Europe/Warsaw`?"},
        AuthorCase{"city_alone", "suppress: [{id: a, during: {cron: '0 2 * * *', for: 1h, tz: amsterdam}}]\n",
                   "bad_time_zone@2:61", "did you mean `Europe/Amsterdam`?"},
        AuthorCase{"time_of_day_that_is_none",
                   "suppress: [{id: a, during: {cron: '0 22 * * *', until: '6:00', tz: UTC}}]\n",
                   "bad_time_of_day@2:56", "did you mean `06:00`?"},
        AuthorCase{"for_and_until",
                   "suppress: [{id: a, during: {cron: '0 22 * * *', for: 1h, until: '06:00', tz: UTC}}]\n",
                   "conflicting_keys@2:58", "either `for` or `until`"},
        AuthorCase{"no_such_calendar", "priority: {urgency: [{hours: busines, is: high}]}\n", "unknown_calendar@2:30",
                   "calendars: {busines:"},
        AuthorCase{"misspelt_calendar",
                   "calendars: {business: {cron: '* 8-17 * * MON-FRI', tz: UTC}}\n"
                   "priority: {urgency: [{hours: busines, is: high}]}\n",
                   "unknown_calendar@3:30", "did you mean `business`?"},
        AuthorCase{"holiday_that_is_no_day", "calendars: {b: {cron: '* 8 * * *', tz: UTC, holidays: ['02-30']}}\n",
                   "bad_instant@2:56", "12-25"}),
    [](const auto& test) { return std::string{test.param.name}; });

INSTANTIATE_TEST_SUITE_P(
    Durations, Authors,
    testing::Values(
        AuthorCase{"words_for_minutes", "dedup: {reopen: {within: 5 minutes}}\n", "bad_duration@2:26",
                   "did you mean `5m`?"},
        AuthorCase{"short_for_minutes", "dedup: {reopen: {within: 10min}}\n", "bad_duration@2:26",
                   "did you mean `10m`?"},
        AuthorCase{"without_a_unit", "dedup: {reopen: {within: 10}}\n", "bad_duration@2:26", "`10s`, `10m`"},
        AuthorCase{"hours", "dedup: {reopen: {within: 4 Hours}}\n", "bad_duration@2:26", "did you mean `4h`?"},
        AuthorCase{"no_time_at_all", "dedup: {reopen: {within: soon}}\n", "bad_duration@2:26", ""},
        AuthorCase{"one_is_a_list", "correlate: [{id: a, kind: group, by: service}]\n", "wrong_type@2:38",
                   "`[service]`"},
        AuthorCase{"tree_of_routes", "route: {receiver: web, routes: []}\n", "wrong_type@2:8", "one list here"},
        AuthorCase{"three_fields_of_cron", "suppress: [{id: a, during: {cron: '8-14 * TUE', for: 2h, tz: UTC}}]\n",
                   "bad_cron@2:35", "five fields: minute, hour, day of the month, month, day of the week; here are 3"},
        AuthorCase{"day_eight", "suppress: [{id: a, during: {cron: '0 2 * * 8', for: 2h, tz: UTC}}]\n", "bad_cron@2:35",
                   "days of the week are"},
        AuthorCase{"offset_for_a_zone", "suppress: [{id: a, during: {cron: '0 2 * * 1', for: 2h, tz: UTC+2}}]\n",
                   "bad_time_zone@2:61", "knows no summer time"},
        AuthorCase{"own_field_that_nobody_sets",
                   "correlate: [{id: a, kind: group, by: [], incident: {fields: {cost: '\"1\"'}}}]\n"
                   "route: [{id: b, when: 'incident.fields.costs == \"1\"', topic: a}, {id: c, topic: b}]\n",
                   "unset_field@3:23", "did you mean `cost`?"},
        AuthorCase{"lease", "dedup: {resolve: {expire: 14000w}}\n", "bad_duration@2:27", "at most `520w`"},
        AuthorCase{"reopen", "dedup: {reopen: {within: 14000w}}\n", "bad_duration@2:26", "at most `520w`"},
        AuthorCase{"flap", "dedup: {flap: {changes: 3, within: 1m, hold: 521w}}\n", "bad_duration@2:46",
                   "about ten years"},
        AuthorCase{"settle", "suppress: [{id: a, inhibited_by: 'name == \"y\"', equal: [host], settle: 14000w}]\n",
                   "bad_duration@2:72", "at most"},
        AuthorCase{"longer_than_any", "dedup: {reopen: {within: 99999999w}}\n", "bad_duration@2:26",
                   "the longest is `520w`"},
        AuthorCase{"longest", "dedup: {reopen: {within: 520w}}\n", "", ""}),
    [](const auto& test) { return std::string{test.param.name}; });

struct TableCase {
  const char* name;
  const char* when;
  const char* finding;
  const char* hint;
};

class TablesOfAuthors : public testing::TestWithParam<TableCase> {};

TEST_P(TablesOfAuthors, AreComparedWithWhatIsAskedOfThem) {
  // All columns are used, so that only the condition is told of.
  const Loaded loaded =
      load_of_author(std::string{kTable} +
                     "normalise:\n  - {id: u, set: {owner: 'svc[service].mayor + svc[service].tier'}}\n"
                     "severity:\n  rules:\n    - {id: a, when: '" +
                     GetParam().when + "', is: error}\n");
  EXPECT_EQ(findings(loaded), GetParam().finding) << told(loaded);
  if (loaded.diagnostics.empty()) return;
  const Diagnostic& first = loaded.diagnostics.front();
  EXPECT_NE((first.message + " / " + first.hint).find(GetParam().hint), std::string::npos) << told(loaded);
}

INSTANTIATE_TEST_SUITE_P(
    Table, TablesOfAuthors,
    testing::Values(
        TableCase{"value_of_no_cell", R"(svc[service].tier == "24/7")", "impossible_value@7:43", "its values are"},
        TableCase{"value_in_a_list", R"(svc[service].tier in ["1", "24/7"])", "impossible_value@7:49", "24/7"},
        TableCase{"value_of_a_cell", R"(svc[service].tier == "1")", "", ""},
        TableCase{"value_that_stands_in", R"(coalesce(svc[service].tier, "9") == "9")", "", ""},
        TableCase{"row_that_is_not_there", R"(svc["chekout"].tier == "1")", "unknown_row@7:26",
                  "did you mean `checkout`?"},
        TableCase{"row_in", R"("chekout" in svc)", "unknown_row@7:22", "no row `chekout`"},
        TableCase{"column_as_a_row", R"(svc.tier.tier == "1")", "unknown_row@7:22", "is a column of a row"},
        TableCase{"cell_that_is_no_number", R"(int(svc[service].tier) == 1)", "not_a_number@7:22",
                  "in the row `ledger` the column `tier` is `two`"},
        TableCase{"misspelt_column", R"(svc[service].mayr == "ana")", "unknown_field@7:35", "did you mean `mayor`?"},
        TableCase{"other_column", R"(svc[service].owner == "ana")", "unknown_field@7:35", "it has `service`"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST(Authors, AreToldWhatNobodyUses) {
  EXPECT_EQ(warnings_of(load_of_author(kTable)), "unused@2:10");
  const Loaded columns =
      load_of_author(std::string{kTable} + "normalise: [{id: a, set: {owner: 'svc[service].mayor'}}]\n");
  EXPECT_EQ(warnings_of(columns), "unused@2:22") << told(columns);
  TablesInMemory notes;
  notes.files["svc.csv"] = "service,mayor,note,link\ncheckout,ana,asks twice,https://example.com\n";
  const Loaded for_people = load(
      {{"t.yaml", "tocsin: 1\n" + std::string{kTable} + "normalise: [{id: a, set: {owner: 'svc[service].mayor'}}]\n"}},
      notes);
  EXPECT_EQ(warnings_of(for_people), "") << told(for_people);
  const Loaded whole = load_of_author(
      std::string{kTable} + "normalise: [{id: a, when: 'svc.exists(k, k == service)', set: {owner: name}}]\n");
  EXPECT_EQ(warnings_of(whole), "") << told(whole);
  EXPECT_EQ(warnings_of(load_of_author("let: {few: 3}\n")), "unused@2:7");
}

}  // namespace
}  // namespace tocsin::rules
