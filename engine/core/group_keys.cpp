// How many groups a rule may have: each is a key whose newest incident may still take alerts. At the bound the oldest
// key is given up, and its incident lives on without new members; or the new one is refused, and its alert is in no
// incident. Either is counted. No incident is ended by it: what was told open is told closed when its alerts end.
#include "engine/core/shard_state.h"
#include "engine/model/check.h"

namespace tocsin {

/// False: no further group may be opened.
bool ShardState::make_room(const rules::GroupRule& rule) {
  const auto of_rule = groups_of_rule_.find(rule.id);
  if (of_rule == groups_of_rule_.end()) return true;
  const std::size_t bound = rule.max_keys.value_or(rules_->defaults.max_keys);
  while (of_rule->second.size() >= bound) {
    if (rules_->defaults.on_overflow == rules::Overflow::refuse_new) {
      ++counts_.groups_refused;
      return false;
    }
    ++counts_.groups_evicted;
    drop_key(of_rule->second.begin()->second);
  }
  return true;
}

/// New alerts of its group join this incident. Requires: there is no other.
void ShardState::keep_key(std::uint32_t incident_slot) {
  const IncidentState& incident = incidents_[incident_slot];
  const bool added = newest_of_group_.emplace(incident.group_key, incident_slot).second;
  TOCSIN_CHECK(added, "a group key has one newest incident");
  groups_of_rule_[incident.rule_id].emplace(incident.number, incident_slot);
  if (incident.similarity_key != Hash128{})
    groups_by_similarity_key_[incident.similarity_key].emplace(incident.number, incident_slot);
}

/// They do not any more. Nothing happens when they did not before.
void ShardState::drop_key(std::uint32_t incident_slot) {
  const IncidentState& incident = incidents_[incident_slot];
  const auto newest = newest_of_group_.find(incident.group_key);
  if (newest == newest_of_group_.end() || newest->second != incident_slot) return;
  newest_of_group_.erase(newest);
  groups_of_rule_.find(incident.rule_id)->second.erase(incident.number);
  if (incident.similarity_key == Hash128{}) return;
  const auto similar = groups_by_similarity_key_.find(incident.similarity_key);
  similar->second.erase(incident.number);
  if (similar->second.empty()) groups_by_similarity_key_.erase(similar);
}

}  // namespace tocsin
