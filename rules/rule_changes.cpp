#include "rules/rule_changes.h"

#include <algorithm>

namespace tocsin::rules {
namespace {

const Definition* find(const RuleSet& rules, std::string_view id) {
  const auto found = std::ranges::lower_bound(
      rules.definitions_by_id, id, {}, [&](std::uint32_t at) { return std::string_view{rules.definitions[at].id}; });
  if (found == rules.definitions_by_id.end() || rules.definitions[*found].id != id) return nullptr;
  return &rules.definitions[*found];
}

}  // namespace

RuleChanges compare(const RuleSet& from, const RuleSet& to) {
  RuleChanges changes;
  for (const Definition& rule : to.definitions) {
    const Definition* old = find(from, rule.id);
    (old == nullptr ? changes.added : old->digest == rule.digest ? changes.kept : changes.reset).push_back(rule.id);
  }
  for (const Definition& rule : from.definitions) {
    if (find(to, rule.id) == nullptr) changes.removed.push_back(rule.id);
  }
  return changes;
}

bool is_kept(const RuleSet& from, const RuleSet& to, std::string_view id) {
  const Definition* old = find(from, id);
  const Definition* now = find(to, id);
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
