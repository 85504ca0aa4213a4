#include "rules/checks/escalation_goals.h"

#include <algorithm>
#include <functional>

#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

using Raise = PriorityPolicy::Raise;
using Form = cel::Conjunct::Form;
using OfIncident = FactPlace::OfIncident;

bool is_of(const Expression::Impl& condition, const cel::Conjunct& conjunct, OfIncident field) {
  if (conjunct.form == Form::other) return false;
  const auto place = condition.schema().place(condition.scope(), conjunct.read);
  return place && place->kind == FactPlace::Kind::incident && static_cast<OfIncident>(place->index) == field;
}

bool names(const cel::Conjunct& conjunct, std::string_view text) {
  return std::ranges::any_of(conjunct.constants, [&](const cel::Value& value) {
    return value.is(cel::Kind::string) && value.as_text() == text;
  });
}

/// Where it holds, the incident is acknowledged.
bool requires_acknowledgement(const Expression& when) {
  if (when.empty()) return false;
  const Expression::Impl& impl = *when.impl();
  return std::ranges::any_of(impl.program().conjuncts(), [&](const cel::Conjunct& conjunct) {
    if (is_of(impl, conjunct, OfIncident::status)) return !conjunct.negated && !names(conjunct, "open");
    if (!is_of(impl, conjunct, OfIncident::acked) || conjunct.constants.size() != 1) return false;
    const cel::Value& value = conjunct.constants.front();
    return value.is(cel::Kind::boolean) && value.as_bool() != conjunct.negated;
  });
}

/// Where it holds, the incident is as pressing as `to` already.
bool requires_as_much(const Expression& when, Priority to) {
  if (when.empty()) return false;
  const Expression::Impl& impl = *when.impl();
  return std::ranges::any_of(impl.program().conjuncts(), [&](const cel::Conjunct& conjunct) {
    if (!is_of(impl, conjunct, OfIncident::priority) || conjunct.negated) return false;
    return std::ranges::all_of(conjunct.constants, [&](const cel::Value& value) {
      const auto priority = value.is(cel::Kind::string) ? priority_from(value.as_text()) : std::nullopt;
      return priority && *priority <= to;
    });
  });
}

/// It does at all times what the other does.
bool makes_needless(const Raise& rule, const Raise& other) {
  return rule.when.empty() && !rule.hours && !rule.overdue && rule.to <= other.to && rule.after <= other.after &&
         (!rule.unacknowledged || (other.unacknowledged && *rule.unacknowledged <= *other.unacknowledged)) &&
         !other.acts_once();
}

/// Whether what the route says may have to do with the group; any other condition on groups counts as knowing it.
bool knows(const RouteRule& route, std::string_view group) {
  if (route.when.empty()) return false;
  const Expression::Impl& impl = *route.when.impl();
  for (const cel::Conjunct& conjunct : impl.program().conjuncts()) {
    if (is_of(impl, conjunct, OfIncident::escalated_to)) return names(conjunct, group) != conjunct.negated;
  }
  return impl.reads_escalation();
}

const std::vector<RouteRule>& routes_of(const Draft& draft, const Draft& base) {
  return draft.rules.routes.empty() ? base.rules.routes : draft.rules.routes;
}

const std::vector<PlanPtr>& plans_of(const Draft& draft, const Draft& base) {
  return draft.rules.plans.empty() ? base.rules.plans : draft.rules.plans;
}

void warn_of_group(const Raise& rule, const YamlNode& to, const Draft& draft, const Draft& base, Report& any) {
  const auto& plans = plans_of(draft, base);
  const auto& routes = routes_of(draft, base);
  if (rule.calls_standby &&
      std::ranges::none_of(plans, [](const PlanPtr& plan) { return !plan->standby_group.empty(); })) {
    any.warning(to, "no_standby_group", "no plan has a `standby_group`: nobody is called in",
                "`plans: [{id: …, standby_group: …}]`");
    return;
  }
  const auto is_known = [&](std::string_view group) {
    return std::ranges::any_of(routes, [&](const RouteRule& route) { return knows(route, group); });
  };
  std::vector<std::string_view> unheard;
  if (!rule.group.empty() && !is_known(rule.group)) unheard.push_back(rule.group);
  for (const PlanPtr& plan : plans) {
    if (rule.calls_standby && !plan->standby_group.empty() && !is_known(plan->standby_group))
      unheard.push_back(plan->standby_group);
  }
  if (unheard.empty()) return;
  any.warning(
      to, "unheard_group",
      "no route asks for the group `" + std::string{unheard.front()} + "`: it is told nothing that others are not",
      "`{when: 'incident.escalated_to == \"" + std::string{unheard.front()} + "\"', topic: …}` in `route`");
}

void warn_of_step(const Raise& rule, const YamlNode& to, const Draft& draft, const Draft& base, Report& any) {
  if (rule.plan_step.empty()) return;
  const bool is_there = std::ranges::any_of(plans_of(draft, base), [&](const PlanPtr& plan) {
    return std::ranges::find(plan->steps, rule.plan_step) != plan->steps.end();
  });
  if (!is_there) any.warning(to, "unknown_step", "no plan has the step `" + rule.plan_step.substr(0, 80) + "`");
}

}  // namespace

void warn_of_escalation_goals(const Draft& draft, const Draft& base, Report& any) {
  const auto& rules = draft.rules.priority.raises;
  for (std::size_t i = 0; i < rules.size() && i < draft.raise_nodes.size(); ++i) {
    const Raise& rule = rules[i];
    const YamlNode& to = *draft.raise_nodes[i];
    if (rule.unacknowledged && requires_acknowledgement(rule.when)) {
      any.warning(to, "never_raises",
                  "what is acknowledged does not wait to be: `when` and `unacknowledged` exclude each other");
    } else if (rule.overdue && std::ranges::none_of(plans_of(draft, base), [](const PlanPtr& plan) {
                 return plan->update_every != Duration{0};
               })) {
      any.warning(to, "never_raises", "no plan promises an update that could be overdue",
                  "`plans: [{id: …, update_every: 30m}]`");
    } else if (rule.to != Priority::p5 && !rule.acts_once() && requires_as_much(rule.when, rule.to)) {
      any.warning(to, "never_raises",
                  "where `when` holds an incident is " + std::string{name_of(rule.to)} + " or more pressing already");
    } else if (const auto above = std::find_if(rules.begin(), rules.begin() + static_cast<std::ptrdiff_t>(i),
                                               [&](const Raise& one) { return makes_needless(one, rule); });
               rule.to != Priority::p5 && above != rules.begin() + static_cast<std::ptrdiff_t>(i)) {
      any.warning(to, "unreachable", "`" + above->id + "` above does the same for every incident, and not later");
    }
    warn_of_group(rule, to, draft, base, any);
    warn_of_step(rule, to, draft, base, any);
  }
}

}  // namespace tocsin::rules
