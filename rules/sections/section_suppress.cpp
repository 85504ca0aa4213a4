#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

void read_inhibition(const YamlNode& inhibited_by, const MapReader& map, SuppressRule& rule, Context& context) {
  rule.inhibited_by = context.compiler.predicate(inhibited_by, Scope::alert, context.report);
  if (!rule.when.empty() && rule.when.impl() == rule.inhibited_by.impl()) {
    context.report.warning(inhibited_by, "inhibits_nothing",
                           "`when` says the same: what is both target and inhibitor is not held back by its like");
  }
  if (const YamlNode* equal = map.find("equal")) {
    FieldList fields = read_fields(*equal, "`equal`", context);
    rule.equal_fields = std::move(fields.fields);
    rule.equal_labels = std::move(fields.labels);
  } else {
    context.report.warning(inhibited_by, "inhibits_all",
                           "without `equal` one alert holds back those of every machine and service",
                           "`equal: [host]`, or `equal: []` where that is meant");
  }
  if (const YamlNode* settle = map.find("settle")) {
    rule.settle = read_duration(*settle, "`settle`", Duration{0}, context.report).value_or(Duration{0});
  }
  if (const YamlNode* linger = map.find("linger")) {
    rule.linger = read_duration(*linger, "`linger`", Duration{0}, context.report).value_or(Duration{0});
  }
}

void refuse_with_windows(const MapReader& map, Context& context) {
  for (const std::string_view key : {"equal", "settle", "linger"}) {
    if (const YamlNode* node = map.key_node(key)) {
      context.report.error(*node, "conflicting_keys",
                           "`" + std::string{key} + "` goes with `inhibited_by`, not with `during`");
    }
  }
}

SuppressRule read_rule(const YamlNode& item, Context& context) {
  constexpr std::string_view kAtEnd[]{"recheck"};
  const MapReader map(item, "a suppress rule",
                      {"id", "when", "during", "inhibited_by", "equal", "settle", "linger", "at_end"}, context.report);
  SuppressRule rule;
  rule.id = read_id(map, context);
  rule.when = read_when(map, Scope::alert, context);
  const YamlNode* during = map.find("during");
  const YamlNode* inhibited_by = map.find("inhibited_by");
  if (item.is_map() && !map.is_foreign() && (during == nullptr) == (inhibited_by == nullptr)) {
    context.report.error(item, during == nullptr ? "missing_key" : "conflicting_keys",
                         "a suppress rule has either `during` or `inhibited_by`");
  }
  if (during != nullptr) rule.during = read_windows(*during, "`during`", context);
  if (inhibited_by != nullptr) {
    read_inhibition(*inhibited_by, map, rule, context);
  } else if (!map.is_foreign()) {
    refuse_with_windows(map, context);
  }
  if (const YamlNode* at_end = map.find("at_end")) {
    read_word(*at_end, "`at_end`", kAtEnd, "unknown_word", context.report);
  }
  return rule;
}

}  // namespace

void read_suppress(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`suppress`", context.report)) {
    context.draft.rules.suppress.push_back(read_rule(*item, context));
  }
}

}  // namespace tocsin::rules
