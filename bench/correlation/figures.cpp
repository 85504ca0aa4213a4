#include "bench/correlation/figures.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tocsin::bench {
namespace {

std::uint64_t pairs_of(std::uint64_t number) { return number * (number - (number > 0 ? 1 : 0)) / 2; }

}  // namespace

Agreement compare(const std::vector<Placed>& placed) {
  std::map<std::string, std::uint64_t> by_truth;
  std::map<std::string, std::uint64_t> by_incident;
  std::map<std::pair<std::string, std::string>, std::uint64_t> by_both;
  Agreement agreement;
  agreement.alerts = placed.size();
  for (const Placed& one : placed) {
    if (!one.truth.empty()) ++by_truth[one.truth];
    if (one.incident.empty()) {
      ++agreement.incidents;
    } else {
      ++by_incident[one.incident];
    }
    if (!one.truth.empty() && !one.incident.empty()) ++by_both[{one.truth, one.incident}];
  }
  agreement.groups = by_truth.size();
  agreement.incidents += by_incident.size();
  for (const auto& [truth, number] : by_truth) agreement.pairs_true += pairs_of(number);
  for (const auto& [incident, number] : by_incident) agreement.pairs_told += pairs_of(number);
  for (const auto& [both, number] : by_both) {
    agreement.pairs_both += pairs_of(number);
    if (number == by_truth[both.first] && number == by_incident[both.second]) ++agreement.groups_whole;
  }
  return agreement;
}

CauseHits compare_causes(const std::vector<Placed>& placed, const std::vector<CausedGroup>& groups,
                         const std::vector<std::pair<std::string, std::string>>& cause_of) {
  CauseHits hits;
  for (const CausedGroup& group : groups) {
    ++hits.groups;
    std::map<std::string, std::size_t> incidents;
    for (const Placed& one : placed) {
      if (one.truth == group.truth && !one.incident.empty()) ++incidents[one.incident];
    }
    const auto most = std::ranges::max_element(incidents, {}, [](const auto& one) { return one.second; });
    if (most == incidents.end()) continue;
    const auto cause = std::ranges::find(cause_of, most->first, &std::pair<std::string, std::string>::first);
    if (cause == cause_of.end() || cause->second.empty()) continue;
    ++hits.named;
    if (cause->second == group.cause) ++hits.right;
  }
  return hits;
}

}  // namespace tocsin::bench
