#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>
#include <vector>

#include "engine/runtime/clock.h"
#include "engine/runtime/doorbell.h"

namespace tocsin {

/// A time of day that passes only when the test says so. Spans are real: nothing that a test checks hangs on them.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant now = Instant{std::chrono::hours{480'000}}) : now_(now) {}

  Instant now() override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  Duration uptime() override { return real_.uptime(); }

  void sleep_until(Doorbell& bell, Instant until) override {
    {
      const std::lock_guard lock(mutex_);
      if (until <= now_) return;
      sleepers_.push_back(&bell);
    }
    bell.wait();
    const std::lock_guard lock(mutex_);
    sleepers_.erase(std::find(sleepers_.begin(), sleepers_.end(), &bell));
  }

  void advance(Duration span) { set(now() + span); }

  void set(Instant now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
    for (Doorbell* bell : sleepers_) bell->ring();
  }

 private:
  std::mutex mutex_;
  Instant now_;
  std::vector<Doorbell*> sleepers_;
  WallClock real_;
};

}  // namespace tocsin
