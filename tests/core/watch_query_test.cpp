// What people ask of the engine itself: storms, sources, and rules that see patterns.
#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "engine/core/telling/query.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
namespace json = boost::json;

const std::string kRules = R"(
tocsin: 1
ruleset: watched
normalise: [{id: names, set: {name: labels.alertname, service: labels.service}}]
dedup: {resolve: {expire: 24h}, reopen: {within: 0s}}
storm: {after: 0s, at_least: 5, factor: 1, calm: 1m, by: [labels.team]}
blind: {expect: [{source: alertmanager, origin: "http://prometheus:9090", every: 1m}]}
correlate:
  - {id: busy, kind: threshold, when: name != "busy", by: [service], count: 2, within: 1m, max_keys: 2, emit: {}}
  - {id: marks, kind: distinct, by: [labels.team], field: service, count: 2, within: 30s, annotate: {tag: wide}}
  - {id: unused, kind: threshold, when: name == "Never", by: [service], count: 2, within: 1m, emit: {}}
  - {id: each, kind: group, by: [name, service]}
)";

Said said(const std::string& name, const std::string& service, const std::string& team = "a",
          const std::string& link = "") {
  Said one{{{"alertname", name}, {"service", service}, {"severity", "warning"}, {"team", team}}, {}};
  one.link = link;
  return one;
}

class WatchQuery : public testing::Test {
 protected:
  json::value ask(QueryKind kind, std::vector<std::pair<std::string, std::string>> filters = {},
                  const std::string& after = "", std::size_t limit = 0) {
    Query query;
    query.kind = kind;
    query.filters = std::move(filters);
    query.after = after;
    query.limit = limit;
    const QueryAnswer answered = answer(t.shard, query);
    EXPECT_TRUE(answered.ok) << answered.error.message;
    return json::parse(answered.json);
  }
  static std::vector<std::string> texts(const json::value& items, const char* member) {
    std::vector<std::string> all;
    for (const json::value& item : items.as_array()) all.emplace_back(item.at(member).as_string());
    return all;
  }
  TestShard t{load_rules(kRules)};
};

TEST_F(WatchQuery, NothingIsAnEmptyPage) {
  EXPECT_EQ(ask(QueryKind::storms), json::parse(R"({"storms":[],"next":null})"));
  EXPECT_EQ(ask(QueryKind::sources), json::parse(R"({"sources":[],"next":null})"));
  EXPECT_EQ(ask(QueryKind::rules, {{"used", "true"}}), json::parse(R"({"rules":[],"next":null})"));
}

TEST_F(WatchQuery, AFilterThatThereIsNotIsAnError) {
  for (const QueryKind kind : {QueryKind::storms, QueryKind::sources, QueryKind::rules}) {
    Query query;
    query.kind = kind;
    query.filters = {{"colour", "red"}};
    const QueryAnswer answered = answer(t.shard, query);
    EXPECT_FALSE(answered.ok);
    EXPECT_THAT(answered.error.message, HasSubstr("`colour`"));
  }
}

TEST_F(WatchQuery, AStormSaysWhereItIsAndHowItAddsUp) {
  for (int i = 0; i < 8; ++i) t.send(1s, {said("N" + std::to_string(i), "s" + std::to_string(i % 3))});
  const json::value lasting = ask(QueryKind::storms).at("storms").at(0);
  EXPECT_EQ(lasting.at("status"), "lasts");
  EXPECT_EQ(lasting.at("scope"), "labels.team=a");
  EXPECT_TRUE(lasting.at("ended_at").is_null());
  EXPECT_FALSE(lasting.at("shadow").as_bool());
  EXPECT_EQ(lasting.at("folded_now"), lasting.at("folded"));
  EXPECT_GT(lasting.at("folded").to_number<int>(), 0);
  EXPECT_EQ(lasting.at("lost").to_number<int>(), 0);
  const std::string incident{lasting.at("incident_id").as_string()};
  Query one;
  one.kind = QueryKind::incident;
  one.id = incident;
  EXPECT_TRUE(answer(t.shard, one).found) << incident;
  for (int i = 0; i < 8; ++i) {
    Said over = said("N" + std::to_string(i), "s" + std::to_string(i % 3));
    over.status = AlertStatus::resolved;
    t.send(30s, {over});
  }
  t.pass(10min);
  const json::value past = ask(QueryKind::storms).at("storms").at(0);
  EXPECT_EQ(past.at("status"), "over");
  EXPECT_EQ(past.at("folded_now").to_number<int>(), 0);
  EXPECT_EQ(past.at("ended"), past.at("folded")) << "all have ended";
  EXPECT_EQ(past.at("lost").to_number<int>(), 0);
  EXPECT_EQ(past.at("began_at"), lasting.at("began_at"));
  EXPECT_FALSE(past.at("ended_at").is_null());
}

TEST_F(WatchQuery, StormsThatLastStandBeforeThoseThatAreOverTheNewestFirst) {
  const auto burst = [&](Duration at, const std::string& team) {
    for (int i = 0; i < 5; ++i) t.send(at, {said("N" + std::to_string(i), team + "-" + std::to_string(i), team)});
  };
  burst(1s, "a");
  burst(2s, "b");
  t.pass(20min);
  burst(20min, "c");
  EXPECT_THAT(texts(ask(QueryKind::storms).at("storms"), "scope"),
              ElementsAre("labels.team=c", "labels.team=b", "labels.team=a"));
  EXPECT_EQ(ask(QueryKind::storms, {}, "", 1).at("storms").as_array().size(), 1U);
}

TEST_F(WatchQuery, ASourceSaysWhetherItIsWatchedAndSilent) {
  t.send(0s, {said("Watchdog", "w", "a", "http://prometheus:9090/graph")});
  t.send(0s, {said("Other", "w", "a", "http://other:9090/graph")});
  const json::value heard = ask(QueryKind::sources).at("sources");
  EXPECT_THAT(texts(heard, "origin"), ElementsAre("http://prometheus:9090", "http://other:9090"));
  EXPECT_THAT(texts(heard, "status"), ElementsAre("heard", "heard"));
  EXPECT_THAT(texts(heard, "watched"), ElementsAre("stated", "no"));
  EXPECT_EQ(heard.at(0).at("silent_after"), "3m");
  EXPECT_TRUE(heard.at(1).at("silent_after").is_null());
  t.pass(3min + 1ns);
  EXPECT_THAT(texts(ask(QueryKind::sources).at("sources"), "status"), ElementsAre("silent", "heard"));
  const json::value page = ask(QueryKind::sources, {}, "", 1);
  EXPECT_EQ(page.at("sources").as_array().size(), 1U);
  const json::value rest = ask(QueryKind::sources, {}, std::string{page.at("next").as_string()}, 1);
  EXPECT_THAT(texts(rest.at("sources"), "origin"), ElementsAre("http://other:9090"));
  EXPECT_TRUE(rest.at("next").is_null());
}

TEST_F(WatchQuery, ARuleSaysWhatItKeepsAndHowOftenItFired) {
  for (const char* name : {"A", "B"}) t.send(1s, {said(name, "one")});
  t.send(2s, {said("A", "two")});
  t.send(3s, {said("A", "three")});
  const json::value rules = ask(QueryKind::rules).at("rules");
  EXPECT_THAT(texts(rules, "rule"), ElementsAre("busy", "marks", "unused"));
  EXPECT_THAT(texts(rules, "kind"), ElementsAre("threshold", "distinct", "threshold"));
  EXPECT_EQ(rules.at(0),
            json::parse(R"({"rule":"busy","kind":"threshold","by":["service"],"within":"1m","keys":2,"keys_max":2,)"
                        R"("evicted":1,"refused":0,"fired":1})"))
      << rules;
  EXPECT_EQ(rules.at(1).at("by").at(0), "labels.team");
  EXPECT_GT(rules.at(1).at("fired").to_number<int>(), 0) << "it marks";
  EXPECT_EQ(rules.at(2).at("keys").to_number<int>(), 0);
  EXPECT_THAT(texts(ask(QueryKind::rules, {{"used", "true"}}).at("rules"), "rule"), ElementsAre("busy", "marks"));
  const json::value page = ask(QueryKind::rules, {}, "", 2);
  EXPECT_THAT(texts(ask(QueryKind::rules, {}, std::string{page.at("next").as_string()}).at("rules"), "rule"),
              ElementsAre("unused"));
  t.cut();
  EXPECT_EQ(ask(QueryKind::rules).at("rules"), rules) << "it is part of the state";
}

TEST_F(WatchQuery, OnlyTheCountsThatMayHaveChangedAreHandedOn) {
  std::vector<RuleCounts> changed;
  const auto taken = [&] {
    EXPECT_EQ(t.shard.take_rule_counts(changed), 3U);
    std::vector<std::string> names;
    for (const RuleCounts& one : changed) names.emplace_back(one.rule);
    return names;
  };
  EXPECT_THAT(taken(), ElementsAre("busy", "marks", "unused")) << "all of a new rule set";
  EXPECT_THAT(taken(), ElementsAre());
  t.send(1s, {said("A", "one")});
  EXPECT_THAT(taken(), testing::UnorderedElementsAre("busy", "marks"));
  t.send(2s, {said("A", "one")});
  EXPECT_THAT(taken(), ElementsAre()) << "a repeat counts nothing";
}

}  // namespace
}  // namespace tocsin
