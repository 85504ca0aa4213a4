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
  see_patterns(state);
  see_storms(state);
  if (counts.sources_silent > 0) see_silence(state);
  see_counts(counts);
  counts_ = counts;
}

/// What came of rules that see patterns, of topologies, and of `continue`.
void StoryCoverage::see_patterns(const ShardState& state) {
  for (std::size_t i = 0; i < rules_.temporal.size(); ++i) {
    if (state.temporal().counts(static_cast<std::uint32_t>(i)).fired == 0) continue;
    const rules::TemporalRule& rule = rules_.temporal[i];
    coverage_.saw("correlate." + rule.id, rule.emit ? "fired" : "marked");
  }
  for (std::size_t i = 0; i < rules_.topologies.size() && i < 64; ++i) {
    if ((state.topology().found() >> i & 1U) != 0) coverage_.saw("correlate." + rules_.topologies[i].id, "found");
  }
  const bool goes_on = std::ranges::any_of(rules_.groups, &rules::GroupRule::goes_on);
  if (!goes_on || state.counts().alerts_taken == counts_.alerts_taken) return;
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    if (alert.others == nullptr || alert.others->empty()) continue;
    const auto see = [&](const Membership& one) {
      coverage_.saw("correlate." + state.incidents()[one.incident].rule_id + ".continue", "went on");
    };
    see(alert.primary);
    for (const Membership& one : *alert.others) see(one);
  }
}

void StoryCoverage::see_storms(const ShardState& state) {
  const StormBook& storms = state.storms();
  if (storms.kept_back()) coverage_.saw("storm.after", "kept back");
  if (storms.asked_for_more()) coverage_.saw("storm.factor", "asked for more");
  const auto see = [&](const Storm& storm) {
    coverage_.saw(storm.by_queue ? "storm.queue_age" : "storm.at_least", storm.by_queue ? "began" : "reached");
    if (storm.account.folded + storm.account.would_fold > 0) coverage_.saw("storm.fold_below", "folded");
    if (storm.account.incidents > 0) coverage_.saw("storm.fold_below", "opened");
    if (is_over(storm)) coverage_.saw("storm.calm", "over");
  };
  storms.for_each_on([&](const StormBook::Scope&, const Storm& storm) { see(storm); });
  for (const StormBook::Past& past : storms.past()) see(past.storm);
}

void StoryCoverage::see_silence(const ShardState& state) {
  for (const auto& [number, speaker] : state.sources().speakers()) {
    if (!speaker.is_silent) continue;
    if (speaker.stated == Duration{0}) coverage_.saw("blind.learn", "silent");
    for (std::size_t i = 0; i < rules_.blind.expected.size(); ++i) {
      const rules::BlindPolicy::Expectation& one = rules_.blind.expected[i];
      const bool is_of_it = one.source == speaker.source && (one.origin.empty() || one.origin == speaker.origin);
      if (is_of_it) coverage_.saw("blind.expect." + std::to_string(i) + ".every", "silent");
    }
  }
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
