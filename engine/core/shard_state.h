#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/core/alert_state.h"
#include "engine/core/deadlines.h"
#include "engine/core/dedup_keys.h"
#include "engine/core/incident_state.h"
#include "engine/core/shard.h"
#include "engine/core/slots.h"
#include "engine/core/suppression.h"
#include "engine/model/arena.h"
#include "rules/rule_index.h"

namespace tocsin {

/// The value that a shard owns, and the steps on it. Steps are spread over files by subject: dedup.cpp (what an alert
/// means for what is known), flap.cpp (how restless it is), hold.cpp (whether it is held back), grouping.cpp (which
/// incident it joins, and the incident's life), group_keys.cpp (how many groups there may be), escalation.cpp (what
/// raises it), routing.cpp (who is told), revisions.cpp (what is told), rule_switch.cpp (other rules from now on). Hash
/// maps are only looked up, never walked: their order differs from process to process.
class ShardState {
 public:
  ShardState(rules::RuleSetPtr rules, const HashKey& key);

  void apply(const Input& input, std::vector<EffectPtr>& effects);
  Instant next_deadline() const { return deadlines_.next(); }

  const ShardCounts& counts() const { return counts_; }
  const WordTally& unknown_severities() const { return unknown_severities_; }
  const rules::RuleSet& rules() const { return *rules_; }
  const Slots<AlertState>& alerts() const { return alerts_; }
  const Slots<IncidentState>& incidents() const { return incidents_; }
  /// Incidents that are remembered, by order of opening: number → slot.
  const std::map<std::uint64_t, std::uint32_t>& incidents_by_number() const { return by_number_; }
  /// The id of what holds an alert back; "" when nothing does.
  std::string_view held_by(const AlertState& alert) const;
  /// kNoSlot: not known, or forgotten.
  std::uint32_t find_incident(IncidentId id) const;

  /// Closed incidents that are kept for queries; beyond it the one closed first is forgotten.
  static constexpr std::size_t kClosedIncidentsKept = 10'000;

 private:
  /// What tells groups apart, and when texts must be alike too, what is compared.
  struct GroupKey {
    Hash128 key{};
    Hash128 similarity_key{};
    Words words{};
  };

  // dedup.cpp
  void see(const Alert& alert, const AlertBatch& batch);
  void see_new(const Alert& alert, const CategorisedAlert& categorised, Hash128 identity);
  void see_known(std::uint32_t slot, const Alert& alert, CategorisedAlert& categorised);
  void see_repeat(std::uint32_t slot, const Alert& alert);
  void see_repeat_under_new_rules(std::uint32_t slot, const Alert& alert, const AlertBatch& batch);
  void normalise_into_scratch(const Alert& alert, const AlertBatch& batch);
  std::uint32_t remember(const Alert& alert, const CategorisedAlert& categorised, Hash128 identity);
  /// The newest word of its source: which it was, when it was true. Not what it says of the alert.
  void take_word(std::uint32_t slot, const Alert& alert, bool resolved);
  /// All that a firing says.
  void take_over(std::uint32_t slot, const Alert& alert, const CategorisedAlert& categorised);
  /// What the rules say of it.
  void take_category(AlertState& state, const CategorisedAlert& categorised);
  Instant event_time_of(const Alert& alert, bool resolved) const;
  void set_expiry(std::uint32_t slot, const Alert& alert);
  void expire(std::uint32_t slot);
  void end(std::uint32_t slot);
  void end_for_good(std::uint32_t slot);
  void forget_later(std::uint32_t slot);
  void forget(std::uint32_t slot);
  void give_grace();

  // flap.cpp
  void status_changed(std::uint32_t slot);
  bool stays_for_its_flap(const AlertState& alert) const;
  void end_flap(std::uint32_t slot);

  // hold.cpp
  void take_roles(std::uint32_t slot, const rules::Facts& facts);
  void take_rank(std::uint32_t slot, const AlertRank& old);
  void admit(std::uint32_t slot, const CategorisedAlert& categorised);
  void let_in(std::uint32_t slot, const CategorisedAlert& categorised);
  void reconsider(std::uint32_t slot, const CategorisedAlert& categorised);
  void settle(std::uint32_t slot);
  void look_at_turned();
  void look_again(std::uint32_t slot);
  void hold_back(std::uint32_t slot, HoldReason reason);
  void release(std::uint32_t slot);
  void recall(std::uint32_t slot);
  void recall_facts(std::uint32_t slot);

  // group_keys.cpp
  bool make_room(const rules::GroupRule& rule);
  void keep_key(std::uint32_t incident_slot);
  void drop_key(std::uint32_t incident_slot);

  // grouping.cpp
  void join(std::uint32_t alert_slot, const CategorisedAlert& categorised);
  GroupKey group_key_of(const rules::GroupRule& rule, const AlertState& alert);
  bool takes(const rules::GroupRule& rule, const IncidentState& incident, const AlertState& alert) const;
  std::uint32_t find_similar(const rules::GroupRule& rule, const AlertState& alert, const GroupKey& key) const;
  void open_incident(std::uint32_t alert_slot, std::uint32_t rule, GroupKey key);
  void add_member(std::uint32_t incident_slot, std::uint32_t alert_slot);
  void member_fires_again(std::uint32_t alert_slot);
  void member_heard(std::uint32_t alert_slot);
  void member_ended(std::uint32_t alert_slot);
  void member_ranked(std::uint32_t alert_slot, Severity old_severity, Priority old_priority);
  void lead_if_higher(IncidentState& incident, std::uint32_t alert_slot);
  void member_changed(std::uint32_t alert_slot);
  void close_incident(std::uint32_t slot);

  // escalation.cpp
  void watch_age(std::uint32_t incident_slot);
  void meet_age(std::uint32_t incident_slot);
  void raise_aged();
  bool raise(IncidentState& incident);

  // routing.cpp
  void route(IncidentState& incident);
  void add_audience(IncidentState& incident, const rules::RouteRule& rule, const rules::Facts& facts);

  // revisions.cpp
  void touch(std::uint32_t incident_slot, IncidentChange change);
  void tell_touched();
  Revision next_revision(IncidentState& incident) const;
  void tell(std::uint32_t incident_slot);
  void let_go(std::uint32_t incident_slot);
  void tell_dead_letters(const Input& input);

  // rule_switch.cpp
  void begin_with(rules::RuleSetPtr rules);
  void switch_rules(rules::RuleSetPtr next);
  void move_to_scale(const std::vector<std::string>& from, const std::vector<std::string>& to);
  void forget_groups(const rules::RuleSet& next);
  void keep_identities();
  void suppress_anew();
  void raise_anew();

  /// A sender's time as one of ours: the same, but while the clock of this machine was set back and ours goes on.
  Instant ours(Instant said) const {
    const Duration behind = received_at_ - wall_clock_;
    return said > kNever - behind ? kNever : said + behind;
  }
  /// The step in progress by both clocks.
  Moment moment() const { return {now_, now_ - (received_at_ - wall_clock_)}; }
  EffectName next_name() { return {position_, effect_index_++, 0, life_}; }

  void run_deadlines(Instant until);
  void meet(const Deadline& deadline);

  rules::RuleSetPtr rules_;
  rules::RuleMemo rule_memo_;
  std::uint32_t rules_number_ = 0;  // counts rule sets
  const HashKey& key_;

  Slots<AlertState> alerts_;
  absl::flat_hash_map<Hash128, std::uint32_t> by_source_identity_;  // what a repeat hits
  DedupKeys keys_;                                                  // what a word of other labels is found by
  Slots<IncidentState> incidents_;
  absl::flat_hash_map<Hash128, std::uint32_t> newest_of_group_;  // group key → its newest incident
  /// The same incidents by rule and in order of opening: id of the rule → number of the incident → its slot.
  std::map<std::string, std::map<std::uint64_t, std::uint32_t>, std::less<>> groups_of_rule_;
  /// Those of rules that ask how much alike texts are: similarity key → number of the incident → its slot.
  absl::flat_hash_map<Hash128, std::map<std::uint64_t, std::uint32_t>> groups_by_similarity_key_;
  absl::flat_hash_map<Hash128, std::uint32_t> by_incident_id_;
  std::map<std::uint64_t, std::uint32_t> by_number_;
  std::deque<std::uint32_t> closed_;  // in order of closing
  Deadlines deadlines_;
  Suppression suppression_;
  ShardCounts counts_;
  std::uint64_t incident_number_ = 0;
  std::uint64_t alert_number_ = 0;

  // Of the step in progress.
  Position position_{};
  JournalLife life_{};
  std::uint64_t losses_ = 0;  // how often the journal went on without what it had lost
  Instant received_at_{};     // of the input
  Instant wall_clock_{};      // of the input: what a sender's times are compared with
  Instant now_{};             // of the step: a deadline's own instant, else received_at_
  std::uint32_t effect_index_ = 0;
  std::vector<EffectPtr>* effects_ = nullptr;
  std::vector<std::uint32_t> touched_;
  std::vector<std::uint32_t> aged_;  // incidents whose age is of interest at this instant
  Arena scratch_;
  std::string scratch_text_;
  CategorisedAlert categorised_;
  WordTally unknown_severities_;
  std::vector<Label> recalled_labels_;  // of facts that were made of what is remembered
  std::vector<Label> recalled_annotations_;
};

}  // namespace tocsin
