#pragma once

#include <chrono>
#include <cstdint>

namespace tocsin {

/// It has no now(): time enters the core only inside an input, so a replay sees the instants of the first run.
/// The epoch is Unix time, UTC, leap seconds not counted.
struct EngineClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EngineClock>;
  static constexpr bool is_steady = false;
};

using Duration = EngineClock::duration;
using Instant = EngineClock::time_point;

/// "Not said": a source that gave no time. Orders before every real instant.
inline constexpr Instant kUnset = Instant::min();
/// Orders after every real instant; the deadline of what has none.
inline constexpr Instant kNever = Instant::max();

/// Nanoseconds since 1970-01-01T00:00:00Z, the form in the journal.
constexpr std::int64_t to_unix_ns(Instant at) { return at.time_since_epoch().count(); }
constexpr Instant from_unix_ns(std::int64_t ns) { return Instant{Duration{ns}}; }

}  // namespace tocsin
