#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/core/incidents/incident_state.h"
#include "engine/core/shard.h"
#include "engine/story/story_run.h"
#include "rules/tools/coverage.h"

namespace tocsin {

/// Tells what stories reach that stands in no condition: cells of the matrix, windows, ends, what was held back, waited
/// and was raised. It reads the state of the shard after each input, so the engine need not know of it.
class StoryCoverage final : public StoryObserver {
 public:
  /// Both outlive this.
  StoryCoverage(const rules::RuleSet& rules, rules::Coverage& coverage) : rules_(rules), coverage_(coverage) {}

  void begin() override;
  void applied(const ShardState& state) override;

 private:
  /// What was known of an incident after the input before.
  struct Known {
    Hash128 group_key{};
    IncidentStatus status = IncidentStatus::open;
    std::size_t members = 0;
    Instant first_event_at{};
    Instant newest_member_at{};
  };

  void see_cells(const ShardState& state);
  void see_held(const ShardState& state);
  void see_waiting(const ShardState& state);
  void see_incident(std::uint64_t number, const IncidentState& incident);
  void see_patterns(const ShardState& state);
  void see_storms(const ShardState& state);
  void see_silence(const ShardState& state);
  void see_counts(const ShardCounts& counts);

  const rules::RuleSet& rules_;
  rules::Coverage& coverage_;
  std::map<std::uint64_t, Known> known_;                       // by number
  std::map<std::uint64_t, std::vector<std::string>> waiting_;  // alerts by number, and the holds that they wait for
  ShardCounts counts_;
};

}  // namespace tocsin
