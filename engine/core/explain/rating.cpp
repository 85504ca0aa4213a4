#include "engine/core/explain/rating.h"

#include "engine/core/explain/known_alert.h"
#include "engine/model/severity.h"
#include "rules/expressions/condition_parts.h"
#include "rules/set/severity_word.h"

namespace tocsin {
namespace {

template <typename Degree>
struct Chosen {
  Degree is = Degree::medium;
  std::string why = "as no choice holds";
};

/// As categorise.cpp chooses.
template <typename Degree>
Chosen<Degree> choose(const std::vector<rules::PriorityPolicy::Choice<Degree>>& choices, const rules::Facts& facts,
                      Arena& scratch) {
  for (const auto& choice : choices) {
    if (!choice.when.holds(facts, scratch)) continue;
    if (choice.hours && !choice.hours->covers(facts.received_at)) continue;
    std::string why = rules::what_holds(choice.when, facts, scratch);
    why = why.empty() ? "as nothing above it holds" : "by " + why;
    if (!choice.because.empty()) why = "(" + choice.because + ") " + why;
    if (choice.hours) why += ", within its hours";
    return {choice.is, why};
  }
  return {};
}

}  // namespace

std::string why_severity(const rules::RuleSet& rules, const rules::Facts& facts, Arena& scratch) {
  const rules::SeverityPolicy& policy = rules.severity;
  const std::string word{policy.from.empty() ? facts[Field::level] : policy.from.text(facts, scratch).value_or("")};
  const rules::FoundSeverity found = rules::find_severity(policy, word);
  rules::Facts now = facts;
  now.severity = found.is;
  std::string why = word.empty() ? "no word for it, the default" : "the word \"" + word + "\"";
  if (!word.empty() && !found.is_known) why += " is not known: the default";
  for (const rules::SeverityPolicy::Rule& rule : policy.rules) {
    if (!rule.when.holds(now, scratch)) continue;
    now.severity = rule.is;
    why += ", then rule " + rule_for_people(rules, rule.id);
    if (const std::string holds = rules::what_holds(rule.when, now, scratch); !holds.empty()) why += ": " + holds;
  }
  return std::string{rules::name_of(rules, now.severity)} + ": " + why;
}

std::string why_priority(const rules::RuleSet& rules, const rules::Facts& facts, Arena& scratch) {
  const auto impact = choose(rules.priority.impact, facts, scratch);
  const auto urgency = choose(rules.priority.urgency, facts, scratch);
  const Priority priority =
      rules.priority.matrix[static_cast<std::size_t>(impact.is)][static_cast<std::size_t>(urgency.is)];
  std::string text{name_of(priority)};
  ((text += ": impact ") += name_of(impact.is)) += " " + impact.why;
  ((text += ", urgency ") += name_of(urgency.is)) += " " + urgency.why;
  return text;
}

}  // namespace tocsin
