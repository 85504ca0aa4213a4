#include "tests/connectors/sinks/kafka_world.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>

#include <librdkafka/rdkafka.h>
#include <unistd.h>

namespace tocsin::test {
namespace {

using Kafka = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using Queue = std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)>;
using Event = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;
constexpr int kBoundMs = 30'000;

Kafka admin(const std::string& bootstrap) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), nullptr, 0);
  rd_kafka_t* kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
  EXPECT_NE(kafka, nullptr) << why.data();
  return {kafka, rd_kafka_destroy};
}

}  // namespace

std::string test_bootstrap() {
  const char* given = std::getenv("TOCSIN_TEST_BOOTSTRAP");
  return given != nullptr ? given : "";
}

std::string fresh_prefix() {
  static int count = 0;
  return "t" + std::to_string(::getpid()) + "-" +
         std::to_string(std::chrono::system_clock::now().time_since_epoch() / std::chrono::milliseconds{1}) + "-" +
         std::to_string(++count) + ".";
}

KafkaSinkOptions fresh_options(const std::string& bootstrap) {
  KafkaSinkOptions options;
  options.bootstrap = bootstrap;
  options.records.topic_prefix = fresh_prefix();
  return options;
}

void make_topic(const std::string& bootstrap, const std::string& topic,
                const std::map<std::string, std::string>& settings) {
  const Kafka kafka = admin(bootstrap);
  const Queue queue(rd_kafka_queue_new(kafka.get()), rd_kafka_queue_destroy);
  rd_kafka_NewTopic_t* plan = rd_kafka_NewTopic_new(topic.c_str(), 1, -1, nullptr, 0);
  for (const auto& [name, value] : settings) rd_kafka_NewTopic_set_config(plan, name.c_str(), value.c_str());
  rd_kafka_CreateTopics(kafka.get(), &plan, 1, nullptr, queue.get());
  rd_kafka_NewTopic_destroy(plan);
  const Event event(rd_kafka_queue_poll(queue.get(), kBoundMs), rd_kafka_event_destroy);
  ASSERT_NE(event, nullptr);
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  ASSERT_EQ(count, 1U) << rd_kafka_event_error_string(event.get());
  ASSERT_EQ(rd_kafka_topic_result_error(results[0]), RD_KAFKA_RESP_ERR_NO_ERROR);
}

void alter_topic(const std::string& bootstrap, const std::string& topic,
                 const std::map<std::string, std::string>& settings) {
  const Kafka kafka = admin(bootstrap);
  const Queue queue(rd_kafka_queue_new(kafka.get()), rd_kafka_queue_destroy);
  rd_kafka_ConfigResource_t* altered = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  for (const auto& [name, value] : settings) rd_kafka_ConfigResource_set_config(altered, name.c_str(), value.c_str());
  rd_kafka_AlterConfigs(kafka.get(), &altered, 1, nullptr, queue.get());
  rd_kafka_ConfigResource_destroy(altered);
  const Event event(rd_kafka_queue_poll(queue.get(), kBoundMs), rd_kafka_event_destroy);
  ASSERT_NE(event, nullptr);
  ASSERT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_event_error_string(event.get());
}

std::string setting_of(const std::string& bootstrap, const std::string& topic, const std::string& setting) {
  const Kafka kafka = admin(bootstrap);
  const Queue queue(rd_kafka_queue_new(kafka.get()), rd_kafka_queue_destroy);
  rd_kafka_ConfigResource_t* asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  rd_kafka_DescribeConfigs(kafka.get(), &asked, 1, nullptr, queue.get());
  rd_kafka_ConfigResource_destroy(asked);
  const Event event(rd_kafka_queue_poll(queue.get(), kBoundMs), rd_kafka_event_destroy);
  if (event == nullptr) return "no answer";
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return rd_kafka_event_error_string(event.get());
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (setting == rd_kafka_ConfigEntry_name(entries[i])) return rd_kafka_ConfigEntry_value(entries[i]);
  }
  return "not set";
}

}  // namespace tocsin::test
