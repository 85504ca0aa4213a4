#include "rules/set/rule_set.h"

#include <algorithm>

#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {

std::optional<Duration> LeasePolicy::of(std::string_view source) const {
  for (const auto& [name, lease] : of_source) {
    if (name == source) return lease;
  }
  return otherwise;
}

std::string_view name_of(const RuleSet& rules, Severity severity) {
  const auto& scale = rules.severity.scale;
  return severity.level < scale.size() ? std::string_view{scale[severity.level]} : std::string_view{};
}

bool asks_for_spread(const RuleSet& rules) {
  const auto asks = [](const Expression& expression) {
    return !expression.empty() && expression.impl()->reads_spread();
  };
  return std::ranges::any_of(rules.priority.raises, asks, &PriorityPolicy::Raise::when) ||
         std::ranges::any_of(rules.routes, asks, &RouteRule::when) ||
         std::ranges::any_of(rules.routes, asks, &RouteRule::key) ||
         std::ranges::any_of(rules.plans, [&](const PlanPtr& plan) { return asks(plan->when); });
}

const Place* place_of(const RuleSet& rules, std::string_view id) {
  const auto& order = rules.definitions_by_id;
  const auto id_of = [&](std::uint32_t at) { return std::string_view{rules.definitions[at].id}; };
  const auto found = std::ranges::lower_bound(order, id, {}, id_of);
  return found == order.end() || id_of(*found) != id ? nullptr : &rules.definitions[*found].place;
}

PlanPtr plan_named(const RuleSet& rules, std::string_view id) {
  const auto found = std::ranges::find_if(rules.plans, [id](const PlanPtr& plan) { return plan->id == id; });
  return found == rules.plans.end() ? nullptr : *found;
}

}  // namespace tocsin::rules
