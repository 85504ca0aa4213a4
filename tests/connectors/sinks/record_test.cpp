#include "connectors/sinks/record.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/sinks/record_bytes.h"
#include "tests/connectors/sinks/effects.h"

namespace tocsin {
namespace {

using testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<OutTopic>& topics) {
  std::vector<std::string> names;
  for (const OutTopic& topic : topics) names.push_back(topic.name);
  return names;
}

TEST(Record, OfAnIncidentGoesToEventsStateAndItsAudiencesInThatOrder) {
  const EffectPtr effect = test::incident_effect(7, 1, 3, {"incidents.page", "incidents.queue"});
  const OutRecord record = record_of(*effect, {});
  EXPECT_THAT(names_of(record.topics),
              ElementsAre("tocsin.incidents.events", "tocsin.incidents.state", "incidents.page", "incidents.queue"));
  EXPECT_EQ(record.key, to_text(effect->incident));
  EXPECT_EQ(record.value, effect->value);
}

TEST(Record, CarriesTheCloudEventsHeadersOfBinaryModeThenOurs) {
  const EffectPtr effect = test::incident_effect(7, 1, 3);
  const OutRecord record = record_of(*effect, {.ce_source = "/tocsin/vienna"});
  const std::vector<RecordHeader> expected{{"ce_specversion", "1.0"},
                                           {"ce_id", "journal-7-0"},
                                           {"ce_source", "/tocsin/vienna"},
                                           {"ce_type", "io.tocsin.incident.updated.v1"},
                                           {"ce_subject", to_text(effect->incident)},
                                           {"ce_time", "2026-03-28T23:00:07.000Z"},
                                           {"content-type", "application/json"},
                                           {"tocsin-revision", "3"},
                                           {"tocsin-priority", "P2"},
                                           {"tocsin-tenant", "acme"}};
  EXPECT_EQ(record.headers, expected);
}

TEST(Record, OfADeadLetterIsKeyedByPositionAndHasNoRevision) {
  const EffectPtr effect = test::dead_letter_effect(42);
  const OutRecord record = record_of(*effect, {});
  EXPECT_THAT(names_of(record.topics), ElementsAre("tocsin.alerts.dead"));
  EXPECT_EQ(record.key, "42");
  const std::vector<RecordHeader> expected{{"ce_specversion", "1.0"},
                                           {"ce_id", "journal-42-0"},
                                           {"ce_source", "/tocsin"},
                                           {"ce_type", "io.tocsin.alert.refused.v1"},
                                           {"ce_subject", "42"},
                                           {"ce_time", "2026-03-28T23:00:42.000Z"},
                                           {"content-type", "application/json"},
                                           {"tocsin-tenant", "default"}};
  EXPECT_EQ(record.headers, expected);
}

TEST(Record, GoesToATopicOnceHoweverOftenItIsNamed) {
  const EffectPtr effect = test::incident_effect(1, 1, 1, {"page", "tocsin.incidents.events", "page"});
  EXPECT_THAT(names_of(record_of(*effect, {}).topics),
              ElementsAre("tocsin.incidents.events", "tocsin.incidents.state", "page"));
}

TEST(Record, IsFlatAndKeyedAsAnAudienceWantsItAndWholeElsewhere) {
  Effect effect = *test::incident_effect(1, 1, 1, {"page"});
  effect.audiences.push_back({"tickets", "checkout", true});
  effect.audiences.push_back({"tocsin.incidents.state", "checkout", true});
  effect.flat_value = R"({"revision":1})";
  const OutRecord record = record_of(effect, {});
  ASSERT_THAT(names_of(record.topics),
              ElementsAre("tocsin.incidents.events", "tocsin.incidents.state", "page", "tickets"));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(record.key_on(record.topics[i]), to_text(effect.incident)) << i;
    EXPECT_EQ(record.value_on(record.topics[i]), effect.value) << i;
  }
  EXPECT_EQ(record.key_on(record.topics[3]), "checkout");
  EXPECT_EQ(record.value_on(record.topics[3]), effect.flat_value);
  std::string line;
  append_line(line, record, record.topics[3]);
  EXPECT_THAT(line, testing::StartsWith(R"({"topic":"tickets","key":"checkout",)"));
  EXPECT_THAT(line, testing::HasSubstr(R"("ce_subject":")" + to_text(effect.incident)));
  EXPECT_THAT(line, testing::EndsWith(R"("value":{"revision":1}})"
                                      "\n"));
}

TEST(Record, HasThePrefixOnEveryTopic) {
  const RecordOptions options{.topic_prefix = "staging."};
  EXPECT_THAT(names_of(record_of(*test::incident_effect(1, 1, 1, {"page"}), options).topics),
              ElementsAre("staging.tocsin.incidents.events", "staging.tocsin.incidents.state", "staging.page"));
  EXPECT_THAT(fixed_topics(options), ElementsAre("staging.tocsin.incidents.events", "staging.tocsin.incidents.state",
                                                 "staging.tocsin.alerts.dead", "staging.tocsin.audit"));
}

TEST(Record, TypeNamesTheChange) {
  for (const IncidentChange change :
       {IncidentChange::opened, IncidentChange::acknowledged, IncidentChange::resolved, IncidentChange::closed}) {
    Effect effect = *test::incident_effect(1, 1, 1);
    effect.change = change;
    EXPECT_EQ(record_of(effect, {}).headers[3].value, "io.tocsin.incident." + std::string(name_of(change)) + ".v1");
  }
}

TEST(Record, LineHasTopicKeyHeadersAndTheValueAsItIs) {
  Effect effect = *test::dead_letter_effect(5);
  effect.value = R"({"body":"a\nb"})";
  effect.tenant = "A \"quoted\" one";
  std::string line;
  append_line(line, record_of(effect, {}), {"dead"});
  EXPECT_EQ(
      line,
      R"({"topic":"dead","key":"5","headers":{"ce_specversion":"1.0","ce_id":"journal-5-0","ce_source":"/tocsin",)"
      R"("ce_type":"io.tocsin.alert.refused.v1","ce_subject":"5","ce_time":"2026-03-28T23:00:05.000Z",)"
      R"("content-type":"application/json","tocsin-tenant":"A \"quoted\" one"},"value":{"body":"a\nb"}})"
      "\n");
}

/// An incident with everything that makes it long.
std::string long_incident() {
  std::string alerts;
  for (int i = 0; i < 20; ++i)
    alerts += std::string(i == 0 ? "" : ",") + R"({"name":"Disk)" + std::to_string(i) + R"(","title":")" +
              std::string(100, 't') + R"("})";
  return R"({"schema_version":1,"incident_id":"inc-3q5z8k0v7c2mtrw1xnb4hdeafg","revision":12,)"
         R"("event_id":"00c0ffee00c0ffee-1-204-0-0","event_type":"closed","change":")" +
         std::string(300, 'c') + R"(","status":"closed","title":")" + std::string(159, 'x') + "ü" +
         R"(","description":")" + std::string(3000, 'd') +
         R"(","severity":"critical","severity_num":4,"priority":"P1","opened_at":"2026-03-29T06:12:04.250Z",)"
         R"("updated_at":"2026-03-29T07:05:00.000Z","resolved_at":"2026-03-29T06:58:10.001Z",)"
         R"("closed_at":"2026-03-29T07:05:00.000Z","service":"ledger","url":"http://a.example/)" +
         std::string(200, 'u') + R"(","alerts":[)" + alerts + R"(],"alerts_truncated":5,"labels":{"a":")" +
         std::string(500, 'l') + R"("},"links":[{"title":"runbook","url":"http://b.example"}],"roles":{}})";
}

boost::json::object fit(std::size_t bytes_max) {
  const std::string value = fit_value(long_incident(), bytes_max);
  EXPECT_LE(value.size(), bytes_max);
  EXPECT_FALSE(value.empty());
  return value.empty() ? boost::json::object{} : boost::json::parse(value).as_object();
}

TEST(FitValue, LeavesAloneWhatFits) {
  EXPECT_EQ(fit_value(long_incident(), long_incident().size()), long_incident());
  EXPECT_EQ(fit_value("not even JSON", 13), "not even JSON");
}

TEST(FitValue, ListsFewerAlertsFirstAndSaysHowManyAreNotListed) {
  const std::size_t whole = long_incident().size();
  const auto one_less = fit(whole - 1);
  EXPECT_EQ(one_less.at("alerts").as_array().size(), 19U);
  EXPECT_EQ(one_less.at("alerts_truncated"), 6);
  EXPECT_EQ(one_less.at("shortened"), true);
  EXPECT_TRUE(one_less.contains("labels"));
  const auto half = fit(whole - 1300);
  EXPECT_EQ(half.at("alerts").as_array().size(), 9U);
  EXPECT_EQ(half.at("alerts_truncated"), 16);
  EXPECT_EQ(half.at("alerts").as_array()[0].at("name"), "Disk0") << "the one that leads stays longest";
  EXPECT_EQ(half.at("description").as_string().size(), 3000U);
}

TEST(FitValue, ThenLeavesOutLinksAndLabelsThenCutsTextsBetweenCharacters) {
  const auto no_labels = fit(4700);
  EXPECT_FALSE(no_labels.contains("labels"));
  EXPECT_EQ(no_labels.at("alerts_truncated"), 25);
  EXPECT_EQ(no_labels.at("description").as_string().size(), 3000U);
  const auto cut = fit(2000);
  EXPECT_EQ(cut.at("description").as_string().size(), 512U);
  EXPECT_EQ(cut.at("title").as_string().size(), 161U);
  const auto shorter = fit(1300);
  EXPECT_EQ(shorter.at("title").as_string(), std::string(128, 'x'));
  EXPECT_EQ(shorter.at("url").as_string(), "") << "half an address leads nowhere";
  EXPECT_EQ(shorter.at("incident_id").as_string().size(), 30U);
  EXPECT_EQ(shorter.at("service"), "ledger");
}

TEST(FitValue, AtLastSaysOnlyWhichIncidentItsStatusRankAndTimes) {
  const auto least = fit(480);
  for (const char* name :
       {"schema_version", "incident_id", "revision", "event_id", "event_type", "status", "title", "severity",
        "severity_num", "priority", "opened_at", "updated_at", "resolved_at", "closed_at", "shortened"})
    EXPECT_TRUE(least.contains(name)) << name;
  EXPECT_FALSE(least.contains("service"));
  EXPECT_EQ(least.at("closed_at"), "2026-03-29T07:05:00.000Z");
  EXPECT_GT(least.at("title").as_string().size(), 0U);
  EXPECT_EQ(fit_value(long_incident(), 100), "");
}

TEST(FitValue, MakesTheSameOfWhatIsAlreadyShort) {
  const std::string once = fit_value(long_incident(), 1300);
  EXPECT_EQ(fit_value(once, 1300), once);
  EXPECT_EQ(fit_value(once, 480), fit_value(long_incident(), 480));
}

TEST(FitValue, SaysThatTheBodyOfADeadLetterIsCut) {
  const std::string value =
      R"({"schema_version":1,"position":5,"errors":[{"code":"malformed"}],"body_truncated":false,"body":")" +
      std::string(4000, 'b') + R"("})";
  const auto cut = boost::json::parse(fit_value(value, 1000)).as_object();
  EXPECT_EQ(cut.at("body").as_string().size(), 512U);
  EXPECT_EQ(cut.at("body_truncated"), true);
  EXPECT_EQ(cut.at("errors").as_array().size(), 1U);
  EXPECT_EQ(fit_value(value, 100), R"({"schema_version":1,"position":5,"body_truncated":true,"shortened":true})");
}

TEST(FitValue, IsEmptyForWhatIsNoObject) {
  EXPECT_EQ(fit_value("[1,2]", 4), "");
  EXPECT_EQ(fit_value("{{{{", 3), "");
}

/// A record batch as the protocol has it, field by field: what record_bytes() must not be less than.
TEST(RecordBytes, AreThoseOfABatchOfOneRecord) {
  OutRecord record;
  record.key = std::string(64, 'k');  // its length takes two bytes as a zigzag varint
  record.headers = {{"ce_id", "journal-1-0"}, {"h", ""}};
  const OutTopic topic{"t"};
  const std::size_t headers = 1 + (1 + 5 + 1 + 11) + (1 + 1 + 1 + 0);
  const std::size_t body = 1 + 1 + 1 + (2 + 64) + (2 + 100) + headers;
  EXPECT_EQ(record_bytes(record, topic, 100), 61 + 2 + body);
  const OutTopic own_key{"t", "x"};
  EXPECT_EQ(record_bytes(record, own_key, 100), 61 + 2 + body - 66 + 2);
}

}  // namespace
}  // namespace tocsin
