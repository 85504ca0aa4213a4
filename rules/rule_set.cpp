#include "rules/rule_set.h"

namespace tocsin::rules {

std::string_view name_of(const RuleSet& rules, Severity severity) {
  const auto& scale = rules.severity.scale;
  return severity.level < scale.size() ? std::string_view{scale[severity.level]} : std::string_view{};
}

}  // namespace tocsin::rules
