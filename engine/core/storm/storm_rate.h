#pragma once

#include <array>
#include <cstdint>

#include "engine/core/canonical.h"
#include "engine/model/instant.h"

namespace tocsin {

/// How many new conditions one scope has had in the last minute, and how many a minute are usual. About 340 bytes.
///
/// The last minute is the tick of five seconds that is running and the eleven before it. What is usual is the median of
/// the last sixty minutes (of the clock) that were learned, of two in the middle the lower: a burst that was no storm
/// (it was too small, or came in the first minutes of all) does not count as usual for the hour after it. A minute is
/// learned when the next one is over too, so that none is compared with itself; minutes of a storm, and what lay
/// between two lives of the engine, are not learned. Who is not heard for an hour begins anew, so that it does not
/// matter whether he was forgotten.
///
/// Invariants: the counts are those of a walk; at most sixty minutes are learned.
class StormRate {
 public:
  StormRate() = default;
  static constexpr Duration kTick = std::chrono::seconds{5};
  static constexpr std::int64_t kTicks = 12;
  static constexpr std::size_t kMinutes = 60;

  /// Time is `now`. `boundary(at, in_last_minute)` is told of each tick that begins, while anything was in the window;
  /// the first that it is not told of begins with nothing in it. Never back.
  template <typename F>
  void advance(Instant now, F&& boundary) {
    const std::int64_t target = tick_of(now);
    if (tick_ == kNone) tick_ = target;
    while (tick_ < target && in_window_ > 0) {
      next_tick();
      boundary(begin_of(tick_), in_window_);
    }
    if (tick_ < target) jump(target);
  }
  /// One more. Requires: it was told what time it is.
  void add();
  /// What is in hand is not learned, nor what comes while this says so.
  void learn(bool wanted);
  /// Nothing could be heard until `now`: what is in hand is over, and the time between is of no minute.
  void resume(Instant now);

  std::uint64_t in_last_minute() const { return in_window_; }
  /// 0 when nothing is known.
  std::uint64_t usual() const;
  std::uint64_t usual_minutes() const { return learned_count_; }
  /// The beginning of the first tick at which less than `level` is in the window, if nothing more comes. Requires: more
  /// is now.
  Instant falls_below(std::uint64_t level) const;
  /// It knows of nothing any more: as if it had never been heard of.
  bool is_idle(Instant now) const;

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  void check() const;

 private:
  static constexpr std::int64_t kNone = INT64_MIN;
  static constexpr std::int64_t kMinutesIdle = static_cast<std::int64_t>(kMinutes) + 2;  // with those in hand

  StormRate(std::int64_t tick, bool learns) : tick_(tick), learns_(learns), learns_current_(learns) {}

  static std::int64_t tick_of(Instant at) { return to_unix_ns(at) / kTick.count(); }
  static Instant begin_of(std::int64_t tick) { return from_unix_ns(tick * kTick.count()); }
  void next_tick();
  void next_minute();
  void jump(std::int64_t target);
  void learn_minute(std::uint32_t count);

  std::int64_t tick_ = kNone;
  std::array<std::uint32_t, kTicks> ticks_{};  // by tick modulo
  std::uint64_t in_window_ = 0;
  std::uint32_t current_ = 0;  // of the minute of `tick_`
  std::uint32_t before_ = 0;   // of the one before it
  bool learns_ = true;
  bool learns_current_ = true;
  bool learns_before_ = false;  // at first there is none
  std::array<std::uint32_t, kMinutes> learned_{};
  std::uint32_t learned_count_ = 0;
  std::uint32_t learned_next_ = 0;
  static constexpr std::uint32_t kUnknown = UINT32_MAX;
  mutable std::uint32_t median_ = kUnknown;  // of what is learned; worked out when it is asked for
};

}  // namespace tocsin
