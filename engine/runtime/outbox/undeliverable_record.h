#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/runtime/outbox/undeliverable.h"

namespace tocsin {

/// A record that is held, on disk; later versions read it too.
/// bytes: [format 1 u8][since_ns i64][why_bytes u32][why][topic_bytes u32][topic][effect record …], little-endian
void append_undeliverable(std::string& out, const Undeliverable& record);

/// Nullopt when `bytes` is not what append_undeliverable makes.
std::optional<Undeliverable> read_undeliverable(std::string_view bytes);

}  // namespace tocsin
