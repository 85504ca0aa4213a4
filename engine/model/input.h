#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/model/ids.h"
#include "engine/model/instant.h"

namespace tocsin {

struct AlertBatch;
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
  clock_set = 6,     // the clock was set ahead: the time that this skips must not count as silence
};

/// The next step of a shard. Borrowed for the duration of apply().
struct Input {
  /// Where `wall` is behind `at` (the clock was set back), `at` goes on slower by this share until it is not.
  static constexpr std::int64_t kCatchUpShare = 10;

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
  std::string_view source{};          // for refused_body
  std::string_view tenant{};          //
  /// For rule_set: which the shard keeps. Null: it goes on with those it has (a replay under other rules).
  std::shared_ptr<const rules::RuleSet> rules{};
  std::string_view bytes{};  // the body as received, for dead letters of alerts and refused_body

  Instant wall_clock() const { return wall == kUnset ? at : wall; }
};

}  // namespace tocsin
