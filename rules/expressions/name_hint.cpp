#include "rules/expressions/name_hint.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tocsin::rules {
namespace {

/// What only incidents have.
constexpr std::array<std::string_view, 7> kOfIncidents{"priority",       "acked",       "rule_id",           "plan",
                                                       "update_overdue", "alert_count", "active_alert_count"};

std::string hint_for_name(std::string_view name, Scope scope) {
  if (scope == Scope::incident) {
    if (is_taken_name(name)) return "this belongs to the incident: write `incident." + std::string{name} + "`";
    if (std::ranges::find(kOfIncidents, name) != kOfIncidents.end())
      return "write `incident." + std::string{name} + "`";
  } else {
    if (scope == Scope::source && name == "severity") {
      return "the severity is decided later; the source's word is `level`";
    }
    if (name == "incident" || std::ranges::find(kOfIncidents, name) != kOfIncidents.end()) {
      return "only `route`, `raise` and `plans` know the incident, as `incident.priority`";
    }
  }
  if (name.size() == 2 && name[0] == 'P' && name[1] >= '1' && name[1] <= '5') {
    return "priorities are texts: `\"" + std::string{name} + "\"`";
  }
  if (name == "now") return "no time passes in an expression: say it with a key such as `within` or `after`";
  return {};
}

}  // namespace

std::string hint_for(const cel::Problem& problem, std::string_view expression, Scope scope) {
  if (problem.code != "unknown_name" || problem.offset >= expression.size()) return problem.suggestion;
  const std::string_view name = expression.substr(problem.offset, problem.length);
  if (std::string hint = hint_for_name(name, scope); !hint.empty()) return hint;
  if (problem.suggestion.empty() && scope != Scope::incident) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kShort{{{"env", "environment"},
                                                                                   {"desc", "description"},
                                                                                   {"alertname", "name"},
                                                                                   {"node", "host"},
                                                                                   {"instance", "host"},
                                                                                   {"hostname", "host"},
                                                                                   {"summary", "title"},
                                                                                   {"runbook", "runbook_url"}}};
    const auto meant = std::ranges::find(kShort, name, &std::pair<std::string_view, std::string_view>::first);
    if (meant != kShort.end()) {
      return "did you mean `" + std::string{meant->second} + "`? A label is written `labels." + std::string{name} + "`";
    }
  }
  if (!problem.suggestion.empty() || scope == Scope::incident || !is_label_name(name)) return problem.suggestion;
  return "a label is written `labels." + std::string{name} + "`, a text `\"" + std::string{name} + "\"`";
}

}  // namespace tocsin::rules
