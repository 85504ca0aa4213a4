// Every claim about delivery, on a real Kafka.
#include "connectors/sinks/kafka_sink.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/sinks/effects.h"
#include "tests/connectors/sinks/kafka_reader.h"
#include "tests/connectors/sinks/kafka_world.h"

namespace tocsin {
namespace {

using test::ReadRecord;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<KafkaSink> open(const KafkaSinkOptions& options) {
  auto sink = KafkaSink::open(options);
  EXPECT_TRUE(sink.has_value()) << sink.error().message;
  return std::move(*sink);
}

/// What must be on a topic: every record of it, by ce_id.
std::map<std::string, std::pair<OutRecord, Instant>> expected_on(const std::string& topic,
                                                                 const std::vector<EffectPtr>& effects,
                                                                 const RecordOptions& options) {
  std::map<std::string, std::pair<OutRecord, Instant>> expected;
  for (const EffectPtr& effect : effects) {
    const OutRecord record = record_of(*effect, options);
    if (std::ranges::find(record.topics, topic, &OutTopic::name) == record.topics.end()) continue;
    expected.emplace(to_text(effect->name), std::pair{record, effect->at});
  }
  return expected;
}

void expect_same(const ReadRecord& read, const OutRecord& sent, Instant at) {
  EXPECT_EQ(read.key, sent.key);
  EXPECT_EQ(read.value, sent.value);
  EXPECT_EQ(read.timestamp_ms, to_unix_ns(at) / 1'000'000);
  std::vector<std::pair<std::string, std::string>> headers;
  for (const RecordHeader& header : sent.headers) headers.emplace_back(header.name, header.value);
  EXPECT_EQ(read.headers, headers);
}

std::string ce_id_of(const ReadRecord& record) {
  for (const auto& [name, value] : record.headers) {
    if (name == "ce_id") return value;
  }
  return {};
}

class KafkaSinkTest : public testing::Test {
 protected:
  void SetUp() override { TOCSIN_NEEDS_KAFKA(); }
  const std::string bootstrap_ = test::test_bootstrap();
  KafkaSinkOptions options_ = test::fresh_options(bootstrap_);
  std::string topic(const std::string& name) const { return options_.records.topic_prefix + name; }
};

TEST_F(KafkaSinkTest, EveryRecordIsOnItsTopicsOnceWithKeyHeadersValueAndTimeInOrderPerKey) {
  const std::vector<EffectPtr> effects = test::story(500, 17);
  const auto sink = open(options_);
  ASSERT_TRUE(test::deliver(*sink, effects)) << sink->trouble();
  EXPECT_EQ(sink->trouble(), "");
  for (const char* name :
       {"tocsin.incidents.events", "tocsin.incidents.state", "tocsin.alerts.dead", "incidents.page"}) {
    SCOPED_TRACE(name);
    const auto expected = expected_on(topic(name), effects, options_.records);
    ASSERT_FALSE(expected.empty());
    const std::vector<ReadRecord> records = test::read_all(bootstrap_, topic(name));
    EXPECT_EQ(records.size(), expected.size());
    std::map<std::string, std::int64_t> newest;
    for (const ReadRecord& record : records) {
      const auto found = expected.find(ce_id_of(record));
      ASSERT_NE(found, expected.end());
      expect_same(record, found->second.first, found->second.second);
      EXPECT_EQ(record.partition, test::java_partition(record.key, options_.partitions));
      EXPECT_GT(record.timestamp_ms, newest[record.key]) << "out of order";
      newest[record.key] = record.timestamp_ms;
    }
  }
}

TEST_F(KafkaSinkTest, MakesItsTopicsAndOnlyTheStateTopicIsCompacted) {
  const auto sink = open(options_);
  ASSERT_TRUE(test::deliver(*sink, {test::incident_effect(1, 1, 1, {"incidents.page"})})) << sink->trouble();
  EXPECT_EQ(test::setting_of(bootstrap_, topic("tocsin.incidents.state"), "cleanup.policy"), "compact");
  for (const char* name : {"tocsin.incidents.events", "tocsin.alerts.dead", "incidents.page"}) {
    EXPECT_EQ(test::setting_of(bootstrap_, topic(name), "cleanup.policy"), "delete") << name;
    EXPECT_EQ(test::partitions_of(bootstrap_, topic(name)), options_.partitions) << name;
  }
}

TEST_F(KafkaSinkTest, ASinkThatBeginsAgainSendsTheUnconfirmedTailInTheSameBytes) {
  const std::vector<EffectPtr> effects = test::story(120, 5);
  ASSERT_TRUE(test::deliver(*open(options_), effects));
  constexpr std::size_t kConfirmed = 70;  // what the outbox remembers of the first life
  const std::vector<EffectPtr> tail(effects.begin() + kConfirmed, effects.end());
  ASSERT_TRUE(test::deliver(*open(options_), tail));
  const std::string events = topic("tocsin.incidents.events");
  const auto expected = expected_on(events, effects, options_.records);
  const auto twice = expected_on(events, tail, options_.records);
  std::map<std::string, int> copies;
  for (const ReadRecord& record : test::read_all(bootstrap_, events)) {
    const auto& [sent, at] = expected.at(ce_id_of(record));
    expect_same(record, sent, at);
    ++copies[ce_id_of(record)];
  }
  ASSERT_EQ(copies.size(), expected.size());
  for (const auto& [id, count] : copies) EXPECT_EQ(count, twice.contains(id) ? 2 : 1) << id;
}

TEST_F(KafkaSinkTest, SaysNoAtItsBoundAndDeliversAllTheSame) {
  options_.in_flight_effects_max = 5;
  const auto sink = open(options_);
  const std::vector<EffectPtr> effects = test::story(60, 3);
  std::size_t taken = 0;
  while (sink->offer(effects[taken])) ++taken;
  EXPECT_EQ(taken, 5U);
  ASSERT_TRUE(test::deliver(*sink, {effects.begin() + 5, effects.end()}));
  EXPECT_EQ(test::read_all(bootstrap_, topic("tocsin.incidents.events")).size(),
            expected_on(topic("tocsin.incidents.events"), effects, options_.records).size());
}

TEST_F(KafkaSinkTest, AFullQueueOfLibrdkafkaIsWaitedFor) {
  options_.properties["queue.buffering.max.messages"] = "7";
  const auto sink = open(options_);
  const std::vector<EffectPtr> effects = test::story(100, 3);
  ASSERT_TRUE(test::deliver(*sink, effects)) << sink->trouble();
  EXPECT_EQ(sink->counts().producers_replaced.value(), 0U);
  EXPECT_EQ(sink->counts().records_sent.value(), sink->counts().records_acknowledged.value());
}

TEST_F(KafkaSinkTest, TellsOfATopicThatIsMissingAndNotToBeMadeAndGoesOnOnceItIsThere) {
  options_.create_topics = false;
  const auto sink = open(options_);
  const EffectPtr effect = test::incident_effect(1, 1, 1);
  ASSERT_TRUE(sink->offer(effect));
  ASSERT_TRUE(test::poll_until(*sink, [&] { return !sink->trouble().empty() || sink->confirmed() == effect->name; }));
  if (sink->confirmed() == effect->name)
    GTEST_SKIP() << "this Kafka makes topics by itself: a topic that is missing is NOT tested";
  ASSERT_TRUE(test::poll_until(*sink, [&] { return sink->trouble().find("not there") != std::string::npos; }));
  EXPECT_THAT(sink->trouble(), HasSubstr(options_.records.topic_prefix));
  EXPECT_EQ(sink->confirmed(), EffectName{});
  for (const std::string& name : fixed_topics(options_.records)) test::make_topic(bootstrap_, name, {});
  EXPECT_TRUE(test::poll_until(*sink, [&] { return sink->confirmed() == effect->name; })) << sink->trouble();
  EXPECT_EQ(sink->trouble(), "");
  EXPECT_EQ(test::read_all(bootstrap_, topic("tocsin.incidents.state")).size(), 1U);
}

TEST_F(KafkaSinkTest, AnAudienceThatNoTopicCanBeNamedLikeIsHeldAndTheRestIsDelivered) {
  test::MemoryShelf shelf;
  const auto sink = open(options_);
  sink->hold_in(shelf);
  const EffectPtr effect = test::incident_effect(1, 1, 1, {"ops team/page", "incidents.page"});
  ASSERT_TRUE(test::deliver(*sink, {effect, test::incident_effect(2, 1, 2)})) << sink->trouble();
  ASSERT_EQ(shelf.held.size(), 1U);
  EXPECT_EQ(shelf.held.begin()->first, (UndeliverableKey{effect->name, topic("ops team/page")}));
  EXPECT_EQ(sink->counts().records_held.value(), 1U);
  EXPECT_EQ(sink->trouble(), "");
  EXPECT_EQ(test::read_all(bootstrap_, topic("incidents.page")).size(), 1U);
  EXPECT_EQ(test::read_all(bootstrap_, topic("tocsin.incidents.events")).size(), 2U);
}

TEST_F(KafkaSinkTest, ARecordThatIsTooLargeForATopicGoesThereCutToFitAndWithoutASingleRefusal) {
  test::make_topic(bootstrap_, topic("tocsin.incidents.state"),
                   {{"max.message.bytes", "4000"}, {"cleanup.policy", "compact"}});
  options_.properties["compression.codec"] = "none";
  const auto sink = open(options_);
  std::vector<EffectPtr> effects;
  for (std::uint64_t revision = 1; revision <= 30; ++revision) {
    effects.push_back(test::incident_effect(revision, 1, revision, {}, revision == 11 ? 9000 : 0));
  }
  ASSERT_TRUE(test::deliver(*sink, effects)) << sink->trouble();
  EXPECT_EQ(sink->counts().records_shortened.value(), 1U);
  EXPECT_EQ(sink->counts().records_held.value(), 0U);
  EXPECT_EQ(sink->counts().producers_replaced.value(), 0U);
  std::map<std::string, std::string> on_state;
  for (const ReadRecord& record : test::read_all(bootstrap_, topic("tocsin.incidents.state"))) {
    const auto [found, is_new] = on_state.emplace(ce_id_of(record), record.value);
    EXPECT_EQ(found->second, record.value) << "copies differ";
  }
  EXPECT_EQ(on_state.size(), effects.size());
  EXPECT_EQ(on_state.at("journal-11-0"), fit_value(effects[10]->value, effects[10]->value.size() - 1));
  EXPECT_THAT(on_state.at("journal-11-0"), HasSubstr(R"("shortened":true)"));
  std::map<std::string, std::string> on_events;
  for (const ReadRecord& record : test::read_all(bootstrap_, topic("tocsin.incidents.events"))) {
    on_events[ce_id_of(record)] = record.value;
  }
  EXPECT_EQ(on_events.at("journal-11-0"), effects[10]->value) << "whole where it fits";
}

/// A record as the core writes it, with everything that makes it long.
EffectPtr whole_incident(std::uint64_t position, std::uint64_t incident, std::uint64_t revision, bool closed) {
  auto effect = std::make_shared<Effect>(*test::incident_effect(position, incident, revision, {"incidents.page"}));
  effect->name.life = {0xFEED'FACE'CAFE'0001, 1};
  effect->change = closed ? IncidentChange::closed : IncidentChange::opened;
  std::string alerts;
  for (int i = 0; i < 20; ++i)
    (alerts += i == 0 ? "" : ",") += R"({"name":"DiskFull","title":")" + std::string(90, 't') + R"("})";
  effect->value = R"({"schema_version":1,"incident_id":")" + to_text(effect->incident) + R"(","revision":)" +
                  std::to_string(revision) + R"(,"event_id":")" + to_text(effect->name) + R"(","event_type":")" +
                  std::string(name_of(effect->change)) + R"(","status":")" + (closed ? "closed" : "open") +
                  R"(","title":")" + std::string(150, 'x') + R"(","description":")" + std::string(2000, 'd') +
                  R"(","severity":"critical","severity_num":4,"priority":"P1","opened_at":"2026-03-29T06:12:04.250Z",)"
                  R"("updated_at":"2026-03-29T07:05:00.000Z","resolved_at":"2026-03-29T06:58:10.001Z",)"
                  R"("closed_at":"2026-03-29T07:05:00.000Z","alerts":[)" +
                  alerts + R"(],"alerts_truncated":0,"labels":{}})";
  return effect;
}

TEST_F(KafkaSinkTest, TopicsThatTakeAThousandBytesGetEveryCloseAndTheSinkIsNoSlowerForIt) {
  for (const char* name : {"tocsin.incidents.events", "tocsin.incidents.state", "tocsin.alerts.dead", "incidents.page"})
    test::make_topic(bootstrap_, topic(name), {{"max.message.bytes", "1000"}});
  test::MemoryShelf shelf;
  const auto sink = open(options_);
  sink->hold_in(shelf);
  std::vector<EffectPtr> effects;
  for (std::uint64_t i = 0; i < 200; ++i) effects.push_back(whole_incident(i + 1, i / 2, i % 2 + 1, i % 2 == 1));
  ASSERT_TRUE(test::deliver(*sink, effects)) << sink->trouble();
  EXPECT_EQ(sink->counts().producers_replaced.value(), 0U) << "what they take is known: nothing is refused";
  EXPECT_EQ(sink->counts().records_shortened.value(), 600U);
  EXPECT_TRUE(shelf.held.empty());
  for (const char* name : {"tocsin.incidents.events", "tocsin.incidents.state", "incidents.page"}) {
    std::size_t closes = 0;
    for (const ReadRecord& record : test::read_all(bootstrap_, topic(name)))
      closes += record.value.find(R"("status":"closed")") != std::string::npos ? 1U : 0U;
    EXPECT_EQ(closes, 100U) << name;
  }
}

TEST_F(KafkaSinkTest, AnAudienceThatTakesLessThanTheOthersIsMetWithSmallerBatches) {
  const auto sink = open(options_);
  ASSERT_TRUE(test::deliver(*sink, test::story(50, 3))) << sink->trouble();
  test::make_topic(bootstrap_, topic("late"), {{"max.message.bytes", "1000"}});
  std::vector<EffectPtr> effects;
  for (std::uint64_t i = 100; i < 160; ++i) effects.push_back(test::incident_effect(i, 5, i, {"late"}));
  ASSERT_TRUE(test::deliver(*sink, effects)) << sink->trouble();
  EXPECT_EQ(sink->counts().producers_replaced.value(), 0U);
  EXPECT_EQ(sink->counts().records_shortened.value(), 0U) << "each alone fits";
  std::set<std::string> seen;
  for (const ReadRecord& record : test::read_all(bootstrap_, topic("late"))) seen.insert(ce_id_of(record));
  EXPECT_EQ(seen.size(), effects.size());
}

TEST_F(KafkaSinkTest, ARecordThatFitsInNoFormIsHeldAndSentAgainWhenTheTopicTakesIt) {
  test::make_topic(bootstrap_, topic("tocsin.alerts.dead"), {{"max.message.bytes", "200"}});
  test::MemoryShelf shelf;
  const auto sink = open(options_);
  sink->hold_in(shelf);
  const EffectPtr letter = test::dead_letter_effect(1);
  ASSERT_TRUE(test::deliver(*sink, {letter, test::incident_effect(3, 1, 1)})) << sink->trouble();
  ASSERT_EQ(shelf.held.size(), 1U);
  EXPECT_EQ(sink->counts().producers_replaced.value(), 0U);
  EXPECT_THAT(shelf.held.begin()->second.why, HasSubstr("takes 200 bytes"));
  EXPECT_TRUE(test::read_all(bootstrap_, topic("tocsin.alerts.dead")).empty());

  test::alter_topic(bootstrap_, topic("tocsin.alerts.dead"), {{"max.message.bytes", "4000"}});
  ASSERT_TRUE(sink->send_again(shelf.held.begin()->second));
  std::vector<ResendOutcome> outcomes;
  ASSERT_TRUE(test::poll_until(*sink, [&] { return !(outcomes = sink->resent()).empty(); })) << sink->trouble();
  EXPECT_TRUE(outcomes[0].delivered) << outcomes[0].why;
  const auto records = test::read_all(bootstrap_, topic("tocsin.alerts.dead"));
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].value, letter->value);
}

TEST_F(KafkaSinkTest, ARecordOverTheLocalLimitIsCutToFitToo) {
  options_.properties["message.max.bytes"] = "20000";
  const auto sink = open(options_);
  const EffectPtr large = test::incident_effect(1, 1, 1, {}, 50'000);
  ASSERT_TRUE(test::deliver(*sink, {large, test::incident_effect(2, 1, 2)})) << sink->trouble();
  EXPECT_EQ(sink->counts().records_shortened.value(), 2U);
  EXPECT_EQ(sink->counts().producers_replaced.value(), 0U);
  EXPECT_EQ(test::read_all(bootstrap_, topic("tocsin.incidents.events"))[0].value, fit_value(large->value, 20'000));
}

TEST_F(KafkaSinkTest, SaysWhatTheEventsTopicWasToldByItsOwnSourceOfEachJournal) {
  EXPECT_TRUE(open(options_)->told().highest.empty()) << "there is no topic";
  std::vector<EffectPtr> effects = test::story(300, 17);
  auto newest = std::make_shared<Effect>(*test::incident_effect(301, 4, 90));
  newest->name.index = 5;
  newest->name.life = {0xABCD, 2};
  effects.push_back(newest);
  ASSERT_TRUE(test::deliver(*open(options_), effects));
  KafkaSinkOptions neighbour = options_;
  neighbour.records.ce_source = "/tocsin/neighbour";
  ASSERT_TRUE(test::deliver(*open(neighbour), {test::incident_effect(9000, 1, 1)}));
  const Told told = open(options_)->told();
  EXPECT_TRUE(told.is_known) << told.why;
  ASSERT_EQ(told.highest.size(), 2U);
  for (const EffectName& name : told.highest)
    EXPECT_EQ(name, name.life.journal == 0 ? effects[299]->name : newest->name) << to_text(name);
}

TEST_F(KafkaSinkTest, CloseDeliversWhatIsHeldBack) {
  const auto sink = open(options_);
  const std::vector<EffectPtr> effects = test::story(40, 3);
  for (const EffectPtr& effect : effects) ASSERT_TRUE(sink->offer(effect));
  sink->close(std::chrono::seconds{30});
  EXPECT_EQ(sink->confirmed(), effects.back()->name);
}

TEST(KafkaPartition, OfTheReferenceIsMurmur2AsJavaHasIt) {
  // The values that Kafka documents for its hash.
  EXPECT_EQ(test::java_partition("21", 0x7FFF'FFFF), -973'932'308 & 0x7FFF'FFFF);
  EXPECT_EQ(test::java_partition("foobar", 0x7FFF'FFFF), -790'332'482 & 0x7FFF'FFFF);
  EXPECT_EQ(test::java_partition("a-little-bit-long-string", 0x7FFF'FFFF), -985'981'536 & 0x7FFF'FFFF);
  EXPECT_EQ(test::java_partition("abc", 0x7FFF'FFFF), 479'470'107);
}

}  // namespace
}  // namespace tocsin
