#pragma once

#include <cstdint>

#include "engine/model/instant.h"

namespace tocsin {

class Doorbell;

/// Both clocks at one moment.
struct ClockReading {
  Instant wall{};     // the time of day; may jump, both ways
  Duration steady{};  // never goes back, no meaning beyond the process; stands while the machine is suspended
};

/// Where the runtime's time comes from. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The time of day; may jump, both ways. For display; what decides asks the Timekeeper.
  virtual Instant now() = 0;
  /// For spans: never goes back, no meaning beyond the process.
  virtual Duration uptime() = 0;
  virtual ClockReading read() = 0;
  /// Waits at the caller's doorbell until it is rung or the steady clock of read() is at `until` (Duration::max():
  /// until it is rung). May return early. What becomes of the time of day meanwhile changes nothing.
  virtual void sleep_until(Doorbell& bell, Duration until) = 0;
};

/// The machine's clocks. Reading the time anywhere else is a bug.
class WallClock final : public Clock {
 public:
  WallClock();
  Instant now() override;
  Duration uptime() override;
  ClockReading read() override;
  void sleep_until(Doorbell& bell, Duration until) override;

 private:
  Duration began_;
};

}  // namespace tocsin
