#include "rules/set/rule_index.h"

#include <utility>
#include <vector>

namespace tocsin::rules {
namespace {

template <typename Rules>
std::vector<Expression> conditions_of(const Rules& rules) {
  std::vector<Expression> conditions;
  conditions.reserve(rules.size());
  for (const auto& rule : rules) conditions.push_back(rule.when);
  return conditions;
}

std::vector<Expression> inhibitors_of(const std::vector<SuppressRule>& rules) {
  std::vector<Expression> conditions;
  for (const SuppressRule& rule : rules) {
    if (!rule.during) conditions.push_back(rule.inhibited_by);
  }
  return conditions;
}

std::vector<TemporalTrigger> triggers_of(const std::vector<TemporalRule>& rules) {
  std::vector<TemporalTrigger> triggers;
  for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
    const bool is_absence = rules[rule].kind == TemporalRule::Kind::absence;
    const auto steps = static_cast<std::uint32_t>(rules[rule].steps.size());
    if (steps == 0) triggers.push_back({rule, 0, false});
    for (std::uint32_t step = 0; step < steps; ++step) {
      triggers.push_back({rule, step, is_absence && step + 1 == steps});
    }
  }
  return triggers;
}

/// Where a rule has steps, their conditions: its own is asked of what they find.
std::vector<Expression> conditions_of(const std::vector<TemporalRule>& rules,
                                      const std::vector<TemporalTrigger>& triggers) {
  std::vector<Expression> conditions;
  conditions.reserve(triggers.size());
  for (const TemporalTrigger& trigger : triggers) {
    const TemporalRule& rule = rules[trigger.rule];
    conditions.push_back(rule.steps.empty() ? rule.when : rule.steps[trigger.step].when);
  }
  return conditions;
}

}  // namespace

RuleIndex::RuleIndex(const RuleSet& rules)
    : normalise(conditions_of(rules.normalise)),
      severity(conditions_of(rules.severity.rules)),
      impact(conditions_of(rules.priority.impact)),
      urgency(conditions_of(rules.priority.urgency)),
      suppress(conditions_of(rules.suppress)),
      inhibitors(inhibitors_of(rules.suppress)),
      groups(conditions_of(rules.groups)),
      raises(conditions_of(rules.priority.raises)),
      routes(conditions_of(rules.routes)),
      triggers(triggers_of(rules.temporal)),
      temporal(conditions_of(rules.temporal, triggers)) {}

RuleMemo::RuleMemo(RuleSetPtr rules)
    : rules_(std::move(rules)),
      // Sets that were put together by hand have none.
      index_(rules_->index != nullptr ? rules_->index : std::make_shared<const RuleIndex>(*rules_)),
      numbers_(std::make_unique<FactNumbers>()),
      normalise_(index_->normalise, *numbers_),
      severity_(index_->severity, *numbers_),
      impact_(index_->impact, *numbers_),
      urgency_(index_->urgency, *numbers_),
      suppress_(index_->suppress, *numbers_),
      inhibitors_(index_->inhibitors, *numbers_),
      groups_(index_->groups, *numbers_),
      raises_(index_->raises, *numbers_),
      routes_(index_->routes, *numbers_),
      temporal_(index_->temporal, *numbers_),
      values_(*numbers_) {}

void RuleMemo::set_labels(Facts& facts, Labels labels, Labels annotations) {
  numbers_->set_labels(facts, labels, annotations);
  values_.make_room();
}

}  // namespace tocsin::rules
