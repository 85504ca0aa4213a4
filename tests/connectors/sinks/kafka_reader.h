#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::test {

/// A record as a consumer gets it.
struct ReadRecord {
  int partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t timestamp_ms = 0;
};

/// All that is on `topic` now, partition by partition in order of offset, read by a consumer of its own. Fails the test
/// when the topic is missing or cannot be read in a minute.
std::vector<ReadRecord> read_all(const std::string& bootstrap, const std::string& topic);

/// How many partitions the topic has; 0: there is none.
int partitions_of(const std::string& bootstrap, const std::string& topic);

/// The partition of a key by Java's DefaultPartitioner: toPositive(murmur2(key)) % partitions.
int java_partition(const std::string& key, int partitions);

}  // namespace tocsin::test
