#pragma once

#include <cstddef>
#include <string_view>

#include "engine/core/conditions/condition.h"
#include "engine/core/conditions/heard.h"
#include "engine/core/conditions/voice.h"
#include "engine/core/correlation/temporal_book.h"
#include "engine/core/incidents/incident_state.h"
#include "engine/model/alert.h"

namespace tocsin {

struct AuditEntry;

/// Hears of every decision as it is taken, when there is one; explanations are built on it. Nothing is worked out for
/// it, so its absence costs a comparison. It may not change anything.
class Trace {
 public:
  virtual ~Trace() = default;
  virtual void heard(const Alert&, const Condition*, const Voice*, Heard) {}
  /// A voice was not heard for its lease.
  virtual void lapsed(const Condition&) {}
  /// `by`: the rule; "" when nothing holds it back any more.
  virtual void held_back(const Condition&, std::string_view) {}
  /// For inhibitors that may come, and as long as the groups hold it that it would open an incident of; either may be
  /// 0.
  virtual void waits(const Condition&, Duration /* settle */, Duration /* hold */) {}
  /// The first group rule that holds for it; null: none does. The facts are what was asked.
  virtual void grouped(const Condition&, const rules::Facts&, const rules::GroupRule*) {}
  /// The newest incident of its group does not take it: how old incident and newest member are, against the rule's
  /// bounds.
  virtual void not_taken(const Condition&, const IncidentState&, Duration, Duration) {}
  virtual void joined(const Condition&, const IncidentState&) {}
  /// It is within reach of alerts of so many incidents, which are one from here on.
  virtual void neighbours(const Condition&, const rules::TopologyRule&, std::size_t) {}
  /// The cause is another node.
  virtual void cause_found(const IncidentState&, std::string_view) {}
  /// The first goes on in the second.
  virtual void merged(const IncidentState&, const IncidentState&) {}
  /// The rule has as many groups as it may.
  virtual void no_room(const Condition&, const rules::GroupRule&, std::size_t) {}
  /// A temporal rule counted it: what it found, of how much it needs.
  virtual void counted(const Condition&, const rules::TemporalRule&, const Pattern&) {}
  /// A derived alert fires, goes on, or has ended.
  virtual void derived(const rules::TemporalRule&, const TemporalBook::Outcome&) {}
  /// The rule has as many keys as it may: one was given up, or the alert was not counted.
  virtual void keys_full(const Condition&, const rules::TemporalRule&, std::size_t) {}
  virtual void annotated(const Condition&, const Note&) {}
  /// What a rule that keeps counts made of it, in words for people and with its values: "4 of 5 within 2m". Who calls
  /// it makes the words only when there is a trace.
  virtual void remarked(const Condition&, std::string_view /* rule */, std::string_view /* words */) {}
  /// A raise rule that would make it more pressing, and is old enough to; whether its condition holds.
  virtual void raise_asked(const IncidentState&, const rules::PriorityPolicy::Raise&, const rules::Facts&, Duration,
                           bool) {}
  /// Who is told was worked out: it has these audiences and this plan now.
  virtual void routed(const IncidentState&, const rules::Facts&) {}
  /// Somebody wanted something done, or a silence has ended: as the audit log has it.
  virtual void obeyed(const AuditEntry&) {}
  /// Stakeholders were to hear of it by now.
  virtual void update_overdue(const IncidentState&) {}
  /// What is pending waits until then.
  virtual void folded(const IncidentState&, Instant) {}
  virtual void told(const IncidentState&, IncidentChange) {}
  virtual void forgotten(const Condition&) {}
};

}  // namespace tocsin
