// Errors on demand, from librdkafka's mock brokers: what the sink does about them. That records arrive is proven
// elsewhere.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connectors/sinks/kafka_sink.h"
#include "tests/connectors/sinks/effects.h"
#include "tests/connectors/sinks/kafka_reader.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

constexpr std::int16_t kProduce = 0;  // API keys of the Kafka protocol
constexpr std::int16_t kInitProducerId = 22;

class KafkaErrors : public testing::Test {
 protected:
  void SetUp() override {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "3", nullptr, 0);
    kafka_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    ASSERT_NE(kafka_, nullptr);
    cluster_ = rd_kafka_mock_cluster_new(kafka_, 1);
    options_.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster_);
    options_.create_topics = false;  // the mock makes topics when asked about them
    options_.partitions = 4;
    options_.properties["reconnect.backoff.max.ms"] = "100";
    options_.properties["retry.backoff.ms"] = "10";
  }
  void TearDown() override {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(kafka_);
  }

  std::unique_ptr<KafkaSink> open() const {
    auto sink = KafkaSink::open(options_);
    EXPECT_TRUE(sink.has_value()) << sink.error().message;
    return std::move(*sink);
  }

  void push_errors(std::int16_t api, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, api, errors.size(), errors.data());
  }

  std::size_t different_records_on(const std::string& topic) const {
    std::set<std::string> seen;
    for (const test::ReadRecord& record : test::read_all(options_.bootstrap, topic))
      seen.insert(record.headers.at(1).second);
    return seen.size();
  }

  rd_kafka_t* kafka_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  KafkaSinkOptions options_;
};

struct Failure {
  const char* name;
  rd_kafka_resp_err_t error;
};
class KafkaFailsForGood : public KafkaErrors, public testing::WithParamInterface<Failure> {};

TEST_P(KafkaFailsForGood, ANewProducerSendsAllThatIsNotConfirmed) {
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(200, 9);
  ASSERT_TRUE(test::deliver(*sink, {effects.begin(), effects.begin() + 20})) << sink->trouble();
  push_errors(kProduce, {GetParam().error});
  ASSERT_TRUE(test::deliver(*sink, {effects.begin() + 20, effects.end()})) << sink->trouble();
  EXPECT_GE(sink->counts().producers_replaced.value(), 1U);
  EXPECT_EQ(sink->counts().records_held.value(), 0U);
  EXPECT_EQ(sink->trouble(), "");
  std::size_t incidents = 0;
  for (const EffectPtr& effect : effects) incidents += effect->kind == EffectKind::incident ? 1U : 0U;
  EXPECT_EQ(different_records_on("tocsin.incidents.events"), incidents);
  EXPECT_EQ(different_records_on("tocsin.incidents.state"), incidents);
  EXPECT_EQ(different_records_on("tocsin.alerts.dead"), effects.size() - incidents);
}

INSTANTIATE_TEST_SUITE_P(Table, KafkaFailsForGood,
                         testing::Values(Failure{"sequence_lost", RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER},
                                         Failure{"fenced", RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH},
                                         Failure{"access_denied", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED},
                                         Failure{"record_not_valid", RD_KAFKA_RESP_ERR_INVALID_RECORD},
                                         Failure{"batch_too_large", RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE}),
                         [](const auto& row) { return row.param.name; });

TEST_F(KafkaErrors, ThatPassAreRetriedByTheSameProducer) {
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(100, 5);
  push_errors(kProduce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                         RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
  push_errors(kInitProducerId, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS});
  ASSERT_TRUE(test::deliver(*sink, effects)) << sink->trouble();
  EXPECT_EQ(sink->counts().producers_replaced.value(), 0U);
  EXPECT_EQ(sink->trouble(), "");
}

EffectPtr large_dead_letter(std::uint64_t position) {
  auto effect = std::make_shared<Effect>(*test::dead_letter_effect(position));
  effect->value = R"({"schema_version":1,"position":)" + std::to_string(position) + R"(,"body":")" +
                  std::string(40'000, 'x') + R"("})";
  return effect;
}

TEST_F(KafkaErrors, WhatATopicTakesIsLearntFromOneRefusalWhereTheClusterDoesNotSay) {
  const auto sink = open();
  ASSERT_TRUE(test::deliver(*sink, test::story(5, 2))) << sink->trouble();
  push_errors(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  std::vector<EffectPtr> effects;
  for (std::uint64_t position = 10; position < 20; ++position) {
    effects.push_back(large_dead_letter(position));
    ASSERT_TRUE(test::deliver(*sink, {effects.back()})) << sink->trouble();
  }
  EXPECT_EQ(sink->counts().producers_replaced.value(), 1U);
  EXPECT_EQ(sink->counts().records_shortened.value(), effects.size());
  EXPECT_EQ(sink->counts().records_held.value(), 0U);
  for (const test::ReadRecord& record : test::read_all(options_.bootstrap, "tocsin.alerts.dead"))
    EXPECT_LT(record.value.size(), 30'500U);
}

TEST_F(KafkaErrors, WhatIsRefusedInItsLeastFormIsHeldAndCanBeSentAgain) {
  test::MemoryShelf shelf;
  const auto sink = open();
  sink->hold_in(shelf);
  ASSERT_TRUE(test::deliver(*sink, test::story(5, 2))) << sink->trouble();
  push_errors(kProduce, std::vector<rd_kafka_resp_err_t>(40, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE));
  const EffectPtr large = large_dead_letter(10);
  ASSERT_TRUE(test::deliver(*sink, {large})) << sink->trouble();
  rd_kafka_mock_clear_request_errors(cluster_, kProduce);
  ASSERT_EQ(shelf.held.size(), 1U);
  const Undeliverable held = shelf.held.begin()->second;
  EXPECT_EQ(held.topic, "tocsin.alerts.dead");
  EXPECT_EQ(held.effect, large);
  EXPECT_THAT(held.why, HasSubstr("too large in any form"));
  EXPECT_TRUE(test::deliver(*sink, {test::incident_effect(11, 7, 1)})) << "the rest goes on";

  ASSERT_TRUE(sink->send_again(held));
  std::vector<ResendOutcome> outcomes;
  ASSERT_TRUE(test::poll_until(*sink, [&] { return !(outcomes = sink->resent()).empty(); })) << sink->trouble();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_TRUE(outcomes[0].delivered) << outcomes[0].why;
  EXPECT_EQ(outcomes[0].key, held.key());
  const auto records = test::read_all(options_.bootstrap, "tocsin.alerts.dead");
  EXPECT_EQ(records.back().value, large->value) << "whole: what was learnt is forgotten when somebody asks";
}

TEST_F(KafkaErrors, ARecordThatIsRefusedTwiceForWhatItIsIsHeldAndStaysHeldWhenItIsRefusedAgain) {
  test::MemoryShelf shelf;
  const auto sink = open();
  sink->hold_in(shelf);
  push_errors(kProduce, {RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_INVALID_RECORD});
  ASSERT_TRUE(test::deliver(*sink, {test::dead_letter_effect(1)})) << sink->trouble();
  ASSERT_EQ(shelf.held.size(), 1U);
  EXPECT_EQ(sink->counts().records_held.value(), 1U);
  push_errors(kProduce, {RD_KAFKA_RESP_ERR_INVALID_RECORD});
  ASSERT_TRUE(sink->send_again(shelf.held.begin()->second));
  std::vector<ResendOutcome> outcomes;
  ASSERT_TRUE(test::poll_until(*sink, [&] { return !(outcomes = sink->resent()).empty(); })) << sink->trouble();
  EXPECT_FALSE(outcomes[0].delivered);
  ASSERT_TRUE(test::deliver(*sink, {test::dead_letter_effect(2)})) << sink->trouble();
  EXPECT_EQ(shelf.held.size(), 1U);
}

TEST_F(KafkaErrors, WhatCannotBeHeldOnDiskIsNotConfirmed) {
  test::MemoryShelf shelf;
  shelf.works = false;
  const auto sink = open();
  sink->hold_in(shelf);
  ASSERT_TRUE(sink->offer(test::incident_effect(1, 1, 1, {"ops team/page"})));
  ASSERT_TRUE(test::poll_until(*sink, [&] { return sink->trouble().find("cannot be held") != std::string::npos; }));
  EXPECT_EQ(sink->confirmed(), EffectName{});
  shelf.works = true;
  EXPECT_TRUE(test::poll_until(*sink, [&] { return sink->confirmed().position == Position{1}; }));
  EXPECT_EQ(shelf.held.size(), 1U);
}

TEST_F(KafkaErrors, WhatWasToldIsUnknownSoonWhenNoBrokerIsThere) {
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  const auto began = std::chrono::steady_clock::now();
  const Told told = open()->told();
  EXPECT_FALSE(told.is_known);
  EXPECT_NE(told.why, "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{6});
}

TEST_F(KafkaErrors, ABrokerThatIsDownIsToldAndFillsTheBoundAndLosesNothing) {
  options_.in_flight_effects_max = 30;
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(100, 5);
  ASSERT_TRUE(test::deliver(*sink, {effects.begin(), effects.begin() + 10})) << sink->trouble();
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::size_t taken = 10;
  while (sink->offer(effects[taken])) ++taken;
  EXPECT_EQ(taken, 40U);
  ASSERT_TRUE(test::poll_until(*sink, [&] { return !sink->trouble().empty(); }));
  EXPECT_THAT(sink->trouble(), HasSubstr("not well since 20"));
  EXPECT_EQ(sink->confirmed(), effects[9]->name);
  ASSERT_EQ(rd_kafka_mock_broker_set_up(cluster_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(test::deliver(*sink, {effects.begin() + static_cast<std::ptrdiff_t>(taken), effects.end()}))
      << sink->trouble();
  EXPECT_EQ(sink->trouble(), "");
}

TEST_F(KafkaErrors, ABrokerThatIsBackIsNoticedWithoutAnythingToSend) {
  const auto sink = open();
  ASSERT_TRUE(test::deliver(*sink, test::story(10, 2))) << sink->trouble();
  ASSERT_EQ(rd_kafka_mock_broker_set_down(cluster_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(test::poll_until(*sink, [&] { return !sink->trouble().empty(); }));
  ASSERT_EQ(rd_kafka_mock_broker_set_up(cluster_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_TRUE(test::poll_until(*sink, [&] { return sink->trouble().empty(); }));
}

TEST_F(KafkaErrors, OneThatLastsIsToldAndCostsFewCopies) {
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(50, 4);
  push_errors(kProduce, std::vector<rd_kafka_resp_err_t>(12, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED));
  for (const EffectPtr& effect : effects) ASSERT_TRUE(sink->offer(effect));
  ASSERT_TRUE(test::poll_until(*sink, [&] { return sink->counts().producers_replaced.value() >= 1; }));
  const std::uint64_t sent_at_first = sink->counts().records_sent.value();
  ASSERT_TRUE(test::poll_until(*sink, [&] { return sink->counts().producers_replaced.value() >= 4; }));
  EXPECT_LE(sink->counts().records_sent.value() - sent_at_first, 3U * 3U)
      << "one effect of at most three records each time";
  EXPECT_THAT(sink->trouble(), HasSubstr("authorization"));
  rd_kafka_mock_clear_request_errors(cluster_, kProduce);
  ASSERT_TRUE(test::poll_until(*sink, [&] { return sink->confirmed() == effects.back()->name; })) << sink->trouble();
  EXPECT_EQ(sink->trouble(), "");
}

struct BadProperty {
  const char* name;
  const char* property;
  const char* value;
};
class KafkaSinkRefuses : public testing::TestWithParam<BadProperty> {};

TEST_P(KafkaSinkRefuses, ThePropertyWithoutRepeatingItsValue) {
  KafkaSinkOptions options;
  options.bootstrap = "127.0.0.1:9";
  options.properties[GetParam().property] = GetParam().value;
  const auto sink = KafkaSink::open(options);
  ASSERT_FALSE(sink.has_value());
  EXPECT_EQ(sink.error().code, Refusal::bad_value);
  EXPECT_THAT(sink.error().message, HasSubstr(GetParam().property));
  EXPECT_THAT(sink.error().message, testing::Not(HasSubstr(GetParam().value)));
}

INSTANTIATE_TEST_SUITE_P(Table, KafkaSinkRefuses,
                         testing::Values(BadProperty{"that_is_not_known", "sasl.pasword", "hunter2"},
                                         BadProperty{"whose_value_is_not_taken", "security.protocol", "hunter2"},
                                         BadProperty{"that_would_lose_records", "acks", "1"},
                                         BadProperty{"that_would_drop_records", "delivery.timeout.ms", "30000"},
                                         BadProperty{"that_would_send_twice", "enable.idempotence", "false"}),
                         [](const auto& row) { return row.param.name; });

TEST(KafkaSinkOptions, NeedABootstrapAddressAndTopicsThatCanBe) {
  EXPECT_FALSE(KafkaSink::open({}).has_value());
  KafkaSinkOptions options;
  options.bootstrap = "127.0.0.1:9";
  options.records.topic_prefix = "with space ";
  EXPECT_FALSE(KafkaSink::open(options).has_value());
}

TEST(KafkaSink, OpensWithoutAnyBrokerAndSaysSo) {
  KafkaSinkOptions options;
  options.bootstrap = "127.0.0.1:9";
  const auto sink = KafkaSink::open(options);
  ASSERT_TRUE(sink.has_value());
  EXPECT_TRUE((*sink)->offer(test::incident_effect(1, 1, 1)));
  EXPECT_TRUE(test::poll_until(**sink, [&] { return !(*sink)->trouble().empty(); }));
  EXPECT_EQ((*sink)->confirmed(), EffectName{});
}

}  // namespace
}  // namespace tocsin
