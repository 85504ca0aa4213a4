#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin {

/// How one sink does, for people and programs; a reading.
struct SinkStatus {
  std::string name{};
  std::uint64_t effects_waiting = 0;  // not confirmed
  std::uint64_t bytes_waiting = 0;    // of those, as in memory
  std::uint64_t disk_bytes = 0;       // of those that are kept on disk
  std::uint64_t disk_bytes_max = 0;   // at which it is full
  std::string trouble{};              // of the destination or of the sink's place on disk; "" when all is well
  Instant stuck_since = kUnset;       // effects wait and nothing was confirmed since, for some seconds
  Instant full_since = kUnset;        // nothing new is accepted because of it
  std::uint64_t undeliverable = 0;    // records that are held
  std::uint64_t undeliverable_bytes = 0;
  std::uint64_t undeliverable_ever = 0;  // in this life of the process
  std::string undeliverable_last{};

  bool is_unwell() const { return !trouble.empty() || stuck_since != kUnset; }
};

/// `1 effect, 812 bytes`, `4102 effects, 12.3 MiB`.
std::string waiting_text(const SinkStatus& sink);
/// Why the destination is thought to be unwell, with what waits; requires is_unwell().
std::string unwell_text(const SinkStatus& sink);
/// Requires that it is full.
std::string full_text(const SinkStatus& sink);
/// Requires that something is undeliverable.
std::string undeliverable_text(const SinkStatus& sink);

/// All of these that hold, as sentences.
std::vector<std::string> sentences(const SinkStatus& sink);

}  // namespace tocsin
