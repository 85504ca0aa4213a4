#include "rules/tools/mutation.h"

#include <gmock/gmock.h>

#include "rules/tools/cron_mutation.h"
#include "rules/tools/expression_mutation.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What the file gives, one a line: "3:12 within 2m -> 3m".
std::vector<std::string> mutants_in(const std::string& bytes) {
  const SourceFile file{"t.yaml", bytes};
  const RuleText text(file);
  std::vector<std::string> names;
  for (const Mutant& mutant : mutants_of(text)) {
    names.push_back(std::to_string(mutant.place.line) + ":" + std::to_string(mutant.place.column) + " " + mutant.name);
  }
  return names;
}

/// The file after the change of that name.
std::string after(const std::string& bytes, const std::string& name) {
  const SourceFile file{"t.yaml", bytes};
  const RuleText text(file);
  for (const Mutant& mutant : mutants_of(text)) {
    if (mutant.name == name) return mutated(text, mutant).bytes;
  }
  return "no mutant is called " + name;
}

struct Case {
  const char* name;
  const char* bytes;
  std::vector<std::string> mutants;
};
class MutantsOf : public testing::TestWithParam<Case> {};

TEST_P(MutantsOf, Value) { EXPECT_EQ(mutants_in(GetParam().bytes), GetParam().mutants); }

INSTANTIATE_TEST_SUITE_P(
    Table, MutantsOf,
    testing::Values(
        Case{"duration", "dedup: {reopen: {within: 10m}}", {"1:26 within 10m -> 9m", "1:26 within 10m -> 11m"}},
        Case{"one_unit_is_halved", "dedup: {resolve: {expire: 1m}}", {"1:27 expire 1m -> 30s", "1:27 expire 1m -> 2m"}},
        Case{"two_units",
             "dedup: {resolve: {expire: 1h30m}}",
             {"1:27 expire 1h30m -> 1h29m", "1:27 expire 1h30m -> 1h31m"}},
        Case{"zero_is_left_alone", "suppress: [{settle: 0s}]", {}},
        Case{"bounds_of_memory_are_left_alone", "correlate: [{max_keys: 1000}]\ndefaults: {lateness: 2m}", {}},
        Case{"switches",
             "correlate: [{continue: true, same_node: false}]\nblind: {learn: on}",
             {"1:24 continue true -> false", "1:41 same_node false -> true", "2:16 learn on -> off"}},
        Case{
            "columns_of_edges", "tables: {dep: {file: d.csv, edges: [from, to]}}", {"1:36 edges from, to -> to, from"}},
        Case{"tag", "correlate: [{annotate: {tag: change}}]", {"1:30 tag change -> change-not"}},
        Case{"storm",
             "storm: {at_least: 10, factor: 5, after: 2m, queue_age: 30s}",
             {"1:19 at_least 10 -> 9", "1:19 at_least 10 -> 11", "1:31 factor 5 -> 4", "1:31 factor 5 -> 6",
              "1:41 after 2m -> 1m", "1:41 after 2m -> 3m", "1:56 queue_age 30s -> 29s", "1:56 queue_age 30s -> 31s"}},
        Case{"count", "correlate: [{count: 3}]", {"1:21 count 3 -> 2", "1:21 count 3 -> 4"}},
        Case{"count_of_one", "correlate: [{at_least: 1}]", {"1:24 at_least 1 -> 2"}},
        Case{"calendar",
             "suppress: [{during: {cron: '0 2 * * TUE', for: 2h, tz: Europe/Amsterdam}}]",
             {"1:28 cron 0 2 * * TUE -> 1 2 * * TUE", "1:28 cron 0 2 * * TUE -> 0 1 * * TUE",
              "1:28 cron 0 2 * * TUE -> 0 3 * * TUE", "1:28 cron 0 2 * * TUE -> 0 2 * * MON",
              "1:28 cron 0 2 * * TUE -> 0 2 * * WED", "1:48 for 2h -> 1h", "1:48 for 2h -> 3h",
              "1:56 tz Europe/Amsterdam -> UTC"}},
        Case{"until",
             "suppress: [{during: {cron: '* 2 * * *', until: '06:30'}}]",
             {"1:28 cron * 2 * * * -> * 1 * * *", "1:28 cron * 2 * * * -> * 3 * * *", "1:48 until 06:30 -> 05:30",
              "1:48 until 06:30 -> 07:30"}},
        Case{"constants",
             "let: {few: 2, noisy: [a, b]}",
             {"1:12 few 2 -> 1", "1:12 few 2 -> 3", "1:23 noisy a -> nothing", "1:26 noisy b -> nothing"}},
        Case{"zone", "priority: {urgency: [{hours: {tz: UTC}}]}", {"1:35 tz UTC -> Europe/Amsterdam"}},
        Case{"severity", "severity: {rules: [{is: error}]}", {"1:25 is error -> warning", "1:25 is error -> critical"}},
        Case{"highest_severity", "severity: {map: {fatal: critical}}", {"1:25 fatal critical -> error"}},
        Case{"own_scale", "severity: {scale: [quiet, loud], map: {x: quiet}}", {"1:43 x quiet -> loud"}},
        Case{"cell",
             "priority: {matrix: {high: [P1, P2]}}",
             {"1:28 high P1 -> P2", "1:32 high P2 -> P3", "1:32 high P2 -> P1"}},
        Case{"raise", "priority: {raise: [{to: P1}]}", {"1:25 to P1 -> P2"}},
        Case{"raise_to_a_group",
             "priority: {raise: [{unacknowledged: 5m, to: {priority: P1, standby_group: heads}}]}",
             {"1:37 unacknowledged 5m -> 4m", "1:37 unacknowledged 5m -> 6m", "1:56 priority P1 -> P2"}},
        Case{"degree", "priority: {impact: [{is: low}]}", {"1:26 is low -> medium"}},
        Case{"fields", "dedup: {key: [tenant, name]}", {"1:23 key name -> nothing", "1:14 key nothing -> service"}},
        Case{"no_fields", "correlate: [{by: []}]", {"1:18 by nothing -> name"}},
        Case{"what_the_condition_fixes_tells_nothing_apart",
             "correlate: [{when: name == \"A\" && tier == x, by: [service]}]",
             {"1:20 when name == \"A\" && tier == x -> false", "1:20 when name == \"A\" -> true",
              "1:25 when name == \"A\" -> name != \"A\"", "1:35 when tier == x -> true",
              "1:40 when tier == x -> tier != x", "1:51 by service -> nothing", "1:50 by nothing -> host"}},
        Case{"continue", "correlate: [{continue: true}]", {"1:24 continue true -> false"}},
        Case{"topology",
             "correlate: [{kind: topology, node: service, equal: [environment], hops: 2}]",
             {"1:36 node service -> host", "1:53 equal environment -> nothing", "1:52 equal nothing -> name",
              "1:73 hops 2 -> 1", "1:73 hops 2 -> 3"}},
        Case{"order_of_topologies",
             "correlate: [{id: a, kind: topology, when: x}, {id: b, kind: topology, when: y}]",
             {"1:13 correlate a, b -> b, a", "1:43 when x -> false", "1:43 when x -> true", "1:77 when y -> false",
              "1:77 when y -> true"}},
        Case{"field", "correlate: [{field: host}]", {"1:21 field host -> name"}},
        Case{"final", "normalise: [{final: true}]", {"1:21 final true -> false"}},
        Case{"condition",
             "route: [{when: a == b}]",
             {"1:16 when a == b -> false", "1:16 when a == b -> true", "1:18 when a == b -> a != b"}},
        Case{"operands",
             "route: [{when: a && b}]",
             {"1:16 when a && b -> false", "1:16 when a -> true", "1:21 when b -> true"}},
        Case{"alternatives",
             "route: [{when: a || b}]",
             {"1:16 when a || b -> true", "1:16 when a -> false", "1:21 when b -> false"}},
        Case{"value",
             "normalise: [{set: {host: 'a ? b : c'}}]",
             {"1:26 host a ? b : c -> b", "1:26 host a ? b : c -> c"}},
        Case{"rule_without_condition", "route: [{id: x, topic: t}]", {"1:10 id x -> nothing"}},
        Case{"tests_are_left_alone", "tests: [{send: [{at: 5m}]}]", {}},
        Case{"texts_are_left_alone", "route: [{topic: P1, title: 5m}]\nruleset: 5m", {}},
        Case{"what_the_language_learns_later",
             "correlate: [{kind: new, patience: 5m}]",
             {"1:35 patience 5m -> 4m", "1:35 patience 5m -> 6m"}}),
    [](const auto& named) { return std::string(named.param.name); });

TEST(Mutants, AReachThatNoTableHasMeansTheSame) {
  class Edges : public TableReader {
   public:
    bool read(std::string_view, std::string_view, std::string& bytes) override {
      bytes = "from,to\na,b\nb,c\n";
      return true;
    }
  };
  const auto rules = [](const char* hops) {
    Edges edges;
    return load({{"t.yaml", std::string("tocsin: 1\ntables: {dep: {file: d.csv, edges: [from, to]}}\ncorrelate: "
                                        "[{id: t, kind: topology, graph: dep, within: 1m, hops: ") +
                                hops + "}]\n"}},
                edges)
        .rules;
  };
  Mutant mutant;
  mutant.name = "hops 2 -> 3";
  EXPECT_TRUE(means_the_same(mutant, *rules("2"), *rules("3"))) << "the longest way has two";
  EXPECT_FALSE(means_the_same(mutant, *rules("2"), *rules("1")));
  mutant.name = "within 1m -> 2m";
  EXPECT_FALSE(means_the_same(mutant, *rules("2"), *rules("3"))) << "only what is about hops is looked at";
}

struct ExpressionCase {
  const char* name;
  const char* text;
  std::vector<std::string> mutants;  // without those of the whole condition
};
class MutantsOfExpression : public testing::TestWithParam<ExpressionCase> {};

TEST_P(MutantsOfExpression, Text) {
  std::vector<std::string> names;
  for (const auto& mutant : mutants_of_expression(GetParam().text, false, {"ok", "warning", "error"})) {
    names.push_back(mutant.name);
  }
  EXPECT_EQ(names, GetParam().mutants);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MutantsOfExpression,
    testing::Values(
        ExpressionCase{"at_least", "tier >= 3", {"tier >= 3 -> tier > 3", "tier >= 3 -> tier >= 2"}},
        ExpressionCase{"more", "tier > 3", {"tier > 3 -> tier >= 3", "tier > 3 -> tier > 4"}},
        ExpressionCase{"at_most", "tier <= 3", {"tier <= 3 -> tier < 3", "tier <= 3 -> tier <= 4"}},
        ExpressionCase{"turned_around", "3 <= tier", {"3 <= tier -> 3 < tier", "3 <= tier -> 2 <= tier"}},
        ExpressionCase{"severity",
                       "severity >= warning",
                       {"severity >= warning -> severity > warning", "severity >= warning -> severity >= ok"}},
        ExpressionCase{"lowest_severity", "severity > error", {"severity > error -> severity >= error"}},
        ExpressionCase{"equal_number", "tier == 3", {"tier == 3 -> tier != 3"}},
        ExpressionCase{"index", "name.split(\":\")[0]", {"0 -> 1"}},
        ExpressionCase{"not", "!(a || b)", {"!(a || b) -> (a || b)", "a -> false", "b -> false"}},
        ExpressionCase{"list", "name in [\"a\", \"b\"]", {"\"a\" -> nothing", "\"b\" -> nothing"}},
        ExpressionCase{"duration",
                       "x > duration(\"5m\")",
                       {"x > duration(\"5m\") -> x >= duration(\"5m\")", "\"5m\" -> \"4m\"", "\"5m\" -> \"6m\""}},
        ExpressionCase{"in_a_macro", "labels.exists(k, k == \"a\")", {"k == \"a\" -> k != \"a\""}},
        ExpressionCase{"no_expression", "a &&", {}}),
    [](const auto& named) { return std::string(named.param.name); });

TEST(Mutation, ValuesOfACronExpressionMoveByOneWithinTheirField) {
  EXPECT_THAT(other_crons("* 8-17 * * MON-FRI"),
              ElementsAre("* 7-17 * * MON-FRI", "* 9-17 * * MON-FRI", "* 8-16 * * MON-FRI", "* 8-18 * * MON-FRI",
                          "* 8-17 * * SUN-FRI", "* 8-17 * * TUE-FRI", "* 8-17 * * MON-THU", "* 8-17 * * MON-SAT"));
  EXPECT_THAT(other_crons("0,59 23 * dec 0"), ElementsAre("1,59 23 * dec 0", "0,58 23 * dec 0", "0,59 22 * dec 0",
                                                          "0,59 23 * NOV 0", "0,59 23 * JAN 0", "0,59 23 * dec 1"));
  EXPECT_THAT(other_crons("*/1 * * * *"), ElementsAre("*/2 * * * *"));
  EXPECT_THAT(other_crons("0 1-2,3 * * *"), ElementsAre("1 1-2,3 * * *", "0 0-2,3 * * *", "0 2-2,3 * * *",
                                                        "0 1-1,3 * * *", "0 1-2,2 * * *", "0 1-2,4 * * *"))
      << "1-3,3 would mean the same";
  EXPECT_THAT(other_crons("0 0 29 2 *"),
              ElementsAre("1 0 29 2 *", "0 1 29 2 *", "0 0 28 2 *", "0 0 29 1 *", "0 0 29 3 *"))
      << "there is no 30th of February";
  EXPECT_THAT(other_crons("0 2 * *"), IsEmpty());
  EXPECT_THAT(other_crons("* * * * TUE#2"),
              ElementsAre("* * * * MON#2", "* * * * WED#2", "* * * * TUE#1", "* * * * TUE#3"));
}

TEST(Mutation, ConditionsThatCannotBothHoldAreSeen) {
  EXPECT_TRUE(exclude_each_other("tier == 1", "tier == 2"));
  EXPECT_TRUE(exclude_each_other("tier == 2", "tier >= 3"));
  EXPECT_TRUE(exclude_each_other("tier < 3 && a", "b && tier >= 3"));
  EXPECT_TRUE(exclude_each_other("severity == critical", "severity == error"));
  EXPECT_TRUE(exclude_each_other("name in ['a', 'b']", "name == \"c\""));
  EXPECT_FALSE(exclude_each_other("name in ['a', 'b']", "name == \"b\""));
  EXPECT_FALSE(exclude_each_other("tier <= 3", "tier >= 3"));
  EXPECT_FALSE(exclude_each_other("tier == 1", "severity == error"));
  EXPECT_FALSE(exclude_each_other("name == service", "name == host")) << "fields may be equal";
  EXPECT_FALSE(exclude_each_other("a || tier == 1", "tier == 2"));
}

TEST(Mutation, NeighboursOfWhichTheFirstHoldsChangePlaces) {
  const std::string bytes =
      "priority:\n  impact:\n    - {when: tier == 1, is: high}   # top\n    - {when: a, is: low}\n    - {is: medium}\n";
  EXPECT_EQ(after(bytes, "impact 0, 1 -> 1, 0"),
            "priority:\n  impact:\n    - {when: a, is: low}   # top\n    - {when: tier == 1, is: high}\n    - {is: "
            "medium}\n");
  EXPECT_THAT(after(bytes, "impact 1, 2 -> 2, 1"), testing::HasSubstr("no mutant")) << "the last holds always";
}

TEST(Mutation, ChangesAreWrittenAsTheyMustStandInTheFile) {
  EXPECT_EQ(after("route: [{when: 'x in [\"P1\", \"P2\"]'}]", "when \"P2\" -> nothing"),
            "route: [{when: 'x in [\"P1\"]'}]");
  EXPECT_EQ(after("route: [{when: \"x > duration('5m')\"}]", "when '5m' -> \"4m\""),
            "route: [{when: \"x > duration(\\\"4m\\\")\"}]");
  EXPECT_EQ(after("route:\n  - when: >-\n      a &&\n      b\n    id: x", "when b -> true"),
            "route:\n  - when: >-\n      a &&\n      true\n    id: x");
  EXPECT_EQ(after("route:\n  - when: >-\n      a &&\n      b\n    id: x", "when a && b -> false"),
            "route:\n  - when: 'false'\n    id: x");
  EXPECT_EQ(after("route:\n  - topic: t\n    id: x\n", "id x -> nothing"),
            "route:\n  - when: 'false'\n    topic: t\n    id: x\n");
  EXPECT_EQ(after("suppress:\n  - {during: {cron: \"*/5 2 * * *\"}}\n", "cron */5 2 * * * -> */6 2 * * *"),
            "suppress:\n  - {during: {cron: '*/6 2 * * *'}}\n");
  EXPECT_EQ(after("correlate:\n  - by:\n      - a\n      - b\n    id: x\n", "by a -> nothing"),
            "correlate:\n  - by:\n      [b]\n    id: x\n");
}

TEST(Mutation, TheTestsAreNotInTheChangedFile) {
  EXPECT_EQ(after("tests:\n  - {name: x}\ndedup: {reopen: {within: 2m}}\n", "within 2m -> 3m"),
            "dedup: {reopen: {within: 3m}}\n");
  EXPECT_EQ(after("dedup: {reopen: {within: 2m}}\ntests:\n  - {name: x}\n", "within 2m -> 3m"),
            "dedup: {reopen: {within: 3m}}\n");
}

TEST(Mutation, AcceptancesSpeakOfTheirLineAndOfWhatIsInIt) {
  const SourceFile file{"t.yaml", R"(severity:
  # survives: a ok -> info: nobody sees it
  map:   # survives: b ok -> info: nor this
    a: ok
    b: ok
    c: ok   # survives: c ok -> info
    # survives: d ok -> info: on the line above
    # and on
    d: ok
    e: ok
priority:
  # survives: * P1 -> P2: under any key
  matrix: {high: [P1], low: [P1]}
)"};
  const RuleText text(file);
  std::map<std::string, std::string> reasons;
  for (const Mutant& mutant : mutants_of(text)) {
    for (const Acceptance& acceptance : acceptances_of(text)) {
      reasons[mutant.name] += acceptance.reason_for(mutant);
    }
  }
  EXPECT_THAT(reasons,
              ElementsAre(testing::Pair("a ok -> info", "nobody sees it"), testing::Pair("b ok -> info", "nor this"),
                          testing::Pair("c ok -> info", ""), testing::Pair("d ok -> info", "on the line above"),
                          testing::Pair("e ok -> info", ""), testing::Pair("high P1 -> P2", "under any key"),
                          testing::Pair("low P1 -> P2", "under any key")));
}

TEST(Mutation, ShippedFilesGiveMutantsThatLoad) {
  TablesInMemory tables;
  const SourceFile file = builtin_rules();
  const RuleText text(file);
  const std::vector<Mutant> mutants = mutants_of(text);
  EXPECT_GT(mutants.size(), 150U);
  for (const Mutant& mutant : mutants) {
    const Loaded loaded = load({mutated(text, mutant)}, tables);
    EXPECT_NE(loaded.rules, nullptr) << mutant.name << "\n" << told(loaded);
  }
}

}  // namespace
}  // namespace tocsin::rules
