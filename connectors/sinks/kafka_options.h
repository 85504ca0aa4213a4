#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "connectors/sinks/record.h"

namespace tocsin {

/// What the Kafka sink must be told; everything but `bootstrap` has a default that works.
struct KafkaSinkOptions {
  /// host:port[,host:port…] of any brokers of the cluster.
  std::string bootstrap{};
  /// librdkafka's own properties by its names (`security.protocol`, `sasl.…`, `ssl.…`, `linger.ms`), over our defaults.
  /// Those that the delivery guarantee rests on cannot be set. Values may be secrets: they are never logged or put into
  /// a message.
  std::map<std::string, std::string> properties{};
  RecordOptions records{};
  /// Made like those of the records when they are missing, for who reads from them; with the prefix.
  std::vector<std::string> also_topics{};

  /// Topics that are missing are made when first needed; false: they must be there.
  bool create_topics = true;
  /// Of the topics that are made; -1 leaves it to the broker.
  int partitions = 6;
  int replication = -1;

  /// Bounds of what is sent and not acknowledged; at the bound offer() says no.
  std::size_t in_flight_effects_max = 8192;
  std::size_t in_flight_bytes_max = 32 * 1024 * 1024;
};

}  // namespace tocsin
