#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/agenda.h"
#include "engine/core/blind/source_book.h"
#include "engine/core/commands/command_log.h"
#include "engine/core/conditions/categorise.h"
#include "engine/core/conditions/condition_book.h"
#include "engine/core/conditions/heard.h"
#include "engine/core/conditions/word_tally.h"
#include "engine/core/correlation/derived.h"
#include "engine/core/correlation/group_book.h"
#include "engine/core/correlation/temporal_book.h"
#include "engine/core/correlation/topology.h"
#include "engine/core/incidents/incident_book.h"
#include "engine/core/shard.h"
#include "engine/core/storm/storm_book.h"
#include "engine/core/suppression/suppression.h"
#include "engine/core/telling/teller.h"
#include "engine/core/trace.h"
#include "engine/model/alert.h"
#include "engine/model/arena.h"
#include "rules/set/rule_index.h"

namespace tocsin {

/// The value that a shard owns: rooms with faces (conditions, suppression, groups, incidents, teller), and the steps
/// that carry facts from one to the next. A step takes what it needs as arguments; what it finds becomes a fact on the
/// agenda. Steps are spread over files by subject: words.cpp (what an alert means for what is known), facts.cpp (the
/// agenda), temporal.cpp (what it means with others over time), flap.cpp (how restless it is), hold.cpp (whether it is
/// held back), membership.cpp (which incident it joins, and what that does to the incident), storming.cpp
/// (what is folded while very much comes), blindness.cpp (who is not heard any more), topology.cpp (which incidents are
/// near it), merging.cpp (two incidents that are one), splitting.cpp (one that is two), escalation.cpp (what raises
/// it), routing.cpp (who is told), telling.cpp (what is told), plans.cpp (what people do along a plan), commands.cpp
/// and silencing.cpp (what people want done), rule_switch.cpp (other rules from now on), state_bytes.cpp (the canonical
/// bytes). Hash maps are only looked up, never walked: their order differs from process to process.
class ShardState {
 public:
  ShardState(rules::RuleSetPtr rules, const HashKey& key, std::uint32_t number);

  void apply(const Input& input, std::vector<EffectPtr>& effects) { apply(input, effects, {}); }
  /// For tests of single steps: `act` is done as a part of the input.
  void apply(const Input& input, std::vector<EffectPtr>& effects, const std::function<void()>& act);
  void write_records(bool wanted) { writes_records_ = wanted; }
  Instant next_deadline() const;

  const ShardCounts& counts() const { return counts_; }
  /// Which rules of aliases found something since it was made, a bit for each: for the coverage of stories.
  std::uint64_t aliases_found() const { return heard_.aliases_found; }
  const HeardCounts& heard() const { return heard_counts_; }
  const WordTally& unknown_severities() const { return unknown_severities_; }
  const rules::RuleSet& rules() const { return *rules_; }
  const ConditionBook& conditions() const { return conditions_; }
  const IncidentBook& incidents() const { return incidents_; }
  const Suppression& suppression() const { return suppression_; }
  /// Of the input in hand, or the last one.
  Position position() const { return position_; }
  /// Of the step in hand: a deadline's own instant, else that of the input.
  Instant now() const { return now_; }
  /// The same by the time of day.
  Instant day() const { return now_ - behind(); }
  /// An incident as the rules of the phases priority and route see it. Borrows from it and its lead. How far it has
  /// spread is there once a rule has asked. Requires: it is not closed.
  rules::IncidentFacts facts_of(const IncidentState& incident) const;
  const TemporalBook& temporal() const { return temporal_; }
  TemporalBook& temporal() { return temporal_; }
  const Topology& topology() const { return topology_; }
  const StormBook& storms() const { return storms_; }
  /// How many fire in the storm's incident besides its own alert, by a count of its own. Requires: a storm lasts there.
  std::uint64_t folded_now(const StormBook::Scope& scope) const;
  const SourceBook& sources() const { return sources_; }
  const CommandLog& log() const { return log_; }
  const TimesBook& times() const { return times_; }
  /// The id of what holds an alert back; "" when nothing does.
  std::string_view held_by(const Condition& alert) const;

  /// Hears of every decision from now on; null: nobody does. It outlives the state or is taken off before.
  void set_trace(Trace* trace) { trace_ = trace; }
  /// Two incidents are one: `from` ends as merged, which its audience hears, and its members and groups go on in
  /// `into`; slots. What nobody was told of yet is dissolved without a word. `into` keeps its life, its acknowledgement
  /// and its audiences; it reopens when something of `from` fires. Requires: both are known and not over, of one
  /// tenant. Gives the slot of the one that goes on, which is that of `from` where that has many more members: the
  /// shorter list moves, so that a member moves as often as its list doubles, whatever the order of merges.
  std::uint32_t merge(std::uint32_t from, std::uint32_t into);

  /// The state in canonical bytes: its definition of equality. Two that are written alike do the same from here on.
  void write(std::string& out) const;
  /// Requires: nothing was applied yet. False: these are no such bytes, or of other rules; then it is of no use.
  bool read(std::string_view bytes);
  /// Every invariant of every room and between them, by a walk over everything: for tests.
  void check() const;

 private:
  /// Who posted the body in hand.
  struct Speaking {
    std::uint16_t source = 0;
    std::optional<Duration> lease{};
    std::uint32_t heard = 0;  // the speaker that was heard last in this body, and whether of what fires
    bool heard_fires = false;
    std::uint32_t newest = 0;            // the speaker of the newest word that was no repeat; 0: it is not kept
    std::vector<std::uint32_t> spoke{};  // who was silent until this body
  };

  // words.cpp
  void see_body(const AlertBatch& batch);
  const Alert& read_known(const Alert& known, const AlertBatch& batch);
  Heard see(const Alert& alert, const AlertBatch& batch, Speaking& speaker);
  void hear_close_again(VoicePlace place, const Word& word);
  void hear_under_new_rules(VoicePlace place, const Word& word, CategorisedAlert& subject);
  Word word_of(const Alert& alert, const Speaking& speaker, bool said_resolved) const;
  Instant lease_end(const Alert& alert, const Speaking& speaker) const;
  Instant stated_start(const Alert& alert) const;
  const Alert& put_in_place(const Alert& alert, std::string_view source);
  std::uint32_t find_condition(const Word& word, VoicePlace& place, const rules::Facts& facts, Hash128& identity,
                               Fact& moved);
  Heard see_firing(std::uint32_t slot, VoicePlace place, const Word& word, Hash128 identity, CategorisedAlert& subject);
  void take_firing(std::uint32_t slot, VoicePlace place, const Word& word, CategorisedAlert& subject);
  Heard see_close(std::uint32_t slot, VoicePlace place, const Word& word, Hash128 identity, CategorisedAlert& subject);
  Heard remember_close(const Word& word, Hash128 identity, CategorisedAlert& subject);
  Heard close_others(std::uint32_t slot, VoicePlace place, const Word& word);
  Heard voices_ended(std::uint32_t slot, const AlertRank& before);
  /// What the rules say of it.
  void take_category(std::uint32_t slot, const CategorisedAlert& subject);
  void lapse(VoicePlace place);
  void forget_later(std::uint32_t slot);
  void forget(std::uint32_t slot);
  void give_grace();

  // facts.cpp
  void add_fact(Fact::Kind kind, std::uint32_t slot, const AlertRank& before = {}, std::uint64_t heard = 0);
  /// Takes facts until none is left.
  void take_facts();
  void take_fact(const Fact& fact);
  void add_turned();
  void see_derived(const DerivedAlert& derived);
  /// What the alert would be if it arrived now; it gets the rank that follows.
  const CategorisedAlert& recall(std::uint32_t slot);
  void recall_facts(std::uint32_t slot, CategorisedAlert& subject);

  // temporal.cpp
  void see_in_time(std::uint32_t slot, const CategorisedAlert& subject, bool is_held);
  bool counts_anew(Condition& condition, std::uint64_t serial, std::uint32_t step);
  void take_outcomes(std::string_view by);
  void add_derived(DerivedAlert derived);
  DerivedAlert derive(const TemporalBook::Outcome& outcome, std::string_view by, const WindowParts& parts);
  void annotate(const rules::TemporalRule& rule, const WindowParts& parts);
  void meet_in_time();
  ConditionNumbers numbers() const;

  // flap.cpp
  void status_changed(std::uint32_t slot);
  bool stays_for_its_flap(const Condition& alert) const;
  void meet_flap(std::uint32_t slot);
  void end_flap(std::uint32_t slot);

  // hold.cpp
  bool would_wait(const Condition& alert) const;
  void take_rank(std::uint32_t slot, const AlertRank& before);
  void admit(std::uint32_t slot, const CategorisedAlert& subject);
  void let_in(std::uint32_t slot, const CategorisedAlert& subject);
  Duration hold_of(const rules::GroupRule& rule, const Condition& alert);
  Duration hold_of_groups(Condition& alert, const CategorisedAlert& subject);
  void join_later(std::uint32_t slot);
  void settle(std::uint32_t slot);
  void look_again(std::uint32_t slot);
  void hold_back(std::uint32_t slot, HoldReason reason);
  void release(std::uint32_t slot);

  // membership.cpp
  void join(std::uint32_t slot, const CategorisedAlert& subject);
  void join_by(const rules::GroupRule& rule, std::uint32_t slot, bool is_primary, const TopologyPlace& place);
  std::uint32_t find_group(const rules::GroupRule& rule, const GroupKey& key, const Condition& alert);
  static bool is_in(const Condition& alert, std::uint32_t incident);
  Instant event_time_of(const Condition& alert) const;
  bool takes(const rules::GroupRule& rule, const IncidentState& incident, const Condition& alert) const;
  bool make_room(const rules::GroupRule& rule, const Condition& alert);
  std::uint32_t open_incident(std::uint32_t slot, const rules::GroupRule& rule, GroupKey key);
  void add_member(std::uint32_t incident_slot, std::uint32_t slot, bool is_primary);
  void stand(std::uint32_t slot, Standing standing, StormExit exit = StormExit::ended);
  void fire_as_member(std::uint32_t slot);
  void count_as_heard(std::uint32_t slot);
  void end_as_member(std::uint32_t slot);
  void rank_as_member(std::uint32_t slot);
  void member_changed(std::uint32_t slot);
  void let_go_of_ended(std::uint32_t incident_slot);
  void leave_incident(std::uint32_t slot, std::uint32_t incident_slot);
  void close_incident(std::uint32_t slot);
  void let_go(std::uint32_t incident_slot);
  void count_spread(IncidentState& incident);
  void count_shared_labels(IncidentState& incident);

  // blindness.cpp
  std::uint32_t speaker_of(const Alert& alert, const AlertBatch& batch, Speaking& speaking);
  void hear_speaker(std::uint32_t speaker, bool fires, Speaking& speaking);
  void end_silences(const std::vector<std::uint32_t>& speakers);
  void meet_source();
  DerivedAlert silence_alert(const Speaker& speaker, bool ends) const;
  bool is_silence_alert(const Condition& alert) const;
  void sources_anew();

  // storming.cpp
  void count_for_storm(std::uint32_t slot);
  DerivedAlert storm_alert(const StormBook::Scope& scope, const Condition& of, bool ends) const;
  bool is_storm_alert(const Condition& alert) const;
  bool is_folded(const Condition& alert) const;
  StormBook::Scope* storm_of(const Condition& alert);
  bool is_severe_in_storm(const Condition& alert) const;
  bool fold(std::uint32_t slot, bool is_primary);
  void join_storm(std::uint32_t slot, StormBook::Scope& scope);
  void count_opened_in_storm(const Condition& alert);
  void count_folded(const Condition& alert, bool fires, StormExit exit);
  void leave_storm(std::uint32_t slot, StormExit exit);
  void rise_out_of_storm(std::uint32_t slot);
  void resolve_incident(std::uint32_t incident_slot);
  void meet_storm();
  void end_storm(StormBook::Scope& scope);
  void storms_anew();
  void word_storm(IncidentState& incident);

  // times.cpp
  bool is_maintenance(HoldReason reason) const;
  void mark_maintenance(std::uint32_t slot);
  void count_times(const IncidentState& incident);

  // topology.cpp
  TopologyPlace stand_on_node(Condition& alert, const rules::Facts& facts);
  std::uint32_t merge_neighbours(std::uint32_t slot, const TopologyPlace& place, std::uint32_t incident, Duration max);
  void remember_place(std::uint32_t slot, const TopologyPlace& place);
  void meet_neighbours(std::uint32_t slot, const CategorisedAlert& subject);
  void fire_on_node(IncidentState& incident, std::uint32_t slot, bool fires);
  void find_cause(IncidentState& incident);
  std::uint32_t first_on(const IncidentState& incident, std::uint32_t node) const;
  std::uint64_t number_now(std::uint64_t incident) const;
  void place_anew();

  // merging.cpp
  CommandOutcome split(std::uint32_t incident_slot, const Command& command);
  CommandOutcome move_alerts(std::uint32_t incident_slot, const Command& command);
  CommandOutcome choose_members(const IncidentState& incident, const std::vector<std::string>& wanted,
                                std::vector<std::uint32_t>& slots) const;
  std::uint32_t open_by_hand(const IncidentState& from);
  void move_some(std::uint32_t from_slot, std::uint32_t into_slot, const std::vector<std::uint32_t>& slots);
  static void take_over_progress(const IncidentState& from, IncidentState& into);
  struct Merging {
    bool was_told = false;
    bool reopens = false;
    Instant closes_at{};
    Escalation escalation{};
  };
  Merging begin_merge(std::uint32_t from, std::uint32_t into);
  void move_members(std::uint32_t from, std::uint32_t into, bool comes_before);

  // escalation.cpp
  static bool sleeps(const IncidentState& incident);
  void wake(std::uint32_t incident_slot);
  Instant within_hours(const rules::PriorityPolicy::Raise& rule, Instant at) const;
  void meet_age(std::uint32_t incident_slot);
  void raise_aged();
  bool raise(IncidentState& incident);
  void look_ahead(std::uint32_t incident_slot);

  // routing.cpp
  void route(IncidentState& incident);
  rules::PlanPtr ask_routes(IncidentState& incident, rules::IncidentFacts& incident_facts);
  void add_audience(IncidentState& incident, const rules::RouteRule& rule, const rules::Facts& facts);
  void find_shared_labels(const IncidentState& incident) const;
  void word(IncidentState& incident, const rules::IncidentText& text, rules::IncidentFacts& incident_facts);

  // plans.cpp
  static PlanProgress& progress_of(IncidentState& incident);
  static void follow_plan(IncidentState& incident, const rules::PlanPtr& chosen);
  void look_at_update(std::uint32_t incident_slot);
  void count_as_update(std::uint32_t incident_slot, std::string_view by);
  void meet_update(std::uint32_t incident_slot);
  CommandOutcome do_step(std::uint32_t incident_slot, const Command& command);
  CommandOutcome give_roles(std::uint32_t incident_slot, const Command& command);
  CommandOutcome score(std::uint32_t incident_slot, const Command& command);

  // commands.cpp
  void obey(const Command& command);
  CommandOutcome obey_for_incident(const Command& command, AuditEntry& entry);
  CommandOutcome act_on(std::uint32_t incident_slot, const Command& command);
  std::uint32_t find_incident(std::string_view which, CommandOutcome& outcome) const;
  void reopen_incident(std::uint32_t incident_slot);
  void look_at_acknowledgement(std::uint32_t incident_slot);
  void end_snooze(std::uint32_t incident_slot);
  void write_down(AuditEntry entry);
  Instant from_day(Instant day) const;

  // heartbeat.cpp
  void beat(const Command& command);

  // silencing.cpp
  CommandOutcome obey_for_silence(const Command& command, AuditEntry& entry);
  CommandOutcome make_silence(const Command& command, AuditEntry& entry);
  void meet_silence(std::uint32_t silence_slot);
  void end_silence(std::uint32_t silence_slot);

  // telling.cpp
  void touch(std::uint32_t incident_slot, IncidentChange change);
  void tell_touched();
  void tell_if_due(std::uint32_t incident_slot);
  void tell(std::uint32_t incident_slot);
  void tell_dead_letters(const Input& input);

  // rule_switch.cpp
  void switch_rules(rules::RuleSetPtr next);
  void suppress_anew();
  void raise_anew();
  void end_flaps();

  // state_bytes.cpp
  void write_memberships(CanonicalWriter& out) const;
  void write_topology(CanonicalWriter& out) const;
  bool read_topology(CanonicalReader& in, const std::map<std::uint64_t, std::uint32_t>& by_number);
  bool read_memberships(CanonicalReader& in, const std::map<std::uint64_t, std::uint32_t>& by_number);

  /// How far the time of day is behind the engine's: while the clock of this machine was set back and ours goes on.
  Duration behind() const { return received_at_ - wall_clock_; }
  /// A sender's time as one of ours. At most the receipt: a clock that runs ahead cannot make its own close look old.
  Instant ours(Instant said) const { return std::min(said, wall_clock_) + behind(); }
  /// The step in hand by both clocks.
  Moment moment() const { return {now_, now_ - behind()}; }
  EffectName next_name() { return {position_, effect_index_++, number_, life_}; }
  void emit(std::shared_ptr<Effect> effect);

  void run_deadlines(Instant until);
  void meet_next();

  const std::uint32_t number_;  // of the shard
  rules::RuleSetPtr rules_;
  rules::RuleMemo rule_memo_;
  std::uint32_t rules_number_ = 1;  // counts rule sets
  const HashKey& key_;

  ConditionBook conditions_;
  Suppression suppression_;
  GroupBook groups_;
  Topology topology_;
  IncidentBook incidents_;
  Teller teller_;
  bool has_several_ = false;  // an alert was in several incidents at some time: a walk may find such
  TemporalBook temporal_;
  StormBook storms_;
  SourceBook sources_;
  CommandLog log_;
  TimesBook times_;
  ShardCounts counts_;
  WordTally unknown_severities_;
  Trace* trace_ = nullptr;

  // Of the input in hand.
  Position position_{};
  JournalLife life_{};
  Instant received_at_{};     // of the input
  Instant wall_clock_{};      // of the input: what a sender's times are compared with
  HeardCounts heard_counts_;  // what became of its alerts
  Instant now_{};             // of the step: a deadline's own instant, else received_at_
  std::uint32_t effect_index_ = 0;
  bool writes_records_ = true;
  std::vector<EffectPtr>* effects_ = nullptr;
  Agenda agenda_;
  bool takes_facts_ = false;
  std::deque<DerivedAlert> derived_;  // what `derived` facts mean; addresses stay
  std::vector<std::uint32_t> aged_;   // incidents whose age is of interest at this instant

  // Room that is kept from one step to the next; nothing is handed on in it.
  Arena scratch_;
  AlertBatch read_;  // the known alert whose texts were asked for
  Alert placed_;     // the alert in hand whose times were said without a zone
  std::string scratch_text_;
  std::string speaker_link_;               // with which links of the speaker that Speaking has begin
  std::vector<std::uint32_t> taken_by_;    // group rules
  std::vector<std::uint64_t> neighbours_;  // numbers of incidents
  std::string by_;                         // tenant and `by` values of the alert in hand
  std::vector<TemporalBook::Outcome> outcomes_;
  CategorisedAlert heard_;          // the word in hand
  std::uint64_t heard_number_ = 0;  // which one; another once what it borrows is gone
  CategorisedAlert recalled_;       // what is remembered, as a subject
  std::vector<Label> recalled_labels_;
  // What an incident's facts borrow, until the next are asked for; no part of the state.
  mutable std::array<std::string_view, kFieldCount> lead_texts_{};
  mutable std::vector<Label> shared_labels_;
  mutable std::vector<Label> own_fields_;
  std::vector<Label> recalled_annotations_;
};

}  // namespace tocsin
