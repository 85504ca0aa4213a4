#pragma once

#include <cstddef>

#include "connectors/sinks/record.h"

namespace tocsin {

/// What a broker counts of a record with a value of `value_bytes` that comes alone and uncompressed: the size of its
/// batch (Kafka's record format, version 2), which it compares with the topic's `max.message.bytes`. Key and headers
/// count. A batch that is compressed is smaller, but a broker may compress it anew as the topic says, or not at all.
std::size_t record_bytes(const OutRecord& record, const OutTopic& topic, std::size_t value_bytes);

}  // namespace tocsin
