#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/conditions/condition.h"
#include "engine/core/correlation/similarity.h"
#include "engine/core/incidents/escalation.h"
#include "engine/core/incidents/firing_nodes.h"
#include "engine/core/incidents/handling.h"
#include "engine/core/incidents/member_list.h"
#include "engine/core/incidents/plan_progress.h"
#include "engine/core/incidents/shared_labels.h"
#include "engine/core/incidents/spread.h"
#include "engine/core/incidents/times.h"
#include "engine/model/effect.h"
#include "engine/model/ids.h"
#include "engine/model/incident.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// Of the record of a closed incident, for queries: a hash of each text as it stands there, by Field. Made when one
/// asks first, so a filter need not read the record again.
struct ClosedTexts {
  std::array<std::uint64_t, kFieldCount> hash{};
};

/// What the teller keeps of an incident: what was told, what is due to be, and when.
struct Telling {
  Revision revision{};
  EffectName newest{};  // name of the newest revision's effect
  IncidentChange newest_change = IncidentChange::opened;
  /// What the next revision will say; nothing: none is due.
  std::optional<IncidentChange> pending{};
  Duration span{};            // how long the next fold is
  Instant told_at{};          // the newest revision
  Instant changed_at{};       // the newest change, told or not
  Instant fold_due = kNever;  // when what is pending is told at the latest
  bool is_touched = false;    // in the list of this step
  bool is_stale = false;      // something that the newest revision said is otherwise now, and tells no revision
  /// What the newest revision said, to put the difference into words.
  Severity severity{};
  Priority priority = Priority::p5;
  std::uint64_t alerts = 0;
  std::uint64_t active = 0;
  std::uint64_t held = 0;
  std::uint64_t flapping = 0;
  std::uint64_t absorbed = 0;
  std::uint64_t escalations = 0;
  std::string cause{};
  std::uint64_t repeats = 0;
  bool update_overdue = false;
  std::string change{};  // the difference to the one before, in words
  std::string reason{};  // why its priority was that, in words
  /// What people, or the end of a snooze, did in this step, in words: it is told in the step. Else "".
  std::string said{};
  /// Lines of members as they were written last: condition, JSON. One that has changed since is not there.
  std::vector<std::pair<std::uint32_t, std::string>> lines{};
  EffectPtr closed{};  // the last one, of what is closed
  mutable std::unique_ptr<const ClosedTexts> closed_texts{};
};

/// A group whose new alerts join an incident.
struct GroupClaim {
  Hash128 key{};
  /// Where the rule asks how similar texts are, of the alert that opened the incident of this group:
  Hash128 similarity_key{};  // of the groups that are compared: what `by` tells apart; 0: the rule does not ask
  Words words{};
  std::string rule_id{};
};

/// What a shard knows of one incident. Invariants: it resolves when nobody of it is active or held any more, so holding
/// back resolves nothing, or by hand; once resolved it is reopened by a member that fires anew or rises, or by hand.
/// Once closed, members are let go and `telling.closed` holds what there is to know.
struct IncidentState {
  bool used = false;
  std::uint16_t scale = 0;  // which its severities are of
  std::uint32_t generation = 0;
  std::uint8_t ranked_group = 0;  // where it stands in IncidentRanking; 0: nowhere
  Priority ranked_priority = Priority::p5;
  IncidentId id{};
  std::uint64_t number = 0;  // order of opening in the shard
  Position opening{};        // the input that opened it
  IncidentStatus status = IncidentStatus::open;

  Hash128 group_key{};  // that it was opened by
  /// Groups whose new alerts join it: its own, and those of incidents that were merged into it; in the order of their
  /// beginning over all incidents. See GroupBook.
  std::map<std::uint64_t, GroupClaim> claims{};
  std::string rule_id{};  // the rule may be gone since: a new rule set ends no incident
  std::string rule_set{};
  std::string correlation_key{};  // `service=checkout,environment=prod`
  std::string tenant{};

  Instant opened_at{};
  Instant updated_at{};
  Instant resolved_at = kUnset;
  Instant closes_at = kNever;  // resolved: when it closes if nothing fires again
  Instant closed_at = kUnset;
  Instant first_event_at{};
  Instant last_event_at{};
  Instant newest_member_at{};  // event time of the newest new or changed member, for the window's `idle`

  /// What a raise rule did; see escalation.cpp.
  struct Raise {
    Priority to = Priority::p5;
    std::string rule{};                  // its id
    Duration age{};                      // of the incident when it was raised
    Duration waited{};                   // for somebody to take it on, where the rule asks; 0: it does not
    Priority of_members = Priority::p5;  // as it was when this was last looked at
  };
  std::optional<Raise> raised{};
  Instant ages_at = kNever;  // the deadline at which raise rules look at it again
  Escalation escalation{};
  IncidentTimes times{};

  IncidentId merged_into{};      // of what is merged: the one that goes on
  bool by_hand = false;          // somebody has split it off: people decide what belongs to it, and no rule merges it
  std::uint64_t absorbed = 0;    // incidents that were merged into it
  std::string cause{};           // the node of a topology that is behind it; "": none is known
  bool cause_is_called = false;  // by a field of its alert, and not as the node; follows from the rule

  MemberList members{};
  std::unique_ptr<Spread> spread{};               // once a rule has asked
  std::unique_ptr<SharedLabels> shared_labels{};  // once a rule has asked
  std::unique_ptr<FiringNodes> nodes{};           // of topologies, once a member stands on one
  std::uint64_t repeats = 0;

  std::vector<Note> notes{};  // what rules say of its members, each once, at most kNotesMax
  std::vector<Audience> audiences{};
  rules::PlanPtr plan{};    // what it follows: the newest that was chosen, see follow()
  rules::PlanPtr chosen{};  // that one as the rules have it, so that it is compared once; no part of the state
  std::unique_ptr<PlanProgress> progress{};
  std::string title{};  // as a rule words it; "": that of the lead
  std::string description{};
  std::vector<std::pair<std::string, std::string>> fields{};  // its own, that rules set: name, value; in order of name
  Handling handling{};                                        // what people did
  Telling telling{};

  /// What people see: what one of them said, else that of the members.
  Severity severity() const { return handling.severity.value_or(members.severity()); }
  /// What people see: what one of them said, else the members' best, or what a rule raised it to.
  Priority priority() const {
    if (handling.priority) return *handling.priority;
    return raised ? std::min(raised->to, members.priority()) : members.priority();
  }
  bool takes_in() const { return !claims.empty(); }
};

/// What it follows; where it has no plan, one that says nothing.
inline const rules::Plan& plan_of(const IncidentState& incident) {
  static const rules::Plan kNone;
  return incident.plan == nullptr ? kNone : *incident.plan;
}

/// When stakeholders are to hear of it again, in the past where they have not; kNever: nobody asks for it.
inline Instant update_due_at(const IncidentState& incident) {
  return incident.progress == nullptr ? kNever : incident.progress->update_due;
}

/// Whether stakeholders were to hear of it, and have not.
inline bool is_update_overdue(const IncidentState& incident) {
  return incident.progress != nullptr && incident.progress->update_overdue;
}

/// Whether the newest revision, as it was told, says something that is not so any more.
inline bool is_untold(const IncidentState& incident) {
  return incident.telling.pending.has_value() || incident.telling.is_stale ||
         incident.repeats != incident.telling.repeats;
}

/// Open or acknowledged: it has members that fire.
inline bool is_live(const IncidentState& incident) {
  return incident.status == IncidentStatus::open || incident.status == IncidentStatus::acknowledged;
}

/// Closed, or merged into another: it has no members any more, and never will.
inline bool is_over(const IncidentState& incident) {
  return incident.status == IncidentStatus::closed || incident.status == IncidentStatus::merged;
}

}  // namespace tocsin
