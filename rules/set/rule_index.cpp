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
      normalise_(index_->normalise),
      severity_(index_->severity),
      impact_(index_->impact),
      urgency_(index_->urgency),
      suppress_(index_->suppress),
      inhibitors_(index_->inhibitors),
      groups_(index_->groups),
      raises_(index_->raises),
      routes_(index_->routes),
      temporal_(index_->temporal) {}

void RuleMemo::set_labels(Facts& facts, Labels labels, Labels annotations) {
  labels_.build(labels);
  annotations_.build(annotations);
  facts.labels = labels;
  facts.annotations = annotations;
  facts.label_directory = &labels_;
  facts.annotation_directory = &annotations_;
}

}  // namespace tocsin::rules
