#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/outbox/held_records.h"
#include "engine/runtime/outbox/sink_status.h"

namespace tocsin {

/// `{"sinks":[{"name":"kafka","effects_waiting":…,"bytes_waiting":…,"disk_bytes":…,"disk_bytes_max":…,"full_since":null,
/// "stuck_since":null,"trouble":"","undeliverable":…,"undeliverable_bytes":…}]}`
std::string sinks_body(const std::vector<SinkStatus>& sinks);

/// `{"undeliverable":[{"event_id":…,"topic":…,"bytes":…,"why":…,"since":…}]}`
std::string undeliverable_body(const std::vector<HeldRecord>& records);

/// `{"NAME":COUNT}`
std::string count_body(std::string_view name, std::uint64_t count);

}  // namespace tocsin
