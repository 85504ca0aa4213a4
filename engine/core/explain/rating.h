#pragma once

#include <string>

#include "engine/model/arena.h"
#include "rules/expressions/facts.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// Why an alert with these facts has its severity: "critical: the word \"error\" is major, then rule prod-up
/// (rules/a.yaml:12): `labels.env == \"prod\"` (labels.env is \"prod\")". The facts' own severity is not asked.
std::string why_severity(const rules::RuleSet& rules, const rules::Facts& facts, Arena& scratch);

/// Why it has its priority: "P1: impact high by `tier == 1` (tier is 1), urgency low as nothing above it holds". With
/// the facts' severity.
std::string why_priority(const rules::RuleSet& rules, const rules::Facts& facts, Arena& scratch);

}  // namespace tocsin
