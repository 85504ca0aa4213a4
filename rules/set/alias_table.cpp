#include "rules/set/alias_table.h"

#include <algorithm>

#include "engine/model/check.h"
#include "engine/model/word.h"

namespace tocsin::rules {
namespace {

bool stands_before(const std::pair<std::string, std::string>& a, const std::pair<std::string, std::string>& b) {
  return less_but_for_case(a.first, b.first);
}

}  // namespace

AliasTable::AliasTable(std::vector<std::pair<std::string, std::string>> pairs) : pairs_(std::move(pairs)) {
  const std::size_t said = pairs_.size();
  pairs_.reserve(2 * said);
  for (std::size_t i = 0; i < said; ++i) pairs_.emplace_back(pairs_[i].second, pairs_[i].second);
  for (auto& [alias, name] : pairs_) {
    alias = trim_blanks(alias);
    name = trim_blanks(name);
  }
  std::erase_if(pairs_, [](const auto& pair) { return pair.first.empty() || pair.second.empty(); });
  std::ranges::stable_sort(pairs_, stands_before);
  const auto rest =
      std::ranges::unique(pairs_, [](const auto& a, const auto& b) { return equal_but_for_case(a.first, b.first); });
  pairs_.erase(rest.begin(), rest.end());
  TOCSIN_CHECK(std::ranges::is_sorted(pairs_, stands_before), "aliases are looked up by halves");
}

std::string_view AliasTable::find(std::string_view called) const {
  const auto at = std::ranges::lower_bound(pairs_, called, less_but_for_case,
                                           [](const auto& pair) { return std::string_view{pair.first}; });
  return at == pairs_.end() || !equal_but_for_case(at->first, called) ? std::string_view{} : at->second;
}

}  // namespace tocsin::rules
