#include "rules/load.h"

#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

using namespace std::chrono_literals;

TEST(Load, ReadsLeasesFoldsAndLingering) {
  TablesInMemory tables;
  const Loaded loaded =
      load({{"a.yaml",
             "tocsin: 1\n"
             "defaults: {lateness: 1m, fold: {min: 0s, max: 10s}}\n"
             "dedup: {ignore: [labels.replica], resolve: {expire: {generic: 6h, alertmanager: none, default: 1d}}}\n"
             "suppress: [{id: s, inhibited_by: 'name == \"A\"', linger: 90s}]\n"
             "correlate: [{id: g, kind: group, by: []}]\n"}},
           tables);
  ASSERT_TRUE(loaded.rules);
  const RuleSet& rules = *loaded.rules;
  EXPECT_EQ(rules.defaults.lateness, 1min);
  EXPECT_EQ(rules.defaults.fold_min, 0s);
  EXPECT_EQ(rules.defaults.fold_max, 10s);
  EXPECT_EQ(rules.dedup.ignored_labels, std::vector<std::string>{"replica"});
  EXPECT_EQ(rules.dedup.expire.of("generic"), 6h);
  EXPECT_EQ(rules.dedup.expire.of("alertmanager"), std::nullopt);
  EXPECT_EQ(rules.dedup.expire.of("kafka"), 24h);
  EXPECT_EQ(rules.suppress.back().linger, 90s);
  EXPECT_EQ(rules.groups.back().max, Duration::max()) << "an incident that lasts has no bound";
}

TEST(Load, WithoutFilesGivesTheBuiltInRules) {
  TablesInMemory tables;
  const Loaded loaded = load({}, tables);
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  EXPECT_EQ(loaded.diagnostics.size(), 0U) << told(loaded);
  EXPECT_EQ(loaded.rules->name, "builtin");
  EXPECT_FALSE(loaded.rules->normalise.empty());
  EXPECT_FALSE(loaded.rules->groups.empty());
  EXPECT_FALSE(loaded.rules->routes.empty());
  EXPECT_TRUE(loaded.stories.empty());
  EXPECT_EQ(name_of(*loaded.rules, Severity{4}), "critical");
}

TEST(Load, OfTheBuiltInFileGivesTheSameRulesAndItsStories) {
  TablesInMemory tables;
  const Loaded loaded = load({builtin_rules()}, tables);
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  EXPECT_EQ(loaded.rules->digest, load({}, tables).rules->digest);
  EXPECT_GE(loaded.stories.size(), 5U);
}

TEST(Load, TakesWhatAFileDoesNotSayFromTheBuiltInRules) {
  const Loaded loaded = load_text(
      "ruleset: mine\n"
      "dedup: {reopen: {within: 1m}}\n"
      "priority: {impact: [{is: low}]}\n"
      "route: [{id: all, topic: everything}]\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const RuleSet& rules = *loaded.rules;
  EXPECT_EQ(rules.name, "mine");
  EXPECT_EQ(rules.dedup.reopen_within, 1min);
  EXPECT_EQ(rules.dedup.expire.of("alertmanager"), 5min);
  EXPECT_EQ(rules.dedup.expire.of("generic"), std::nullopt) << "it says a thing once";
  EXPECT_EQ(rules.priority.impact.size(), 1U);
  EXPECT_EQ(rules.priority.urgency.size(), 3U);
  EXPECT_EQ(rules.priority.matrix[0][0], Priority::p1);
  EXPECT_EQ(rules.priority.matrix[2][2], Priority::p5);
  EXPECT_EQ(rules.routes.size(), 1U);
  EXPECT_EQ(rules.severity.scale.size(), 5U);
}

TEST(Load, RunsTheBuiltInNormaliseRulesBeforeThoseOfTheFile) {
  const Loaded loaded = load_text("normalise: [{id: mine, set: {team: '\"x\"'}}]\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  EXPECT_EQ(loaded.rules->normalise.front().id, "builtin.labels");
  EXPECT_EQ(loaded.rules->normalise.back().id, "mine");
}

TEST(Load, ReadsTheBuiltInRulesOnAScaleOfTheFile) {
  const Loaded loaded = load_text("severity: {scale: [quiet, loud, terrible]}\n");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const SeverityPolicy& severity = loaded.rules->severity;
  const auto level_of = [&](std::string_view word) {
    for (const auto& [known, is] : severity.words) {
      if (known == word) return static_cast<int>(is.level);
    }
    return -1;
  };
  EXPECT_EQ(level_of("page"), 2);
  EXPECT_EQ(level_of("error"), 1);
  EXPECT_EQ(level_of("warning"), 1);
  EXPECT_EQ(level_of("info"), 0);
  EXPECT_EQ(level_of("none"), 0);
  EXPECT_EQ(level_of("loud"), 1);
  EXPECT_EQ(severity.otherwise.level, 1);
}

TEST(Load, ReadsEachKeyThatTakesEffect) {
  const Loaded loaded = load_text(R"(
defaults: {clock: received, max_keys: 500, on_overflow: refuse_new_and_count}
normalise:
  - {id: a, when: 'source == "x"', set: {name: labels.n, tier: int(labels.t)}, final: true}
dedup:
  key: [tenant, service, labels.cluster, name]
  resolve: {when: 'status == "resolved"', expire: 4h}
  flap: {changes: 4, within: 10m, hold: 15m}
severity:
  scale: [ok, info, minor, major, critical]
  map: {from: level, critical: critical, error: major, warning: minor, default: info}
  rules: [{id: b, when: 'tier == 1', is: major}]
priority:
  impact: [{when: tier == 1, hours: {cron: '* 9-17 * * MON-FRI', tz: Europe/Amsterdam}, is: high}, {is: low}]
  raise: [{id: e, when: '!incident.acked', after: 30m, to: P1}, {id: f, to: P2}]
correlate:
  - {id: c, kind: group, when: 'severity >= minor', by: [service, labels.cluster], window: {idle: 5m, max: 1h}, max_keys: 9}
route:
  - {id: d, when: 'incident.priority in ["P1", "P2"]', topic: 'incidents.{priority}', key: incident.id, final: true}
  - {id: g, plan: site-down, topic: tickets, key: 'incident.service + "/" + incident.environment', flat: true}
  - {id: h, plan: quiet}
plans:
  - id: site-down
    when: incident.priority == "P1"
    roles: {commander: ana, liaison: customer-care}
    steps: [Call the site, Move the load]
    channel: "#inc-site"
    runbook: https://runbooks.example/site
    standby_group: reserve
    update_every: 30m
  - {id: quiet}
)");
  ASSERT_NE(loaded.rules, nullptr) << told(loaded);
  const RuleSet& rules = *loaded.rules;
  const NormaliseRule& a = rules.normalise.back();
  EXPECT_EQ(a.id, "a");
  EXPECT_TRUE(a.final);
  ASSERT_EQ(a.set.size(), 2U);
  EXPECT_EQ(a.set[0].target.field, Field::name);
  EXPECT_EQ(a.set[1].target.field, std::nullopt);
  EXPECT_EQ(rules.dedup.fields, (std::vector{Field::tenant, Field::service, Field::name}));
  EXPECT_EQ(rules.dedup.label_names, std::vector<std::string>{"cluster"});
  EXPECT_EQ(rules.dedup.expire.of("alertmanager"), 4h);
  EXPECT_EQ(rules.dedup.expire.of("generic"), 4h) << "one for all";
  EXPECT_FALSE(rules.dedup.resolve_when.empty());
  ASSERT_TRUE(rules.dedup.flap.has_value());
  EXPECT_EQ(rules.dedup.flap->changes, 4U);
  EXPECT_EQ(rules.dedup.flap->within, 10min);
  EXPECT_EQ(rules.dedup.flap->hold, 15min);
  ASSERT_EQ(rules.severity.words.size(), 3U);
  EXPECT_EQ(rules.severity.words[0].word, "critical");
  EXPECT_EQ(rules.severity.words[1].word, "error");
  EXPECT_EQ(rules.severity.words[1].is.level, 3);
  EXPECT_EQ(rules.severity.otherwise.level, 1);
  ASSERT_EQ(rules.priority.impact.size(), 2U);
  ASSERT_TRUE(rules.priority.impact[0].hours.has_value());
  EXPECT_TRUE(rules.priority.impact[0].hours->covers(from_unix_ns(1'774'857'600'000'000'000)));  // a Monday, 10:00
  EXPECT_FALSE(rules.priority.impact[1].hours.has_value());
  ASSERT_EQ(rules.priority.raises.size(), 2U);
  EXPECT_EQ(rules.priority.raises[0].id, "e");
  EXPECT_FALSE(rules.priority.raises[0].when.empty());
  EXPECT_EQ(rules.priority.raises[0].after, 30min);
  EXPECT_EQ(rules.priority.raises[0].to, Priority::p1);
  EXPECT_EQ(rules.priority.raises[1].after, Duration{0});
  EXPECT_EQ(rules.priority.raises[1].to, Priority::p2);
  ASSERT_EQ(rules.groups.size(), 1U);
  EXPECT_EQ(rules.groups[0].idle, 5min);
  EXPECT_EQ(rules.groups[0].max, 1h);
  EXPECT_EQ(rules.groups[0].max_keys, 9U);
  EXPECT_EQ(rules.defaults.clock, WindowClock::received);
  EXPECT_EQ(rules.defaults.max_keys, 500U);
  EXPECT_EQ(rules.defaults.on_overflow, Overflow::refuse_new);
  EXPECT_EQ(rules.groups[0].by_labels, std::vector<std::string>{"cluster"});
  ASSERT_EQ(rules.routes.size(), 3U);
  EXPECT_EQ(rules.routes[0].topic, "incidents.{priority}");
  EXPECT_TRUE(rules.routes[0].final);
  EXPECT_TRUE(rules.routes[0].key.empty()) << "incident.id is the key without one";
  EXPECT_FALSE(rules.routes[0].flat);
  EXPECT_TRUE(rules.routes[1].flat);
  EXPECT_FALSE(rules.routes[1].key.empty());
  EXPECT_EQ(rules.routes[1].plan, "site-down");
  EXPECT_EQ(rules.routes[2].topic, "");
  const PlanPtr plan = plan_named(rules, "site-down");
  ASSERT_NE(plan, nullptr);
  EXPECT_FALSE(plan->when.empty());
  EXPECT_EQ(plan->roles,
            (std::vector<std::pair<std::string, std::string>>{{"commander", "ana"}, {"liaison", "customer-care"}}));
  EXPECT_EQ(plan->steps, (std::vector<std::string>{"Call the site", "Move the load"}));
  EXPECT_EQ(plan->channel, "#inc-site");
  EXPECT_EQ(plan->runbook, "https://runbooks.example/site");
  EXPECT_EQ(plan->standby_group, "reserve");
  EXPECT_EQ(plan->update_every, 30min);
  EXPECT_EQ(plan_named(rules, "none"), nullptr);
}

TEST(Load, AddsFilesInTheirOrderAndRefusesWhatIsSaidTwice) {
  TablesInMemory tables;
  const Loaded good = load({{"a.yaml", "tocsin: 1\nroute: [{id: a, topic: a}]\n"},
                            {"b.yaml", "tocsin: 1\nroute: [{id: b, topic: b}]\ndedup: {key: [name]}\n"}},
                           tables);
  ASSERT_NE(good.rules, nullptr) << told(good);
  ASSERT_EQ(good.rules->routes.size(), 2U);
  EXPECT_EQ(good.rules->routes[1].id, "b");
  const Loaded bad = load({{"a.yaml", "tocsin: 1\ndedup: {key: [name]}\nroute: [{id: a, topic: a}]\n"},
                           {"b.yaml", "tocsin: 1\nroute: [{id: a, topic: b}]\ndedup: {key: [name]}\n"}},
                          tables);
  EXPECT_EQ(errors_of(bad), "duplicate_id@2:14 said_twice@3:9");
  EXPECT_EQ(bad.diagnostics[0].file, "b.yaml");
  EXPECT_EQ(bad.diagnostics[0].hint, "the first is at a.yaml:3:14");
}

TEST(Load, SeveralFilesAreNamedByTheFirstAndHowManyMoreThereAre) {
  TablesInMemory tables;
  const auto named = [&](const std::vector<std::string>& texts) {
    std::vector<SourceFile> files;
    for (const std::string& text : texts)
      files.push_back({std::to_string(files.size()) + ".yaml", "tocsin: 1\n" + text});
    return load(files, tables).rules->name;
  };
  EXPECT_EQ(named({"ruleset: a\n"}), "a");
  EXPECT_EQ(named({"ruleset: a\n", "ruleset: a\n", ""}), "a");
  EXPECT_EQ(named({"", "ruleset: a\n", "ruleset: b\n", "ruleset: c\n"}), "a and 2 more");
  EXPECT_EQ(named({"", ""}), "rules");
}

TEST(Load, GivesEqualDigestsToEqualFilesOnly) {
  const auto digest = [](std::string_view text) { return load_text(text).rules->digest; };
  EXPECT_EQ(digest("ruleset: a\n"), digest("ruleset: a\n"));
  EXPECT_NE(digest("ruleset: a\n"), digest("ruleset: b\n"));
}

struct WarningCase {
  const char* name;
  const char* text;
  const char* warnings;
};

class LoadWarns : public testing::TestWithParam<WarningCase> {};

TEST_P(LoadWarns, AndLoads) {
  const Loaded loaded = load_text(GetParam().text);
  EXPECT_NE(loaded.rules, nullptr) << told(loaded);
  EXPECT_EQ(warnings_of(loaded), GetParam().warnings) << told(loaded);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LoadWarns,
    testing::Values(
        WarningCase{"severity_in_key", "dedup: {key: [name, severity]}\n", "unstable_identity@2:21"},
        WarningCase{"text_in_key", "dedup: {key: [name, title]}\n", "unstable_identity@2:21"},
        WarningCase{"time_in_key", "dedup: {key: [name, starts_at]}\n", "unstable_identity@2:21"},
        WarningCase{"value_in_key", "dedup: {key: [name, labels.value]}\n", "unstable_identity@2:21"},
        WarningCase{"annotation_in_key", "dedup: {key: [name, annotations.x]}\n", "unstable_identity@2:21"},
        WarningCase{"raise_to_the_lowest", "priority: {raise: [{id: a, after: 30m, to: P5}]}\n", "never_raises@2:44"},
        WarningCase{"raise_of_what_is_acknowledged",
                    "priority: {raise: [{id: a, when: incident.acked, unacknowledged: 5m, to: P1}]}\n",
                    "never_raises@2:74"},
        WarningCase{"raise_of_what_is_as_pressing",
                    "priority: {raise: [{id: a, when: 'incident.priority in [\"P1\", \"P2\"]', to: P2}]}\n",
                    "never_raises@2:75"},
        WarningCase{"raise_of_no_update", "priority: {raise: [{id: a, overdue: 5m, to: P1}]}\n", "never_raises@2:45"},
        WarningCase{"raise_that_another_does",
                    "priority: {raise: [{id: a, after: 5m, to: P1}, {id: b, after: 10m, to: P2}]}\n",
                    "unreachable@2:72"},
        WarningCase{"raise_to_a_group_of_no_route", "priority: {raise: [{id: a, to: {standby_group: heads}}]}\n",
                    "unheard_group@2:32"},
        WarningCase{"raise_to_a_group_of_another_route",
                    "priority: {raise: [{id: a, to: {standby_group: heads}}]}\nroute: [{id: r, topic: t, when: "
                    "'incident.escalated_to == \"dba\"'}, {id: s, topic: u}]\n",
                    "unheard_group@2:32"},
        WarningCase{"raise_to_a_group_of_a_route",
                    "priority: {raise: [{id: a, to: {standby_group: heads}}]}\nroute: [{id: r, topic: t, when: "
                    "'incident.escalated_to != \"\"'}, {id: s, topic: u}]\n",
                    ""},
        WarningCase{"raise_to_a_reserve_of_no_plan", "priority: {raise: [{id: a, to: standby_group}]}\n",
                    "no_standby_group@2:32"},
        WarningCase{"raise_to_a_step_of_no_plan", "priority: {raise: [{id: a, to: {plan_step: call}}]}\n",
                    "unknown_step@2:32"},
        WarningCase{"inhibits_its_like",
                    "suppress: [{id: a, when: 'name == \"x\"', inhibited_by: 'name == \"x\"', equal: [host]}]\n",
                    "inhibits_nothing@2:55"},
        WarningCase{"unreachable", "priority: {impact: [{is: low}, {when: tier == 1, is: high}]}\n",
                    "unreachable@2:32"},
        WarningCase{"never", "route: [{id: a, topic: x, when: 'false'}]\n", "no_catch_all@2:9 never_holds@2:33"},
        WarningCase{"status_of_no_alert",
                    "severity: {rules: [{id: a, when: 'name == \"x\" && status == \"fireing\"', is: error}]}\n",
                    "impossible_value@2:50"},
        WarningCase{"priority_of_no_incident",
                    "route: [{id: a, topic: x, when: 'incident.priority in [\"P0\", \"P1\"]'}]\n",
                    "no_catch_all@2:9 impossible_value@2:34"},
        WarningCase{"status_of_no_incident", "route: [{id: a, topic: x, when: 'incident.status != \"opened\"'}]\n",
                    "no_catch_all@2:9 impossible_value@2:34"},
        WarningCase{"misspelt_word_of_the_source",
                    "severity: {rules: [{id: a, when: 'labels.severity == \"critcal\"', is: error}]}\n",
                    "unlikely_word@2:35"},
        WarningCase{"other_word_of_the_source",
                    "severity: {rules: [{id: a, when: 'level in [\"page\", \"err\", \"critical\"]', is: error}]}\n",
                    ""},
        WarningCase{"grouped_by_text", "correlate: [{id: a, kind: group, by: [title]}]\n", "text_in_key@2:39"}),
    [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace tocsin::rules
