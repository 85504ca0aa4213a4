#include "engine/core/conditions/categorise.h"

#include <algorithm>

#include "engine/model/word.h"
#include "rules/set/rule_index.h"
#include "rules/set/severity_word.h"

namespace tocsin {
namespace {

using rules::Facts;
using rules::RuleSet;

/// The degree of the first choice that holds and whose hours do; the middle one when there is none.
template <typename Degree>
Degree choose(const std::vector<rules::PriorityPolicy::Choice<Degree>>& choices, rules::Walk walk, Instant at,
              std::uint8_t& by) {
  by = kNoChoice;
  for (std::uint32_t next = walk.next(); next != rules::Walk::kEnd; next = walk.next()) {
    const auto& choice = choices[next];
    if (!choice.hours || choice.hours->covers(at)) {
      by = static_cast<std::uint8_t>(std::min<std::uint32_t>(next, kNoChoice));
      return choice.is;
    }
  }
  return Degree::medium;
}

/// What people call it: of the tables of aliases for the field the first that knows it.
std::string_view called(std::string_view text, Field field, const RuleSet& rules, CategorisedAlert& out) {
  for (std::size_t i = 0; i < rules.aliases.size(); ++i) {
    if (rules.aliases[i].field != field) continue;
    const std::string_view name = rules.aliases[i].table->find(text);
    if (name.empty()) continue;
    out.aliases_found |= std::uint64_t{1} << i;
    return name;
  }
  return text;
}

}  // namespace

bool says_resolved(const Alert& alert, Instant wall_clock) {
  switch (alert.status) {
    case AlertStatus::firing:
      return false;
    case AlertStatus::resolved:
      return true;
    case AlertStatus::by_end:
      return alert.ends_at != kUnset && alert.ends_at <= wall_clock;
  }
  return false;
}

void normalise(rules::RuleMemo& memo, const Alert& alert, std::string_view source, std::string_view tenant,
               Instant received_at, Instant wall_clock, Arena& scratch, CategorisedAlert& out) {
  const RuleSet& rules = memo.rules();
  Facts& facts = out.facts;
  facts = Facts{};
  out.dropped = false;
  facts[Field::source] = source;
  facts[Field::tenant] = tenant;
  facts[Field::url] = alert.link;
  memo.set_labels(facts, alert.labels, alert.annotations);
  facts.resolved = says_resolved(alert, wall_clock);
  facts.starts_at = alert.starts_at == kUnset ? received_at : alert.starts_at;
  facts.received_at = received_at;
  rules::Walk walk = memo.normalise(facts, scratch);
  for (std::uint32_t at = walk.next(); at != rules::Walk::kEnd; at = walk.next()) {
    const rules::NormaliseRule& rule = rules.normalise[at];
    if (rule.drop) {
      out.dropped = true;
      break;
    }
    for (const auto& [target, expression] : rule.set) {
      if (target.field) {
        if (const auto value = memo.values().numbered_text(expression, facts, scratch)) {
          const std::string_view name = called(value->text, *target.field, rules, out);
          facts[*target.field] = name;
          // Another name is another text; of what has no number it is asked for when it is needed.
          if (name.data() == value->text.data() && value->number != rules::FactNumbers::kUnknown)
            memo.numbers().note(*target.field, {name, value->number});
        }
      } else if (const auto number = memo.values().integer(expression, facts, scratch)) {
        facts.tier = *number;
      }
    }
    if (rule.final) break;
    for (const auto& assignment : rule.set) {
      assignment.target.field ? walk.wrote(*assignment.target.field) : walk.wrote_tier();
    }
  }
  if (!rules.dedup.resolve_when.empty()) facts.resolved = memo.values().holds(rules.dedup.resolve_when, facts, scratch);
  out.resolved = facts.resolved;
}

void rate(rules::RuleMemo& memo, Arena& scratch, CategorisedAlert& out) {
  const RuleSet& rules = memo.rules();
  Facts& facts = out.facts;
  const rules::SeverityPolicy& severity = rules.severity;
  if (out.is_derived) {
    const auto named = std::ranges::find(severity.scale, facts[Field::level]);
    if (named != severity.scale.end()) facts.severity.level = static_cast<std::uint8_t>(named - severity.scale.begin());
  } else {
    const std::string_view word =
        severity.from.empty() ? facts[Field::level] : memo.values().text(severity.from, facts, scratch).value_or("");
    const rules::FoundSeverity found = rules::find_severity(severity, word);
    facts.severity = found.is;
    if (!found.is_known && out.unknown_severities != nullptr)
      out.unknown_severities->add(facts[Field::source], trim_blanks(word));
  }
  rules::Walk walk = memo.severity(facts, scratch);
  for (std::uint32_t at = walk.next(); at != rules::Walk::kEnd; at = walk.next()) {
    facts.severity = severity.rules[at].is;
    walk.wrote_severity();
  }
}

void prioritise(rules::RuleMemo& memo, Arena& scratch, CategorisedAlert& out) {
  const RuleSet& rules = memo.rules();
  const Facts& facts = out.facts;
  out.impact = choose(rules.priority.impact, memo.impact(facts, scratch), facts.received_at, out.impact_by);
  out.urgency = choose(rules.priority.urgency, memo.urgency(facts, scratch), facts.received_at, out.urgency_by);
  out.priority = rules.priority.matrix[static_cast<std::size_t>(out.impact)][static_cast<std::size_t>(out.urgency)];
}

void categorise(rules::RuleMemo& memo, Arena& scratch, CategorisedAlert& out) {
  rate(memo, scratch, out);
  prioritise(memo, scratch, out);
}

}  // namespace tocsin
