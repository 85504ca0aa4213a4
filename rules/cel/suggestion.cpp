#include "rules/cel/suggestion.h"

#include <algorithm>

namespace tocsin::cel {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Edits from `a` to `b`, a swap of neighbours being one; letters that differ in case only are equal.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::size_t kNameBytesMax = 64;
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, std::min<std::size_t>(name.size() / 3, 3)) + 1;
  if (name.size() > kNameBytesMax) return {};
  for (const std::string_view candidate : candidates) {
    if (candidate == name || candidate.empty() || candidate.size() > kNameBytesMax) continue;
    const std::size_t edits = distance(name, candidate);
    if (edits < best_distance && edits < name.size()) {
      best = candidate;
      best_distance = edits;
    }
  }
  return std::string(best);
}

std::string only_completion(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLettersMin = 3;
  std::string_view only;
  if (name.size() < kLettersMin) return {};
  for (const std::string_view candidate : candidates) {
    if (!std::ranges::equal(candidate.substr(0, name.size()), name, {}, lower, lower) || candidate == only) continue;
    if (!only.empty()) return {};
    only = candidate;
  }
  return std::string(only);
}

std::string nearest_or_completion(std::string_view name, std::span<const std::string_view> candidates) {
  std::string found = nearest(name, candidates);
  return found.empty() ? only_completion(name, candidates) : found;
}

std::string did_you_mean(std::string_view name) {
  return name.empty() ? std::string() : "did you mean `" + std::string(name) + "`?";
}

}  // namespace tocsin::cel
