#include "engine/runtime/clock.h"

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

void WallClock::sleep_until(Doorbell& bell, Instant until) {
  if (until == kNever) return bell.wait();
  using SystemTime = std::chrono::system_clock::time_point;
  bell.wait_until(SystemTime{std::chrono::duration_cast<SystemTime::duration>(until.time_since_epoch())});
}

}  // namespace tocsin
