#include "connectors/sinks/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
                                                 "staging.tocsin.alerts.dead"));
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

TEST(Shorten, LeavesScalarsAndCutsLongTextsBetweenCharacters) {
  const std::string value = R"({"revision":2,"ok":true,"none":null,"alerts":[{"a":1}],"labels":{"b":"c"},"title":")" +
                            std::string(511, 'x') + "ü" + R"("})";
  EXPECT_EQ(shorten(value),
            R"({"revision":2,"ok":true,"none":null,"title":")" + std::string(511, 'x') + R"(","shortened":true})");
  EXPECT_EQ(shorten(shorten(value)), shorten(value));
}

TEST(Shorten, IsEmptyForWhatIsNoObject) {
  EXPECT_EQ(shorten("[1,2]"), "");
  EXPECT_EQ(shorten("{"), "");
}

}  // namespace
}  // namespace tocsin
