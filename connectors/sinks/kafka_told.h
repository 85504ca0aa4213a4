#pragma once

#include <map>
#include <string>

#include "engine/runtime/outbox/sink.h"

namespace tocsin {

/// The highest effects among the last records of each partition of `topic` that `ce_source` has sent, read by a
/// consumer without a group. Takes five seconds at most, less when no broker can be reached. A topic that is not there
/// was told nothing.
Told ask_kafka_what_it_was_told(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
                                const std::string& topic, const std::string& ce_source);

}  // namespace tocsin
