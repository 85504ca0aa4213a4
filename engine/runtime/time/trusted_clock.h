#pragma once

#include <cstdint>
#include <optional>

#include "engine/model/instant.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {

/// The time of day as far as it is to be believed. Pure: readings in, instants out. One thread.
///
///   agrees ──(differs by more than kStepMin)──▶ doubts ──(the same difference kSecondLook later)──▶ has a step
///     ▲                                           │  ▲                                                  │
///     └──────────(differs no longer)──────────────┘  └───────────────(another difference)───────────────┤
///     └─────────────────────────────────(take_step)─────────────────────────────────────────────────────┘
///
/// While it agrees, the time of day is the machine's. While it doubts, it is the last one that was believed, carried on
/// by the steady clock. A clock that stands still or wanders never shows the same difference twice, so nothing of it is
/// believed. Drift is forgiven as time passes, at most kForgivenShare of it: so much is slewing (chrony's limit is a
/// twelfth), more is a clock that is broken.
class TrustedClock {
 public:
  static constexpr Duration kStepMin = std::chrono::seconds{2};
  static constexpr Duration kSecondLook = std::chrono::seconds{2};
  /// Differences that are as alike as this are the same.
  static constexpr Duration kSameDifference = std::chrono::milliseconds{500};
  static constexpr std::int64_t kForgivenShare = 10;                       // a tenth of the time that passed
  static constexpr Duration kForgivenAtOnceMax = std::chrono::seconds{1};  // after a long time without a look
  static constexpr std::int64_t kDriftShare = 1000;                        // a doubted clock may drift by so much

  /// Ahead or back of what the steady clock makes it.
  struct Doubt {
    Duration difference{};          // of the last look
    Duration first_difference{};    // that the second look must find again
    Duration since{};               // steady: when it was found first
    std::uint32_t differences = 1;  // how many there were one after the other
    bool is_confirmed = false;

    bool wanders() const { return differences > 2; }
  };

  enum class Outcome : std::uint8_t {
    as_before,
    doubt_begins,
    doubt_changes,
    doubt_ends,  // the clock agrees again: nothing happened
    confirmed,
  };

  /// The first reading is believed: there is nothing to compare it with.
  explicit TrustedClock(const ClockReading& first) : wall_(first.wall), steady_(first.steady) {}

  Outcome look(const ClockReading& reading);

  /// The time of day at the last look.
  Instant wall() const { return wall_; }
  /// The steady clock at the last look.
  Duration steady() const { return steady_; }
  const std::optional<Doubt>& doubt() const { return doubt_; }

  /// The step that was confirmed is believed from now on: wall() moves by what is returned. Requires: it is confirmed.
  Duration take_step();

 private:
  Outcome doubt_more(Duration difference);

  Instant wall_;
  Duration steady_;
  Duration strain_{};  // agrees: by how much it went beside the steady clock, and is not forgiven yet
  std::optional<Doubt> doubt_;
};

}  // namespace tocsin
