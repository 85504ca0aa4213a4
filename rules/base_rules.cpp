#include "rules/base_rules.h"

#include <algorithm>

#include "rules/set/rule_changes.h"

namespace tocsin::rules {
namespace {

void add_own_names(SeverityPolicy& policy) {
  for (std::size_t i = 0; i < policy.scale.size(); ++i) {
    std::erase_if(policy.words, [&](const SeverityPolicy::Word& word) { return word.word == policy.scale[i]; });
    policy.words.push_back({policy.scale[i], Severity{static_cast<std::uint8_t>(i)}});
  }
  std::ranges::sort(policy.words, {}, &SeverityPolicy::Word::word);
}

template <typename Rule>
void drop(std::vector<Rule>& from, std::vector<Definition>& definitions) {
  for (const Rule& rule : from) std::erase_if(definitions, [&](const Definition& one) { return one.id == rule.id; });
  from.clear();
}

/// The base's rules where the files have none of the kind; else they are no part of the set.
template <typename Rule>
void fill(std::vector<Rule>& rules, std::vector<Rule>& from, std::vector<Definition>& definitions) {
  if (rules.empty()) return rules.swap(from);
  drop(from, definitions);
}

/// What the files say stands in for what the base says of the same.
void fill_sections(std::vector<Definition>& sections, std::vector<Definition>& from) {
  std::erase_if(from, [&](const Definition& one) {
    return std::ranges::find(sections, one.id, &Definition::id) != sections.end();
  });
  sections.insert(sections.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  std::ranges::sort(sections, {}, &Definition::id);
}

}  // namespace

Schema::Aliases aliases_for(const std::vector<std::string>& base, const std::vector<std::string>& own) {
  Schema::Aliases aliases;
  for (std::size_t i = 0; i < base.size(); ++i) {
    if (std::ranges::find(own, base[i]) != own.end()) continue;
    aliases.emplace_back(base[i], counterpart(base, Severity{static_cast<std::uint8_t>(i)}, own).level);
  }
  return aliases;
}

void fill_from_base(Draft& draft, Draft&& base) {
  RuleSet& rules = draft.rules;
  RuleSet& from = base.rules;
  rules.normalise.insert(rules.normalise.begin(), std::make_move_iterator(from.normalise.begin()),
                         std::make_move_iterator(from.normalise.end()));
  rules.aliases.insert(rules.aliases.begin(), std::make_move_iterator(from.aliases.begin()),
                       std::make_move_iterator(from.aliases.end()));
  if (!draft.has_defaults) rules.defaults = from.defaults;
  if (!draft.has_storm) rules.storm = from.storm;
  if (!draft.has_blind) rules.blind = from.blind;
  if (!draft.has_key) {
    rules.dedup.fields = std::move(from.dedup.fields);
    rules.dedup.label_names = std::move(from.dedup.label_names);
    rules.dedup.ignored_labels = std::move(from.dedup.ignored_labels);
  }
  if (!draft.has_resolve) {
    rules.dedup.resolve_when = std::move(from.dedup.resolve_when);
    rules.dedup.expire = std::move(from.dedup.expire);
  }
  if (!draft.has_reopen) rules.dedup.reopen_within = from.dedup.reopen_within;
  if (!draft.has_flap) rules.dedup.flap = from.dedup.flap;
  if (!draft.has_map) {
    rules.severity.from = std::move(from.severity.from);
    rules.severity.words = std::move(from.severity.words);
    rules.severity.otherwise = from.severity.otherwise;
    add_own_names(rules.severity);
  }
  rules.severity.rules.insert(rules.severity.rules.begin(), std::make_move_iterator(from.severity.rules.begin()),
                              std::make_move_iterator(from.severity.rules.end()));
  if (!draft.has_impact) rules.priority.impact = std::move(from.priority.impact);
  if (!draft.has_urgency) rules.priority.urgency = std::move(from.priority.urgency);
  if (!draft.has_matrix)
    std::ranges::copy(&from.priority.matrix[0][0], &from.priority.matrix[0][0] + 9, &rules.priority.matrix[0][0]);
  rules.suppress.insert(rules.suppress.begin(), std::make_move_iterator(from.suppress.begin()),
                        std::make_move_iterator(from.suppress.end()));
  fill(rules.priority.raises, from.priority.raises, from.definitions);
  // What is likely to be one matter goes with the groups that it merges.
  if (!rules.groups.empty()) drop(from.topologies, from.definitions);
  fill(rules.groups, from.groups, from.definitions);
  rules.temporal.insert(rules.temporal.begin(), std::make_move_iterator(from.temporal.begin()),
                        std::make_move_iterator(from.temporal.end()));
  // Of several the first that knows an alert's node counts: what the files know comes before what is likely.
  rules.topologies.insert(rules.topologies.end(), std::make_move_iterator(from.topologies.begin()),
                          std::make_move_iterator(from.topologies.end()));
  // A route of the base may name them.
  rules.plans.insert(rules.plans.end(), std::make_move_iterator(from.plans.begin()),
                     std::make_move_iterator(from.plans.end()));
  fill(rules.routes, from.routes, from.definitions);
  rules.definitions.insert(rules.definitions.begin(), std::make_move_iterator(from.definitions.begin()),
                           std::make_move_iterator(from.definitions.end()));
  fill_sections(rules.sections, from.sections);
}

}  // namespace tocsin::rules
