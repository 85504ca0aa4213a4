#pragma once

#include <string>

#include "engine/core/conditions/condition_book.h"
#include "engine/core/incidents/incident_state.h"
#include "rules/set/rule_set.h"

namespace tocsin {

inline constexpr std::size_t kChangeBytesMax = 300;  // of a record's `change`
inline constexpr std::size_t kChangeNamesMax = 3;    // alerts that it names

/// What is different from the revision told before, in words, with the names of what it happened to: "priority P3 to
/// P2, PodNotReady on cart-7 joined". What was told last is in `incident.telling`. `now`: of the step.
std::string describe_change(const IncidentState& incident, const ConditionBook& conditions, const rules::RuleSet& rules,
                            IncidentChange change, Instant now);

}  // namespace tocsin
