#pragma once

#include <algorithm>

#include "engine/model/instant.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/counter.h"

namespace tocsin {

/// The sequencer's instants: the clock's, except that they never go back; and how often the clock jumped. Belongs to
/// the sequencer's thread; the counters may be read by others.
class Timekeeper {
 public:
  /// A difference between the time of day and the steady clock that is a jump, not drift.
  static constexpr Duration kJumpMin = std::chrono::seconds{1};

  /// `last` is the instant of the journal's newest entry.
  Timekeeper(Clock& clock, Instant last) : clock_(clock), last_(last) {}

  /// The instant of what is sequenced next.
  Instant next() {
    last_ = std::max(last_, see());
    return last_;
  }

  /// The clock's own time; counts jumps.
  Instant see() {
    const Instant now = clock_.now();
    const Duration uptime = clock_.uptime();
    if (seen_before_) {
      const Duration jump = (now - now_seen_) - (uptime - uptime_seen_);
      if (jump >= kJumpMin) forward_.add(1);
      if (jump <= -kJumpMin) back_.add(1);
    }
    now_seen_ = now;
    uptime_seen_ = uptime;
    seen_before_ = true;
    return now;
  }

  Instant last() const { return last_; }
  const Counter& jumps_forward() const { return forward_; }
  const Counter& jumps_back() const { return back_; }

 private:
  Clock& clock_;
  Instant last_;
  Instant now_seen_{};
  Duration uptime_seen_{};
  bool seen_before_ = false;
  Counter forward_;
  Counter back_;
};

}  // namespace tocsin
