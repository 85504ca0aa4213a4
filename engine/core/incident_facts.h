#pragma once

#include "engine/core/alert_state.h"
#include "engine/core/incident_state.h"
#include "rules/facts.h"

namespace tocsin {

/// An incident as the rules of the phases priority and route see it. Borrows from both.
rules::IncidentFacts facts_of(const IncidentState& incident, const AlertState& lead);

}  // namespace tocsin
