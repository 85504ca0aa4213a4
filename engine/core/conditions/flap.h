#pragma once

#include <vector>

#include "engine/core/canonical.h"
#include "engine/model/instant.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// How restless the status of one alert is. Instants are those of receipt: `hold` is a wait, and what waits goes by the
/// engine's time. The first firing of an alert is no change. Invariant: while it flaps, a deadline not after quiet_at
/// is in the queue.
struct Flap {
  std::vector<Instant> changes{};  // the newest ones, at most as many as the policy counts
  Instant quiet_at = kNever;       // when it has been quiet for long enough
  bool flaps = false;

  /// The status changed at `now`; true when that makes it flap. Moves quiet_at. Bounds are inclusive.
  bool note_change(const rules::FlapPolicy& policy, Instant now);

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
};

}  // namespace tocsin
