#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/correlation/alert_lines.h"
#include "bench/correlation/figures.h"
#include "rules/set/rule_set.h"

namespace tocsin::bench {

struct Outcome {
  std::vector<Placed> placed;  // of each alert, in order of time
  std::vector<std::pair<std::string, std::string>>
      cause_of;  // incident, the last cause that it had; in order of opening
};

/// Tells the alerts to a fresh shard, each at its own time, one a body. `alerts` are in order of time. What was merged
/// counts as what it was merged into; an alert that ended and fires again is looked at as it is at that time.
Outcome place(const std::vector<KnownAlert>& alerts, const rules::RuleSetPtr& rules);

}  // namespace tocsin::bench
