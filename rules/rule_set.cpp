#include "rules/rule_set.h"

#include <algorithm>

namespace tocsin::rules {

std::string_view name_of(const RuleSet& rules, Severity severity) {
  const auto& scale = rules.severity.scale;
  return severity.level < scale.size() ? std::string_view{scale[severity.level]} : std::string_view{};
}

PlanPtr plan_named(const RuleSet& rules, std::string_view id) {
  const auto found = std::ranges::find_if(rules.plans, [id](const PlanPtr& plan) { return plan->id == id; });
  return found == rules.plans.end() ? nullptr : *found;
}

}  // namespace tocsin::rules
