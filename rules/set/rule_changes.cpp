#include "rules/set/rule_changes.h"

#include <algorithm>

namespace tocsin::rules {
namespace {

const Definition* find(const RuleSet& rules, std::string_view id) {
  const auto found = std::ranges::lower_bound(
      rules.definitions_by_id, id, {}, [&](std::uint32_t at) { return std::string_view{rules.definitions[at].id}; });
  if (found == rules.definitions_by_id.end() || rules.definitions[*found].id != id) return nullptr;
  return &rules.definitions[*found];
}

const Definition* find_section(const RuleSet& rules, std::string_view name) {
  const auto found = std::ranges::lower_bound(rules.sections, name, {},
                                              [](const Definition& one) { return std::string_view{one.id}; });
  return found == rules.sections.end() || found->id != name ? nullptr : &*found;
}

using Definitions = std::vector<Definition>;
using Find = const Definition* (*)(const RuleSet&, std::string_view);

/// Of one kind: `all` of a rule set, which `find` finds by name.
void add_changes(const RuleSet& from, const RuleSet& to, Definitions RuleSet::* all, Find find, RuleChanges& changes) {
  for (const Definition& one : to.*all) {
    const Definition* old = find(from, one.id);
    (old == nullptr ? changes.added : old->digest == one.digest ? changes.kept : changes.reset).push_back(one.id);
  }
  for (const Definition& one : from.*all) {
    if (find(to, one.id) == nullptr) changes.removed.push_back(one.id);
  }
}

}  // namespace

RuleChanges compare(const RuleSet& from, const RuleSet& to) {
  RuleChanges changes;
  add_changes(from, to, &RuleSet::sections, find_section, changes);
  add_changes(from, to, &RuleSet::definitions, find, changes);
  return changes;
}

bool is_kept(const RuleSet& from, const RuleSet& to, std::string_view id) {
  const Definition* old = find(from, id);
  const Definition* now = find(to, id);
  return old != nullptr && now != nullptr && old->digest == now->digest;
}

bool is_kept_section(const RuleSet& from, const RuleSet& to, std::string_view name) {
  const Definition* old = find_section(from, name);
  const Definition* now = find_section(to, name);
  return old != nullptr && now != nullptr && old->digest == now->digest;
}

Severity counterpart(const std::vector<std::string>& from, Severity severity, const std::vector<std::string>& to) {
  const std::size_t level = std::min<std::size_t>(severity.level, from.size() - 1);
  const auto same = std::ranges::find(to, from[level]);
  if (same != to.end()) return Severity{static_cast<std::uint8_t>(same - to.begin())};
  const std::size_t top = to.size() - 1;
  const std::size_t distance = from.size() - 1 - level;
  const std::size_t lowest = distance <= 2 ? std::min<std::size_t>(1, top) : 0;
  return Severity{static_cast<std::uint8_t>(std::max(distance <= top ? top - distance : 0, lowest))};
}

}  // namespace tocsin::rules
