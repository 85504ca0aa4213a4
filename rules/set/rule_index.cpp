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

}  // namespace

RuleIndex::RuleIndex(const RuleSet& rules)
    : normalise(conditions_of(rules.normalise)),
      severity(conditions_of(rules.severity.rules)),
      impact(conditions_of(rules.priority.impact)),
      urgency(conditions_of(rules.priority.urgency)),
      suppress(conditions_of(rules.suppress)),
      inhibitors(inhibitors_of(rules.suppress)),
      groups(conditions_of(rules.groups)),
      routes(conditions_of(rules.routes)) {}

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
      routes_(index_->routes) {}

void RuleMemo::set_labels(Facts& facts, Labels labels, Labels annotations) {
  labels_.build(labels);
  annotations_.build(annotations);
  facts.labels = labels;
  facts.annotations = annotations;
  facts.label_directory = &labels_;
  facts.annotation_directory = &annotations_;
}

}  // namespace tocsin::rules
