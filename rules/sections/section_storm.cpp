#include <array>

#include "rules/sections/draft.h"

namespace tocsin::rules {

using std::chrono::seconds;

Severity severity_from_top(const std::vector<std::string>& scale, std::size_t below) {
  const std::size_t top = scale.size() - 1;
  return Severity{static_cast<std::uint8_t>(top - std::min(below, top))};
}

void set_storm_defaults(RuleSet& rules, const std::vector<std::string>& scale) {
  rules.storm.fold_below = rules.storm.severity = severity_from_top(scale, 0);
  rules.blind.severity = severity_from_top(scale, 1);
}

void read_storm(const YamlNode& node, Context& context) {
  constexpr std::array<std::string_view, 3> kModes{"off", "on", "shadow"};
  constexpr std::uint64_t kMost = 100'000'000;
  const MapReader map(
      node, "`storm`",
      {"mode", "factor", "at_least", "after", "calm", "queue_age", "fold_below", "severity", "by", "max_keys"},
      context.report);
  say_once(context.draft.has_storm, "storm", node, node, context);
  StormPolicy& policy = context.draft.rules.storm;
  if (const YamlNode* mode = map.find("mode")) {
    const auto word = read_word(*mode, "`mode`", kModes, "unknown_word", context.report);
    if (word) policy.mode = static_cast<StormPolicy::Mode>(*word);
  }
  if (const YamlNode* factor = map.find("factor"))
    policy.factor = read_count(*factor, "`factor`", 1, kMost, context.report).value_or(policy.factor);
  if (const YamlNode* least = map.find("at_least"))
    policy.at_least = read_count(*least, "`at_least`", 1, kMost, context.report).value_or(policy.at_least);
  if (const YamlNode* after = map.find("after"))
    policy.after = read_duration(*after, "`after`", seconds{0}, context.report).value_or(policy.after);
  if (const YamlNode* calm = map.find("calm"))
    policy.calm = read_duration(*calm, "`calm`", seconds{1}, context.report).value_or(policy.calm);
  if (const YamlNode* age = map.find("queue_age")) {
    policy.queue_age = age->is_scalar() && age->text == "none"
                           ? Duration::max()
                           : read_duration(*age, "`queue_age`", seconds{5}, context.report).value_or(policy.queue_age);
  }
  if (const YamlNode* below = map.find("fold_below"))
    policy.fold_below = read_severity(*below, "`fold_below`", context).value_or(policy.fold_below);
  if (const YamlNode* severity = map.find("severity"))
    policy.severity = read_severity(*severity, "`severity`", context).value_or(policy.severity);
  if (const YamlNode* by = map.find("by")) {
    FieldList list = read_fields(*by, "an item of `by`", context);
    policy.by_fields = std::move(list.fields);
    policy.by_labels = std::move(list.labels);
  }
  if (const YamlNode* keys = map.find("max_keys"))
    policy.max_keys = read_max_keys(*keys, context).value_or(policy.max_keys);
}

}  // namespace tocsin::rules
