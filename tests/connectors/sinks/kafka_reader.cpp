#include "tests/connectors/sinks/kafka_reader.h"

#include <array>
#include <chrono>
#include <memory>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

namespace tocsin::test {
namespace {

using Kafka = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)>;
using Message = std::unique_ptr<rd_kafka_message_t, decltype(&rd_kafka_message_destroy)>;
constexpr int kBoundMs = 30'000;

Kafka consumer(const std::string& bootstrap) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"bootstrap.servers", bootstrap.c_str()},
                                                                  {"group.id", "tocsin-test"},
                                                                  {"enable.auto.commit", "false"},
                                                                  {"auto.offset.reset", "error"},
                                                                  {"isolation.level", "read_committed"},
                                                                  {"fetch.wait.max.ms", "50"},
                                                                  {"check.crcs", "true"}}) {
    EXPECT_EQ(rd_kafka_conf_set(conf, name, value, why.data(), why.size()), RD_KAFKA_CONF_OK) << why.data();
  }
  rd_kafka_t* kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why.data(), why.size());
  EXPECT_NE(kafka, nullptr) << why.data();
  rd_kafka_poll_set_consumer(kafka);
  return {kafka, rd_kafka_destroy};
}

int partitions_by(rd_kafka_t* kafka, const std::string& topic) {
  const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> handle(
      rd_kafka_topic_new(kafka, topic.c_str(), nullptr), rd_kafka_topic_destroy);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(kafka, 0, handle.get(), &metadata, kBoundMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  const int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

ReadRecord copy_of(const rd_kafka_message_t& message) {
  ReadRecord record;
  record.partition = message.partition;
  record.offset = message.offset;
  record.key.assign(static_cast<const char*>(message.key), message.key_len);
  record.value.assign(static_cast<const char*>(message.payload), message.len);
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return record;
}

/// First and last offset. A partition that was just made may have no leader for a moment: asked again, within the
/// bound.
rd_kafka_resp_err_t ends_of(rd_kafka_t* kafka, const std::string& topic, int partition, std::int64_t& low,
                            std::int64_t& high) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{kBoundMs};
  for (;;) {
    const auto error = rd_kafka_query_watermark_offsets(kafka, topic.c_str(), partition, &low, &high, kBoundMs);
    const bool may_pass = error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
                          error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                          error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (!may_pass || std::chrono::steady_clock::now() >= end) return error;
  }
}

}  // namespace

std::vector<ReadRecord> read_all(const std::string& bootstrap, const std::string& topic) {
  const Kafka kafka = consumer(bootstrap);
  const int count = partitions_by(kafka.get(), topic);
  EXPECT_GT(count, 0) << topic << " is missing";
  const Partitions assigned(rd_kafka_topic_partition_list_new(count), rd_kafka_topic_partition_list_destroy);
  std::int64_t left = 0;
  for (int partition = 0; partition < count; ++partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    EXPECT_EQ(ends_of(kafka.get(), topic, partition, low, high), RD_KAFKA_RESP_ERR_NO_ERROR);
    left += high - low;
    rd_kafka_topic_partition_list_add(assigned.get(), topic.c_str(), partition)->offset = low;
  }
  EXPECT_EQ(rd_kafka_assign(kafka.get(), assigned.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::map<int, std::vector<ReadRecord>> by_partition;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{kBoundMs};
  while (left > 0 && std::chrono::steady_clock::now() < end) {
    const Message message(rd_kafka_consumer_poll(kafka.get(), 100), [](rd_kafka_message_t* owned) {
      if (owned != nullptr) rd_kafka_message_destroy(owned);
    });
    if (message == nullptr) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    by_partition[message->partition].push_back(copy_of(*message));
    --left;
  }
  EXPECT_EQ(left, 0) << "records of " << topic << " that were not read in time";
  std::vector<ReadRecord> all;
  for (auto& [partition, records] : by_partition) {
    all.insert(all.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
  }
  return all;
}

int partitions_of(const std::string& bootstrap, const std::string& topic) {
  return partitions_by(consumer(bootstrap).get(), topic);
}

int java_partition(const std::string& key, int partitions) {
  // MurmurHash2, 32 bits, seed 0x9747b28c: key bytes four at a time, little-endian, then the rest.
  constexpr std::uint32_t kFactor = 0x5bd1e995;
  const auto byte = [&key](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(key[i])); };
  std::uint32_t hash = 0x9747b28c ^ static_cast<std::uint32_t>(key.size());
  std::size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    std::uint32_t four = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    four *= kFactor;
    four ^= four >> 24;
    four *= kFactor;
    hash = hash * kFactor ^ four;
  }
  if (at < key.size()) {
    for (std::size_t i = at; i < key.size(); ++i) hash ^= byte(i) << 8 * (i - at);
    hash *= kFactor;
  }
  hash ^= hash >> 13;
  hash *= kFactor;
  hash ^= hash >> 15;
  return static_cast<int>(hash & 0x7FFF'FFFF) % partitions;
}

}  // namespace tocsin::test
