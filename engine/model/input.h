#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/model/ids.h"
#include "engine/model/instant.h"

namespace tocsin {

struct AlertBatch;
struct Command;
struct Error;
namespace rules {
struct RuleSet;
}  // namespace rules

/// What an input is; the value is in the journal, so numbers are never reused.
enum class InputKind : std::uint8_t {
  alerts = 1,        // a body of alerts that was accepted, wholly or in part
  refused_body = 2,  // a body that was refused as a whole: a dead letter
  time_passed = 3,   // nothing but the instant, written when a deadline is due
  started = 4,       // the engine begins to listen again: what it could not hear meanwhile must not count as silence
  rule_set = 5,      // from here on these rules
  clock_set = 6,     // the clock was set ahead, or nobody could be heard: what that skips must not count as silence
  command = 7,       // somebody wants something done: engine/model/command.h
  queue_age = 8,     // so long did the oldest wait that was received and has no position yet
};

/// A moment by the two clocks of an input. `wall` is never ahead of `at`; where it is behind (the clock was set back),
/// `at` goes on slower by a share until the day has caught up.
struct Moment {
  static constexpr std::int64_t kCatchUpShare = 10;

  Instant at{};    // orders
  Instant wall{};  // the time of day

  /// How far `at` goes in `span` while it goes slower; more than zero if `span` is.
  static constexpr Duration slowed(Duration span) { return span - span / kCatchUpShare; }

  /// What `at` will be when the time of day is `day`, unless the clock is set. Requires: `day` is ahead of `wall`.
  Instant when(Instant day) const { return day == kNever ? kNever : std::max(at + slowed(day - wall), day); }
};

/// The next step of a shard. Borrowed for the duration of apply().
struct Input {
  Position position{};
  /// When it was received, as the sequencer decided: orders inputs, never goes back, all durations go by it.
  Instant at{};
  /// The time of day at that moment, as far as it is trusted: what a sender's own times are compared with. kUnset:
  /// `at`.
  Instant wall = kUnset;
  JournalLife life{};
  InputKind kind = InputKind::time_passed;
  const AlertBatch* batch = nullptr;  // for alerts
  const Error* error = nullptr;       // for refused_body: why
  const Command* command = nullptr;   // for command
  Duration queue_age{};               // for queue_age
  std::string_view source{};          // for refused_body
  std::string_view tenant{};          //
  /// For rule_set: which the shard keeps. Null: it goes on with those it has (a replay under other rules).
  std::shared_ptr<const rules::RuleSet> rules{};
  std::string_view bytes{};  // the body as received, for dead letters of alerts and refused_body

  Instant wall_clock() const { return wall == kUnset ? at : wall; }
};

}  // namespace tocsin
