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

const Zone& SourceZones::of(std::string_view source) const {
  const auto found = std::ranges::find(of_source, source, [](const auto& one) { return std::string_view{one.first}; });
  return found == of_source.end() ? otherwise : found->second;
}

std::string_view name_of(const RuleSet& rules, Severity severity) {
  const auto& scale = rules.severity.scale;
  return severity.level < scale.size() ? std::string_view{scale[severity.level]} : std::string_view{};
}

namespace {

bool asks(const Expression& expression, bool (Expression::Impl::*reads)() const) {
  return !expression.empty() && (expression.impl()->*reads)();
}

bool asks(const RuleSet& rules, bool (Expression::Impl::*reads)() const) {
  const auto text_asks = [reads](const IncidentText& text) {
    return asks(text.title, reads) || asks(text.description, reads) ||
           std::ranges::any_of(text.fields, [&](const auto& field) { return asks(field.second, reads); });
  };
  return asks(rules.defaults.times_when, reads) ||
         std::ranges::any_of(rules.priority.raises, [&](const auto& rule) { return asks(rule.when, reads); }) ||
         std::ranges::any_of(rules.groups, [&](const auto& rule) { return text_asks(rule.incident); }) ||
         std::ranges::any_of(rules.routes,
                             [&](const auto& rule) {
                               return asks(rule.when, reads) || asks(rule.key, reads) || text_asks(rule.incident);
                             }) ||
         std::ranges::any_of(rules.plans, [&](const PlanPtr& plan) { return asks(plan->when, reads); });
}

}  // namespace

void find_what_is_read(RuleSet& rules) {
  rules.reads_spread = asks(rules, &Expression::Impl::reads_spread);
  rules.calls_standby = std::ranges::any_of(rules.priority.raises, &PriorityPolicy::Raise::calls_standby);
  rules.reads_lead = asks(rules, &Expression::Impl::reads_lead);
  rules.reads_shared_labels = asks(rules, &Expression::Impl::reads_shared_labels);
}

GroupRule own_group_rule(std::string_view id, const std::vector<Field>& by_fields,
                         const std::vector<std::string>& by_labels) {
  GroupRule rule;
  rule.id = id;
  rule.by_fields = by_fields;
  rule.by_labels = by_labels;
  rule.idle = Duration::max();
  return rule;
}

const Place* place_of(const RuleSet& rules, std::string_view id) {
  const auto& order = rules.definitions_by_id;
  const auto id_of = [&](std::uint32_t at) { return std::string_view{rules.definitions[at].id}; };
  const auto found = std::ranges::lower_bound(order, id, {}, id_of);
  return found == order.end() || id_of(*found) != id ? nullptr : &rules.definitions[*found].place;
}

std::string in_words(const PriorityPolicy::Raise& rule) {
  std::string text;
  if (rule.to != Priority::p5) (text = "raised to ") += name_of(rule.to);
  if (!rule.acts_once()) return text;
  text += text.empty() ? "escalated to " : ", escalated to ";
  const bool calls = rule.calls_standby || !rule.group.empty();
  if (calls) text += rule.calls_standby ? "the standby group of its plan" : "standby group " + rule.group;
  if (!rule.plan_step.empty()) (text += calls ? ", step " : "step ") += rule.plan_step;
  return text;
}

PlanPtr plan_named(const RuleSet& rules, std::string_view id) {
  const auto found = std::ranges::find_if(rules.plans, [id](const PlanPtr& plan) { return plan->id == id; });
  return found == rules.plans.end() ? nullptr : *found;
}

}  // namespace tocsin::rules
