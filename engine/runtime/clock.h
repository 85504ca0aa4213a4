#pragma once

#include <cstdint>

#include "engine/model/instant.h"

namespace tocsin {

class Doorbell;

/// Where the runtime's time comes from. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The time of day; may jump, both ways.
  virtual Instant now() = 0;
  /// For spans: never goes back, no meaning beyond the process.
  virtual Duration uptime() = 0;
  /// Waits at the caller's doorbell until it is rung or now() is `until` (kNever: until it is rung). May return early.
  virtual void sleep_until(Doorbell& bell, Instant until) = 0;
};

/// The machine's clocks. Reading the time anywhere else is a bug.
class WallClock final : public Clock {
 public:
  WallClock();
  Instant now() override;
  Duration uptime() override;
  void sleep_until(Doorbell& bell, Instant until) override;

 private:
  Duration began_;
};

}  // namespace tocsin
