#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/input.h"
#include "engine/model/instant.h"
#include "engine/runtime/counter.h"
#include "engine/runtime/time/clock.h"
#include "engine/runtime/time/trusted_clock.h"

namespace tocsin {

/// What the sequencer knows of time: the ordering instant, which follows the trusted time of day and never goes back.
/// Where that is behind it goes on at nine tenths of the steady clock until the day has caught up: never standing, so
/// that every lease ends, and never faster than time, so that none ends early. Belongs to the sequencer's thread;
/// figures and remarks may be read by others.
class Timekeeper {
 public:
  /// A change between two looks that counts as a jump, not drift.
  static constexpr Duration kJumpMin = std::chrono::seconds{1};
  /// An idle engine looks at its clocks so often, so that it says soon when one is wrong.
  static constexpr Duration kLookSpan = std::chrono::seconds{10};
  /// What is over is said so long.
  static constexpr Duration kNoteSpan = std::chrono::minutes{1};

  /// `last` is of the journal's newest entry; kUnset when there is none.
  Timekeeper(Clock& clock, Moment last);

  /// Looks at the clocks. The moment of what is sequenced next.
  Moment next();
  /// Looks at the clocks. The ordering instant, which is given to nothing.
  Instant look();
  /// Of the last next(); at first of the journal's newest entry.
  Instant last() const { return last_; }

  /// When a second look has confirmed a step of the clock: believes it, and says what must be written before anything
  /// else, that it may take effect: clock_set when the ordering instant skips time, else time_passed.
  std::optional<InputKind> take_step();

  /// The steady clock when there is something to do again: `deadline` is reached, or a look is due. Never late for
  /// `deadline` while the clock agrees. Requires: `deadline` was ahead at the last look.
  Duration wake_at(Instant deadline) const;

  // Any thread.
  const Counter& jumps_forward() const { return forward_; }
  const Counter& jumps_back() const { return back_; }
  const Counter& steps_confirmed() const { return confirmed_; }
  const Counter& steps_rejected() const { return rejected_; }
  bool is_trusted() const { return trusted_flag_.value() == 1; }
  /// The ordering instant less the time of day.
  Duration offset() const { return Duration{offset_ns_.load(std::memory_order_relaxed)}; }
  /// The newest step that was believed, back: negative.
  Duration last_step() const { return Duration{step_ns_.load(std::memory_order_relaxed)}; }
  /// What is wrong with the clock, or was a short while ago, a sentence each; empty: nothing. A sentence stays the same
  /// while what it says lasts.
  std::vector<std::string> remarks() const;

 private:
  void count_jump(const ClockReading& reading);
  void note_outcome(TrustedClock::Outcome outcome);
  void note(std::string text);
  void let_go_of_notes();
  void publish();

  Clock& clock_;
  ClockReading seen_;
  TrustedClock trusted_;
  Instant last_;
  Instant at_;

  // A sentence each, "" for none.
  std::string doubted_;  // while it is
  std::string behind_;   // while the day is behind the ordering instant
  std::string noted_;    // of what is over, for kNoteSpan
  Duration noted_at_{};

  Counter forward_;
  Counter back_;
  Counter confirmed_;
  Counter rejected_;
  Counter trusted_flag_;
  // relaxed: figures, nothing else hangs on them
  std::atomic<std::int64_t> offset_ns_{0};
  std::atomic<std::int64_t> step_ns_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> remarks_;  // under mutex_
};

}  // namespace tocsin
