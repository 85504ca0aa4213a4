#include "engine/core/telling/query.h"

#include <gmock/gmock.h>

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

TEST_F(QueryTest, FiltersByFieldWithSeveralValues) {
  for (const char* service : {"a", "b", "c"}) t.send(0s, {down(service)});
  Query query;
  query.filters = {{"service", "a,c"}, {"status", "open"}};
  const std::string json = ask(query).json;
  EXPECT_THAT(json, HasSubstr(R"("service":"a")"));
  EXPECT_THAT(json, HasSubstr(R"("service":"c")"));
  EXPECT_THAT(json, Not(HasSubstr(R"("service":"b")")));
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
