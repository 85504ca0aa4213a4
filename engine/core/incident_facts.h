#pragma once

#include "engine/core/alert_state.h"
#include "engine/core/incident_state.h"
#include "engine/core/slots.h"
#include "rules/facts.h"
#include "rules/rule_set.h"

namespace tocsin {

/// An incident as the rules of the phases priority and route see it. Borrows from all of them. A walk over the members
/// when the rules ask how far it has spread.
rules::IncidentFacts facts_of(const IncidentState& incident, const Slots<AlertState>& alerts,
                              const rules::RuleSet& rules);

}  // namespace tocsin
