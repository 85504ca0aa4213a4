#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>
#include <vector>

#include "engine/runtime/doorbell.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {

/// A time of day and a steady clock that pass only when the test says so, together or not. Spans (uptime()) are real:
/// nothing that a test checks hangs on them.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant now = Instant{std::chrono::hours{480'000}}) : wall_(now) {}

  Instant now() override { return read().wall; }
  Duration uptime() override {
    const std::lock_guard lock(mutex_);
    return real_.uptime() + stopped_;
  }

  ClockReading read() override {
    const std::lock_guard lock(mutex_);
    return {wall_, steady_};
  }

  void sleep_until(Doorbell& bell, Duration until) override {
    {
      const std::lock_guard lock(mutex_);
      if (until <= steady_) return;
      sleepers_.push_back(&bell);
    }
    bell.wait();
    const std::lock_guard lock(mutex_);
    sleepers_.erase(std::find(sleepers_.begin(), sleepers_.end(), &bell));
  }

  /// Time passes, and both clocks show it.
  void advance(Duration span) { change(span, span); }
  /// Time passes, and the time of day stands still.
  void advance_frozen(Duration span) { change(span, Duration::zero()); }
  /// As if the process had been stopped: both clocks and uptime() show it.
  void stop_for(Duration span) {
    {
      const std::lock_guard lock(mutex_);
      stopped_ += span;
    }
    advance(span);
  }
  /// Somebody sets the time of day. It wakes nobody: no real clock does.
  void step(Duration by) {
    const std::lock_guard lock(mutex_);
    wall_ += by;
  }

 private:
  void change(Duration steady, Duration wall) {
    const std::lock_guard lock(mutex_);
    steady_ += steady;
    wall_ += wall;
    for (Doorbell* bell : sleepers_) bell->ring();
  }

  std::mutex mutex_;
  Instant wall_;
  Duration steady_{};
  Duration stopped_{};
  std::vector<Doorbell*> sleepers_;
  WallClock real_;
};

}  // namespace tocsin
