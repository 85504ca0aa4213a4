#pragma once

#include <vector>

#include "rules/sections/draft.h"

namespace tocsin::rules {

/// Refuses rules that emit alerts which, directly or over other rules, make the same rule emit again, and alerts that
/// are derived from alerts that are derived … more than three deep. A derived alert is taken to have the id of its rule
/// as `name`, the `by` values and what `emit` says; all its other fields and labels are empty. What is not known of it
/// (those values, its severity where rules may change it) counts as fitting.
void check_derivation_cycles(const std::vector<const Draft::Derivation*>& derivations, const SeverityPolicy& severity,
                             Report& report);

}  // namespace tocsin::rules
