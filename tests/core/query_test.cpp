#include "engine/core/telling/query.h"

#include <utility>

#include <gmock/gmock.h>

#include "engine/core/conditions/value_sketch.h"
#include "engine/core/incidents/short_id.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Said down(const std::string& service) {
  return {{{"alertname", "Down"}, {"service", service}, {"severity", "critical"}}, {}};
}

class QueryTest : public testing::Test {
 protected:
  QueryAnswer ask(Query query) { return answer(t.shard, query); }
  TestShard t{builtin_rules()};
};

TEST_F(QueryTest, AnEmptyShardAnswersAnEmptyPage) {
  EXPECT_EQ(ask({}).json, R"({"incidents":[],"next":null})");
  Query alerts;
  alerts.kind = QueryKind::alerts;
  EXPECT_EQ(ask(alerts).json, R"({"alerts":[],"next":null})");
}

TEST_F(QueryTest, PagesGoFromTheNewestBackAndEnd) {
  for (const char* service : {"a", "b", "c"}) t.send(0s, {down(service)});
  Query query;
  query.limit = 2;
  const QueryAnswer first = ask(query);
  EXPECT_THAT(first.json, HasSubstr(R"("service":"c")"));
  EXPECT_THAT(first.json, HasSubstr(R"("service":"b")"));
  EXPECT_THAT(first.json, Not(HasSubstr(R"("service":"a")")));
  EXPECT_THAT(first.json, HasSubstr(R"("next":"2"})"));
  query.after = "2";
  const QueryAnswer second = ask(query);
  EXPECT_THAT(second.json, HasSubstr(R"("service":"a")"));
  EXPECT_THAT(second.json, HasSubstr(R"("next":null})"));
}

TEST_F(QueryTest, OnlyTheFieldsThatAreNamedAreShownOfAnAlertInTheOrderOfAlways) {
  t.send(0s, {down("a")});
  Query query;
  query.kind = QueryKind::alerts;
  query.fields = "service,ended_at,name,labels";
  EXPECT_EQ(ask(query).json,
            R"({"alerts":[{"name":"Down","service":"a","ended_at":null,"labels":{"alertname":"Down","service":"a",)"
            R"("severity":"critical"}}],"next":null})");
  query.fields = "tenant";
  query.filters = {{"incident_id", to_text(t.shard.state().incidents()[0].id)}};
  EXPECT_EQ(ask(query).json, R"({"alerts":[{"tenant":"default"}],"next":null})");
  query.fields = "name,sevice";
  const QueryAnswer wrong = ask(query);
  EXPECT_FALSE(wrong.ok);
  EXPECT_THAT(wrong.error.message, StartsWith("no field `sevice` to show: fingerprint, name, status, "));
  EXPECT_THAT(wrong.error.message, HasSubstr(", service, "));
}

TEST_F(QueryTest, FiltersByFieldWithSeveralValues) {
  for (const char* service : {"a", "b", "c"}) t.send(0s, {down(service)});
  Query query;
  query.filters = {{"service", "a,c"}, {"status", "open"}};
  const std::string json = ask(query).json;
  EXPECT_THAT(json, HasSubstr(R"("service":"a")"));
  EXPECT_THAT(json, HasSubstr(R"("service":"c")"));
  EXPECT_THAT(json, Not(HasSubstr(R"("service":"b")")));
}

TEST(QueryOfMany, ARareValueIsFoundInOnePageAmongManyOthers) {
  TestShard t{
      load_rules("tocsin: 1\nruleset: own\ncorrelate: [{id: all, kind: group, by: []}]\n"
                 "normalise: [{id: names, set: {service: labels.service, host: labels.host}}]\n")};
  t.checks = false;
  const auto alert = [](const std::string& service, const std::string& host) {
    return Said{{{"alertname", "Down"}, {"host", host}, {"service", service}, {"severity", "critical"}}, {}};
  };
  std::vector<Said> body;
  for (int n = 0; n < 24'000; ++n) {
    body.push_back(n == 23'990 ? alert("rare", "one") : alert("common", "n" + std::to_string(n)));
    if (body.size() == 1000) t.send(0s, std::exchange(body, {}));
  }
  const auto page_of = [&](const std::string& field, const std::string& value) {
    Query query;
    query.kind = QueryKind::alerts;
    query.filters = {{field, value}};
    return answer(t.shard, query).json;
  };
  for (const auto& [field, value] : {std::pair{"service", "rare"}, std::pair{"node", "one"}}) {
    EXPECT_THAT(page_of(field, value), HasSubstr(R"("service":"rare")")) << field;
    EXPECT_THAT(page_of(field, value), HasSubstr(R"("next":null)")) << field;
  }
  EXPECT_EQ(page_of("service", "none"), R"({"alerts":[],"next":null})");
  EXPECT_EQ(page_of("environment", "prod"), R"({"alerts":[],"next":null})");
  EXPECT_THAT(page_of("name", "Up"), HasSubstr(R"("alerts":[],"next":"5000")")) << "what is not followed is walked";
  t.shard.check();
}

TEST(ValueSketch, NeverDeniesWhatIsThereAndForgetsWhatIsGone) {
  ValueSketch sketch;
  const auto texts = [](const std::string& service) {
    rules::Facts facts;
    facts[Field::service] = service;
    return AlertTexts(facts);
  };
  for (std::uint32_t n = 0; n < 4000; ++n) sketch.note(n % ValueSketch::kBlockSlots, texts("s" + std::to_string(n)));
  for (std::uint32_t n = 0; n < 4000; ++n) EXPECT_TRUE(sketch.may_have(0, Field::service, "s" + std::to_string(n)));
  EXPECT_FALSE(sketch.may_have(ValueSketch::kBlockSlots, Field::service, "s1")) << "another block";
  EXPECT_TRUE(sketch.is_worn(0));
  sketch.renew(0);
  sketch.note(3, texts("now"));
  EXPECT_TRUE(sketch.may_have(0, Field::service, "now"));
  EXPECT_FALSE(sketch.may_have(0, Field::service, "s1"));
  EXPECT_FALSE(sketch.is_worn(0));
  std::size_t wrong = 0;
  for (std::uint32_t n = 0; n < ValueSketch::kBlockSlots; ++n) sketch.note(n, texts("x" + std::to_string(n)));
  for (std::uint32_t n = 0; n < 10'000; ++n) wrong += sketch.may_have(0, Field::service, "y" + std::to_string(n));
  EXPECT_LT(wrong, 100U) << "two in a thousand are expected";
}

TEST_F(QueryTest, AnUnknownFilterOrCursorIsRefused) {
  Query query;
  query.filters = {{"colour", "red"}};
  EXPECT_FALSE(ask(query).ok);
  EXPECT_EQ(ask(query).error.code, Refusal::bad_value);
  query.filters.clear();
  query.after = "x";
  EXPECT_EQ(ask(query).error.code, Refusal::bad_value);
}

TEST_F(QueryTest, ShowsRepeatsThatNoRevisionTold) {
  t.send(0s, {down("a")});
  t.send(1s, {down("a")});
  t.send(2s, {down("a")});
  EXPECT_THAT(ask({}).json, HasSubstr(R"("duplicate_count":2)"));
}

TEST_F(QueryTest, FindsAnIncidentByItsIdAlsoWhenClosed) {
  const auto effects = t.send(0s, {down("a")});
  Query query;
  query.kind = QueryKind::incident;
  query.id = to_text(effects.at(0)->incident);
  EXPECT_THAT(ask(query).json, StartsWith(R"({"schema_version":1,"incident_id":")" + query.id));
  t.pass(1h);
  EXPECT_THAT(ask(query).json, HasSubstr(R"("status":"closed")"));
  query.id = "inc-00000000000000000000000000";
  EXPECT_FALSE(ask(query).found);
  query.id = "nonsense";
  EXPECT_EQ(ask(query).error.code, Refusal::not_found);
}

TEST_F(QueryTest, AlertsNameTheirIncident) {
  const auto effects = t.send(0s, {down("a")});
  Query query;
  query.kind = QueryKind::alerts;
  query.filters = {{"status", "firing"}};
  EXPECT_THAT(ask(query).json, HasSubstr(R"("incident_id":")" + to_text(effects.at(0)->incident)));
}

Said rated(const std::string& service, const std::string& severity) {
  return {{{"alertname", "Down"}, {"service", service}, {"severity", severity}}, {}};
}

TEST_F(QueryTest, ThePressingOnesComeFirstHoweverOldTheyAre) {
  t.send(0s, {rated("first", "critical")});
  t.send(1s, {rated("second", "critical")});
  for (int i = 0; i < 20; ++i) t.send(2s, {rated("w" + std::to_string(i), "warning")});
  Query query;
  query.limit = 2;
  query.filters = {{"order", "pressing"}, {"status", "open,acknowledged"}};
  const std::string page = ask(query).json;
  EXPECT_LT(page.find(R"("service":"first")"), page.find(R"("service":"second")"));
  EXPECT_THAT(page, Not(HasSubstr(R"("service":"w)")));
  EXPECT_THAT(page, HasSubstr(R"("left_out":20})"));
}

TEST_F(QueryTest, PagesOfThePressingOnesGoOnWhereTheLastEnded) {
  for (const char* severity : {"warning", "critical", "error"})
    for (int i = 0; i < 3; ++i) t.send(0s, {rated(severity + std::to_string(i), severity)});
  Query query;
  query.filters = {{"order", "pressing"}};
  query.limit = 1;
  std::vector<std::string> services;
  while (true) {
    const std::string page = ask(query).json;
    const std::size_t at = page.find(R"("service":")");
    services.push_back(page.substr(at + 11, page.find('"', at + 11) - at - 11));
    const std::size_t next = page.find(R"("next":")");
    if (next == std::string::npos) break;
    query.after = page.substr(next + 8, page.find('"', next + 8) - next - 8);
  }
  EXPECT_THAT(services, testing::ElementsAre("critical0", "critical1", "critical2", "error0", "error1", "error2",
                                             "warning0", "warning1", "warning2"));
  for (const char* nonsense : {"1", "1.2", "9.1.1", "1.9.1", "1.1.x", "a"}) {
    query.after = nonsense;
    EXPECT_EQ(ask(query).error.code, Refusal::bad_value) << nonsense;
  }
}

TEST_F(QueryTest, WhatHasEndedStandsBehindWhatIsLive) {
  Said gone = rated("gone", "critical");
  t.send(0s, {gone});
  t.send(0s, {rated("there", "warning")});
  gone.status = AlertStatus::resolved;
  gone.ends_at = kStart + 1s;
  t.send(2s, {gone});
  Query query;
  query.filters = {{"order", "pressing"}};
  const std::string page = ask(query).json;
  EXPECT_LT(page.find(R"("service":"there")"), page.find(R"("service":"gone")"));
}

TEST_F(QueryTest, AFilterFindsClosedIncidentsToo) {
  t.send(0s, {{{{"alertname", "Down"},
                {"environment", "prod"},
                {"instance", "db-7:9100"},
                {"service", "ledger"},
                {"severity", "critical"}},
               {}}});
  t.pass(1h);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"service", "ledger"},
                                                                                    {"environment", "prod,test"},
                                                                                    {"source", "alertmanager"},
                                                                                    {"node", "db-7"},
                                                                                    {"host", "db-7"},
                                                                                    {"name", "Down"},
                                                                                    {"tenant", "default"},
                                                                                    {"rule_id", "builtin.service"},
                                                                                    {"status", "closed"}}) {
    Query query;
    query.filters = {{name, value}};
    EXPECT_THAT(ask(query).json, HasSubstr(R"("status":"closed")")) << name;
    query.filters = {{name, name == "status" ? "open" : "other"}};
    EXPECT_THAT(ask(query).json, StartsWith(R"({"incidents":[],)")) << name;
  }
}

TEST_F(QueryTest, AFilterOfAClosedIncidentIsNotAnsweredByALabelOfTheSameName) {
  t.send(0s, {{{{"alertname", "Down"}, {"component", "disk"}, {"service", "a\"b"}, {"severity", "critical"}}, {}}});
  t.pass(1h);
  Query query;
  query.filters = {{"service", "a\"b"}};
  EXPECT_THAT(ask(query).json, HasSubstr("closed")) << "as it is escaped";
  query.filters = {{"service", "a"}};
  EXPECT_THAT(ask(query).json, StartsWith(R"({"incidents":[],)"));
  query.filters = {{"team", "disk"}};
  EXPECT_THAT(ask(query).json, StartsWith(R"({"incidents":[],)"));
}

TEST_F(QueryTest, AnUnknownValueOfAClosedSetIsRefusedWithTheChoices) {
  const auto mistake = [&](QueryKind kind, const std::string& name, const std::string& value) {
    Query query;
    query.kind = kind;
    query.filters = {{name, value}};
    const QueryAnswer refused = ask(query);
    EXPECT_EQ(refused.error.code, Refusal::bad_value) << name << "=" << value;
    return refused.error.message;
  };
  EXPECT_EQ(mistake(QueryKind::incidents, "status", "opne"),
            "no status `opne`: there is open, acknowledged, resolved, closed, merged");
  EXPECT_EQ(mistake(QueryKind::incidents, "order", "best"), "no order `best`: there is newest, pressing");
  EXPECT_EQ(mistake(QueryKind::alerts, "status", "open"), "no status `open`: there is firing, resolved");
  EXPECT_EQ(mistake(QueryKind::incidents, "priority", "P1,p2"), "no priority `p2`: there is P1, P2, P3, P4, P5");
  EXPECT_EQ(mistake(QueryKind::alerts, "severity", "crit"),
            "no severity `crit`: there is critical, error, warning, info, ok");
}

TEST_F(QueryTest, AnIncidentIsFoundByTheBeginningOfItsId) {
  const std::string id = to_text(t.send(0s, {down("a")}).at(0)->incident);
  t.send(0s, {down("b")});
  Query query;
  query.kind = QueryKind::incident;
  for (const std::string& text : {id.substr(0, 12), id.substr(4, 8), id.substr(4)}) {
    query.id = text;
    EXPECT_THAT(ask(query).json, HasSubstr(id)) << text;
  }
  for (const char* text : {"inc-", "abc", "lion"}) {
    query.id = text;
    EXPECT_FALSE(ask(query).found) << text;
  }
}

TEST(ShortId, IdsThatBeginAlikeLieBetweenTwo) {
  const IncidentId id{Hash128{0x0123456789ABCDEF, 0xFEDCBA9876543210}};
  const std::string text = to_text(id);
  IncidentId first;
  IncidentId last;
  for (std::size_t digits = 4; digits <= 26; ++digits) {
    ASSERT_TRUE(incident_ids_from(text.substr(0, 4 + digits), first, last)) << digits;
    EXPECT_TRUE(first <= id && id <= last) << digits;
    ASSERT_TRUE(incident_ids_from(text.substr(4, digits), first, last)) << digits;
    EXPECT_EQ(to_text(first).substr(0, 4 + digits), text.substr(0, 4 + digits));
    EXPECT_EQ(to_text(last).substr(0, 4 + digits), text.substr(0, 4 + digits));
  }
  EXPECT_EQ(first, last);
  for (const char* wrong : {"", "inc-", "inc-abc", "abc", "8000", "ab-d", "abcu", "inc-000000000000000000000000000"})
    EXPECT_FALSE(incident_ids_from(wrong, first, last)) << wrong;
}

TEST_F(QueryTest, AlertsOfOneIncidentAreFoundByItsId) {
  std::vector<Said> storm;
  for (int i = 0; i < 5; ++i)
    storm.push_back({{{"alertname", "N" + std::to_string(i)}, {"service", "a"}, {"severity", "error"}}, {}});
  const std::string id = to_text(t.send(0s, storm).at(0)->incident);
  t.send(0s, {down("b")});
  Query query;
  query.kind = QueryKind::alerts;
  query.limit = 3;
  query.filters = {{"incident_id", id}};
  const std::string first = ask(query).json;
  EXPECT_THAT(first, HasSubstr(R"("name":"N2")"));
  EXPECT_THAT(first, HasSubstr(R"("next":"3")"));
  query.after = "3";
  EXPECT_THAT(ask(query).json, HasSubstr(R"("name":"N4")"));
  EXPECT_THAT(ask(query).json, HasSubstr(R"("next":null)"));
  EXPECT_THAT(ask(query).json, Not(HasSubstr("Down")));
  query.filters = {{"incident_id", "inc-00000000000000000000000000"}};
  EXPECT_FALSE(ask(query).found);
}

TEST(QueryNoIncident, AnAlertInNoIncidentSaysWhy) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: own
correlate:
  - {id: per-service, kind: group, when: severity >= warning, by: [service]}
)")};
  t.send(0s, {{{{"alertname", "Chatter"}, {"service", "a"}, {"severity", "info"}}, {}}});
  Query query;
  query.kind = QueryKind::alerts;
  const std::string json = answer(t.shard, query).json;
  EXPECT_THAT(json, HasSubstr(R"("incident_id":null,"no_incident":"no group rule takes it: per-service: )"));
  EXPECT_THAT(json, HasSubstr("info"));
  t.send(1s, {{{{"alertname", "Loud"}, {"service", "a"}, {"severity", "error"}}, {}}});
  query.filters = {{"name", "Loud"}};
  EXPECT_THAT(answer(t.shard, query).json, Not(HasSubstr("no_incident")));
}

TEST_F(QueryTest, WhatNoRevisionHasToldIsMarked) {
  const auto told = t.send(0s, {down("a")});
  Query query;
  query.kind = QueryKind::incident;
  query.id = to_text(told.at(0)->incident);
  EXPECT_EQ(ask(query).json, told.at(0)->value) << "revision 1 is one thing";
  EXPECT_TRUE(t.send(100ms, {{{{"alertname", "Slow"}, {"service", "a"}, {"severity", "critical"}}, {}}}).empty());
  EXPECT_THAT(ask(query).json, HasSubstr(R"("alert_count":2)"));
  EXPECT_THAT(ask(query).json, HasSubstr(R"("untold":true})"));
  const auto folded = t.pass(2s);
  ASSERT_EQ(folded.size(), 1U);
  EXPECT_EQ(ask(query).json, folded.at(0)->value);
}

TEST_F(QueryTest, AMendedAlertSaysWhatWasMended) {
  t.send(0s, {down("a")});
  Query alerts;
  alerts.kind = QueryKind::alerts;
  EXPECT_THAT(ask(alerts).json, Not(HasSubstr("mended")));
  AlertBatch batch;
  fill(batch, {down("b")}, t.key);
  batch.alerts[0].mended.add(Mending::time);
  batch.alerts[0].mended.add(Mending::number);
  Input input;
  input.kind = InputKind::alerts;
  input.batch = &batch;
  t.apply(1s, input);
  EXPECT_THAT(ask(alerts).json, HasSubstr(R"("mended":["number","time"])"));
}

TEST_F(QueryTest, WordsForASeverityThatNoMapKnowsAreCountedBySourceOnce) {
  const auto said = [](const std::string& name, const std::string& word) {
    return Said{{{"alertname", name}, {"severity", word}}, {}};
  };
  for (int i = 0; i < 3; ++i)
    t.send(1s, {said("A", "Purple "), said("B", "purple"), said("C", "critical"), said("D", " ")});
  const auto words = t.shard.unknown_severities().entries();
  ASSERT_EQ(words.size(), 1U);
  EXPECT_EQ(words[0].source, "alertmanager");
  EXPECT_EQ(words[0].word, "purple");
  EXPECT_EQ(words[0].times, 2U) << "an alert each, repeats aside";
}

TEST(WordTally, IsBounded) {
  WordTally tally;
  for (int i = 0; i < 1000; ++i) tally.add("s", "word" + std::to_string(i));
  tally.add("s", std::string(100, 'x'));
  ASSERT_EQ(tally.entries().size(), WordTally::kEntriesMax);
  EXPECT_EQ(tally.entries().back().word, "other");
  EXPECT_EQ(tally.entries().back().source, "other");
  EXPECT_EQ(tally.entries().back().times, 1001 - (WordTally::kEntriesMax - 1));
  tally.add("s", "word1");
  EXPECT_EQ(tally.entries()[1].times, 2U);
}

}  // namespace
}  // namespace tocsin
