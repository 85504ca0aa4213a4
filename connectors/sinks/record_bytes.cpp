#include "connectors/sinks/record_bytes.h"

#include <cstdint>

namespace tocsin {
namespace {

// base offset 8, length 4, leader epoch 4, magic 1, crc 4, attributes 2, last offset delta 4, first and last time
// stamp 8 each, producer id 8, epoch 2, first sequence 4, count 4
constexpr std::size_t kBatchHeaderBytes = 61;

/// Of a length as a zigzag varint.
std::size_t varint_bytes(std::size_t length) {
  std::uint64_t value = std::uint64_t{length} << 1;
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

std::size_t sized(std::size_t bytes) { return varint_bytes(bytes) + bytes; }

}  // namespace

std::size_t record_bytes(const OutRecord& record, const OutTopic& topic, std::size_t value_bytes) {
  // attributes, time stamp delta and offset delta of the first of a batch: one byte each
  std::size_t bytes = 3 + sized(record.key_on(topic).size()) + sized(value_bytes);
  bytes += varint_bytes(record.headers.size());
  for (const RecordHeader& header : record.headers) bytes += sized(header.name.size()) + sized(header.value.size());
  return kBatchHeaderBytes + sized(bytes);
}

}  // namespace tocsin
