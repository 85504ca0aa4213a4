#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/alert_state.h"
#include "engine/core/similarity.h"
#include "engine/model/effect.h"
#include "engine/model/ids.h"
#include "engine/model/incident.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"
#include "rules/rule_set.h"

namespace tocsin {

inline constexpr std::size_t kSeverityLevelsMax = 16;

/// What a shard knows of one incident. Invariants: `active` and `held` count members by their standing. It resolves
/// when both become 0, so holding back resolves nothing; once resolved it is reopened by an active member only. Once
/// closed, members are let go and `newest` holds what there is to know.
struct IncidentState {
  bool used = false;
  std::uint32_t generation = 0;
  IncidentId id{};
  std::uint64_t number = 0;  // order of opening in the shard
  Position opening{};        // the input that opened it
  Revision revision{};
  std::uint64_t losses = 0;  // of the journal, as many as were known at that revision; see ShardState::next_revision
  IncidentStatus status = IncidentStatus::open;

  Hash128 group_key{};
  /// Where its rule asks how similar texts are: of the alert that opened it.
  Hash128 similarity_key{};  // of the groups that are compared: what `by` tells apart; 0: the rule does not ask
  Words words{};
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
    Priority of_members = Priority::p5;  // as it was when this was last looked at
  };
  std::optional<Raise> raised{};
  Instant ages_at = kNever;  // the deadline that looks at it again for its age

  std::vector<std::uint32_t> members{};  // slots of alerts, in the order of joining
  std::uint32_t lead = kNoSlot;          // the member that gives title and people: the first of the highest rank so far
  std::uint64_t active = 0;
  std::uint64_t held = 0;
  std::uint64_t flapping = 0;  // members that flap
  std::uint64_t repeats = 0;
  // How many members have each severity and priority: so that the highest is known without a walk.
  std::array<std::uint32_t, kSeverityLevelsMax> by_severity{};
  std::array<std::uint32_t, 6> by_priority{};

  /// The `alerts` of its record as last written; empty when a member in it has changed since.
  std::string listed{};
  std::vector<Audience> audiences{};
  rules::PlanPtr plan{};  // the newest that was chosen
  /// What the next revision will say; nothing: no revision is due.
  std::optional<IncidentChange> pending{};
  /// The newest revision that was told.
  EffectPtr newest{};
  /// What it said, to put the difference into words.
  struct Told {
    Severity severity{};
    Priority priority = Priority::p5;
    std::uint64_t alerts = 0;
    std::uint64_t active = 0;
    std::uint64_t held = 0;
    std::uint64_t flapping = 0;
    std::string change{};  // the difference to the one before, in words
  } told{};

  Severity severity() const {
    for (std::size_t level = kSeverityLevelsMax; level-- > 0;) {
      if (by_severity[level] > 0) return Severity{static_cast<std::uint8_t>(level)};
    }
    return Severity{};
  }
  /// What people see: the members' best, or what a rule raised it to.
  Priority priority() const { return raised ? std::min(raised->to, members_priority()) : members_priority(); }
  Priority members_priority() const {
    for (std::size_t rank = 1; rank < by_priority.size(); ++rank) {
      if (by_priority[rank] > 0) return static_cast<Priority>(rank);
    }
    return Priority::p5;
  }
};

/// Open or acknowledged: it has members that fire.
inline bool is_live(const IncidentState& incident) {
  return incident.status == IncidentStatus::open || incident.status == IncidentStatus::acknowledged;
}

}  // namespace tocsin
