#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/explain/standing.h"
#include "engine/core/trace.h"
#include "engine/model/arena.h"
#include "engine/model/ids.h"

namespace tocsin {

/// One thing that happened to an alert or an incident, in words.
struct ChronicleEntry {
  enum class Kind : std::uint8_t {
    heard,     // a word that was no repeat
    lapsed,    // nothing was heard of it for its lease
    held,      // it is held back
    released,  // it is not any more
    waits,     // for an inhibitor
    no_group,  // no group rule holds for it
    passed,    // the newest incident of its group does not take it
    no_room,   // the rule has as many groups as it may
    counted,   // by a rule that keeps counts
    joined,    // an incident
    raised,    // a raise rule makes the incident more pressing
    not_raised,
    routed,   // somebody more is told
    told,     // a revision
    merged,   // it ends in another incident, or another in it
    command,  // somebody did something
    forgotten,
    near,       // a topology finds it within reach of others
    cause,      // of the incident was found
    annotated,  // by a rule over time
    derived,    // made of others, by a rule over time
    overdue,    // stakeholders were to hear of it by now
  };
  Kind kind{};
  Instant at{};                    // of receipt, or of the deadline
  Instant event_at = kUnset;       // when it happened by its source's word
  Position position{};             // of the input in whose step it happened
  std::uint64_t alert_number = 0;  // order of arrival of the alert; 0: it is of the incident
  std::string alert{};             // for people
  std::string incident{};          // its id, if it has one yet
  std::string rule{};              // id and place, for people
  std::string words{};             // what happened, with the values that decided
  std::uint64_t revision = 0;      // told: which
};

std::string_view name_of(ChronicleEntry::Kind kind);

/// Whose entries are kept. What is not asked for costs a look-up or two.
struct ChronicleInterest {
  std::optional<IncidentId> incident{};              // entries of this incident
  std::set<std::uint64_t> alerts{};                  // and of alerts with these numbers
  std::function<bool(const Condition&)> is_alert{};  // and of alerts of which it says so
  bool everything = false;
};

/// A trace that writes down what happens to some alerts and an incident, with the rules and values that decided.
/// Bounded: of very many entries the first and the newest are kept. It works on any state that is replayed, so
/// explanations cost nothing where nobody asks for one.
class Chronicle final : public Trace {
 public:
  static constexpr std::size_t kFirstMax = 2'000;
  static constexpr std::size_t kNewestMax = 8'000;

  /// `state` outlives this, which must be set as its trace.
  Chronicle(const ShardState& state, ChronicleInterest interest, TimeForPeople time = {})
      : state_(state), interest_(std::move(interest)), time_(time) {}

  /// In order.
  std::vector<ChronicleEntry> entries() const;
  /// From now on only the incident's own entries are kept: it is over, and its alerts go on without it.
  void let_alerts_go() { interest_.alerts.clear(); }
  /// How many were left out between the first and the newest.
  std::size_t left_out() const { return left_out_; }
  /// Words that said the same again, by alert.
  const std::map<std::uint64_t, std::uint64_t>& repeats() const { return repeats_; }

  void heard(const Alert& alert, const Condition* condition, const Voice* voice, Heard heard) override;
  void lapsed(const Condition& condition) override;
  void held_back(const Condition& condition, std::string_view by) override;
  void waits(const Condition& condition, Duration settle, Duration hold) override;
  void grouped(const Condition& condition, const rules::Facts& facts, const rules::GroupRule* rule) override;
  void not_taken(const Condition& condition, const IncidentState& incident, Duration age, Duration idle) override;
  void joined(const Condition& condition, const IncidentState& incident) override;
  void no_room(const Condition& condition, const rules::GroupRule& rule, std::size_t bound) override;
  void remarked(const Condition& condition, std::string_view rule, std::string_view words) override;
  void raise_asked(const IncidentState& incident, const rules::PriorityPolicy::Raise& rule, const rules::Facts& facts,
                   Duration age, bool holds) override;
  void routed(const IncidentState& incident, const rules::Facts& facts) override;
  void told(const IncidentState& incident, IncidentChange change) override;
  void merged(const IncidentState& from, const IncidentState& into) override;
  void neighbours(const Condition& condition, const rules::TopologyRule& rule, std::size_t incidents) override;
  void cause_found(const IncidentState& incident, std::string_view cause) override;
  void counted(const Condition& condition, const rules::TemporalRule& rule, const Pattern& pattern) override;
  void derived(const rules::TemporalRule& rule, const TemporalBook::Outcome& outcome) override;
  void annotated(const Condition& condition, const Note& note) override;
  void obeyed(const AuditEntry& entry) override;
  void update_overdue(const IncidentState& incident) override;
  void forgotten(const Condition& condition) override;

 private:
  bool is_asked(const Condition& condition) const;
  bool is_asked(const IncidentState& incident) const;
  ChronicleEntry& add(ChronicleEntry::Kind kind);
  ChronicleEntry& add(ChronicleEntry::Kind kind, const Condition& condition);
  ChronicleEntry& add(ChronicleEntry::Kind kind, const IncidentState& incident);
  std::string words_of(const Alert& alert, const Condition& condition, const Voice* voice, Heard heard);

  const ShardState& state_;
  ChronicleInterest interest_;
  TimeForPeople time_;
  std::vector<ChronicleEntry> first_;
  std::vector<ChronicleEntry> newest_;  // a ring, once it is full
  std::size_t oldest_ = 0;              // of the ring
  std::size_t left_out_ = 0;
  std::map<std::uint64_t, std::uint64_t> repeats_;
  std::map<std::uint64_t, std::string> grouped_;  // alert → what of its group rule holds, until it joins
  std::map<std::string, std::pair<std::string, std::string>> counted_;  // rule → who was counted last, rule for people
  std::map<Hash128, std::pair<std::string, std::string>> made_;         // derived alert → rule, words; until it joins
  std::map<std::uint64_t, std::set<std::string>> topics_;               // incident → who is told already
  std::map<std::pair<std::uint64_t, std::string>, std::string> not_raised_;  // (incident, rule) → why, as told last
  Arena scratch_;
};

}  // namespace tocsin
