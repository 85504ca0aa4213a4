#include "engine/runtime/time/clock.h"

#include <chrono>

#include "engine/runtime/doorbell.h"

namespace tocsin {
namespace {

Duration steady_now() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

WallClock::WallClock() : began_(steady_now()) {}

Instant WallClock::now() {
  return Instant{std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
}

Duration WallClock::uptime() { return steady_now() - began_; }

ClockReading WallClock::read() { return {now(), uptime()}; }

void WallClock::sleep_until(Doorbell& bell, Duration until) {
  if (until == Duration::max()) return bell.wait();
  // The steady clock and the condition variable's wait are both CLOCK_MONOTONIC.
  bell.wait_for(until - uptime());
}

}  // namespace tocsin
