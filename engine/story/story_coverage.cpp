#include "engine/story/story_coverage.h"

#include <algorithm>
#include <string>

#include "engine/core/explain/known_alert.h"
#include "engine/core/shard_state.h"

namespace tocsin {

void StoryCoverage::begin() {
  known_.clear();
  waiting_.clear();
  counts_ = {};
}

void StoryCoverage::applied(const ShardState& state) {
  const ShardCounts& counts = state.counts();
  // Repeats decide nothing: stories with very many of them stay quick.
  const bool is_quiet = counts.alerts_taken - counts.alerts_repeated == counts_.alerts_taken - counts_.alerts_repeated;
  if (!is_quiet) see_cells(state);
  if (counts.alerts_held > 0) see_held(state);
  if (rules_.has_hold && !is_quiet) see_waiting(state);
  if (!is_quiet || counts.effects != counts_.effects) {
    for (const auto& [number, slot] : state.incidents().by_number()) see_incident(number, state.incidents()[slot]);
  }
  for (std::size_t i = 0; i < rules_.aliases.size(); ++i) {
    if ((state.aliases_found() >> i & 1U) != 0) coverage_.saw("normalise." + rules_.aliases[i].id, "found");
  }
  see_counts(counts);
  counts_ = counts;
}

void StoryCoverage::see_cells(const ShardState& state) {
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    std::string path = "priority.matrix.";
    ((path += name_of(alert.impact)) += '.') += std::to_string(static_cast<int>(alert.urgency));
    coverage_.saw(path, "reached");
  }
}

void StoryCoverage::see_held(const ShardState& state) {
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    if (alert.standing == Standing::held) {
      coverage_.saw("suppress." + std::string{state.held_by(alert)}, "held back");
    }
  }
}

/// Who waits for the hold of a group, and who has ended before it was over.
void StoryCoverage::see_waiting(const ShardState& state) {
  Arena scratch;
  std::map<std::uint64_t, std::vector<std::string>> now;
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    const auto before = waiting_.find(alert.number);
    if (before != waiting_.end() && !alert.counts_as_firing()) {
      for (const std::string& path : before->second) coverage_.saw(path, "ended before");
    }
    if (alert.standing != Standing::waits) continue;
    const KnownAlert known(alert, state.day());
    for (const rules::GroupRule& rule : rules_.groups) {
      if (!rule.when.holds(known.facts(), scratch)) continue;
      const std::string path = "correlate." + rule.id + ".hold";
      if (rule.hold > Duration{0}) {
        coverage_.saw(path, "waited");
        now[alert.number].push_back(path);
      }
      if (!rule.goes_on) break;
    }
  }
  waiting_ = std::move(now);
}

void StoryCoverage::see_incident(std::uint64_t number, const IncidentState& incident) {
  const std::string rule = "correlate." + incident.rule_id;
  const auto before = known_.find(number);
  if (before == known_.end()) {
    coverage_.saw(rule, "opened");
    // Why it did not join the newest one of its group that is not closed.
    for (auto older = known_.rbegin(); older != known_.rend(); ++older) {
      if (older->second.group_key != incident.group_key || older->second.status == IncidentStatus::closed ||
          older->second.status == IncidentStatus::merged)
        continue;
      const rules::GroupRule& group = *std::ranges::find(rules_.groups, incident.rule_id, &rules::GroupRule::id);
      const Known& was = older->second;
      if (incident.first_event_at - was.newest_member_at > group.idle) coverage_.saw(rule + ".window.idle", "exceeded");
      if (incident.first_event_at - was.first_event_at > group.max) coverage_.saw(rule + ".window.max", "exceeded");
      break;
    }
  }
  if (incident.members.joined() > (before == known_.end() ? 1 : before->second.members)) coverage_.saw(rule, "joined");
  for (const Escalation::Step& step : incident.escalation.steps) coverage_.saw("priority.raise." + step.rule, "raised");
  known_[number] = {incident.group_key, incident.status, incident.members.joined(), incident.first_event_at,
                    incident.newest_member_at};
}

void StoryCoverage::see_counts(const ShardCounts& counts) {
  if (counts.alerts_expired > counts_.alerts_expired) coverage_.saw("dedup.resolve.expire", "expired");
  if (counts.incidents_reopened > counts_.incidents_reopened) coverage_.saw("dedup.reopen.within", "reopened");
  if (counts.incidents_closed > counts_.incidents_closed) coverage_.saw("dedup.reopen.within", "closed");
}

}  // namespace tocsin
