#include <algorithm>

#include "rules/sections/draft.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

std::vector<std::string_view> settable_names() {
  std::vector<std::string_view> names{"tier"};
  for (const FieldInfo& info : fields()) {
    if (info.settable) names.push_back(info.name);
  }
  return names;
}

/// What a key of `set` names; nullopt and a diagnostic when it cannot be set.
std::optional<Target> read_target(const YamlNode& key, Context& context) {
  if (key.text == "tier") return Target{};
  const auto field = field_from(key.text);
  if (field && fields()[static_cast<std::size_t>(*field)].settable) return Target{*field};
  const std::string name = "`" + std::string{key.text.substr(0, 80)} + "`";
  if (field || is_taken_name(key.text)) {
    context.report.error(key, "not_settable", name + " cannot be set by a rule",
                         key.text == "severity" ? "set `level`; the section `severity` maps it to the scale" : "");
  } else {
    const auto names = settable_names();
    context.report.error(key, "unknown_field", "alerts have no field " + name,
                         context.report.is_full() ? "" : suggestion(key.text, names));
  }
  return std::nullopt;
}

/// The keys of a map have no order, so what one assignment reads another of the same map must not write.
void check_order(const YamlNode& set, Context& context) {
  if (set.items.size() > 2 * (kFieldCount + 1)) return;  // keys are wrong or there twice, and that was said
  for (std::size_t i = 0; i < set.items.size(); i += 2) {
    for (std::size_t j = 0; j < set.items.size(); j += 2) {
      const YamlNode& written = *set.items[j];
      if (i == j || !context.compiler.reads(*set.items[i + 1], Scope::source, written.text)) continue;
      context.report.error(*set.items[i + 1], "ambiguous_order",
                           "this reads `" + std::string{written.text} + "`, which the same `set` writes",
                           "a map has no order: put this into a rule of its own, after this one");
    }
  }
}

void read_set(const YamlNode& set, NormaliseRule& rule, Context& context) {
  if (!set.is_map() || set.items.empty()) {
    context.report.error(set, "wrong_type", "`set` must be a map from field to expression");
    return;
  }
  for (std::size_t i = 0; i < set.items.size(); i += 2) {
    if (!set.items[i]->is_scalar()) continue;
    const auto target = read_target(*set.items[i], context);
    const YamlNode& value = *set.items[i + 1];
    Expression expression = target && !target->field ? context.compiler.integer(value, Scope::source, context.report)
                                                     : context.compiler.text(value, Scope::source, context.report);
    if (!target) continue;
    rule.set.push_back({*target, std::move(expression)});
    context.draft.writes.push_back(
        {set.items[i]->text, value.text, set.items[i], rule.id, rule.when, context.draft.file});
  }
  check_order(set, context);
}

}  // namespace

void read_normalise(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`normalise`", context.report)) {
    const MapReader map(*item, "a normalise rule", {"id", "when", "set", "drop", "final"}, context.report);
    NormaliseRule rule;
    rule.id = read_id(map, context);
    rule.when = read_when(map, Scope::source, context);
    if (const YamlNode* drop = map.find("drop")) {
      rule.drop = read_bool(*drop, "`drop`", context.report).value_or(false);
    }
    if (const YamlNode* set = rule.drop ? map.find("set") : map.require("set")) {
      if (rule.drop) {
        context.report.error(*map.key_node("set"), "conflicting_keys", "what is dropped has no use for `set`");
      } else {
        read_set(*set, rule, context);
      }
    }
    if (const YamlNode* final = map.find("final")) {
      rule.final = read_bool(*final, "`final`", context.report).value_or(false);
    }
    rule.final |= rule.drop;
    const bool holds = always_holds(map, rule.when);
    tell_unreachable(*item, holds && rule.final, context.draft.last_normalise,
                     "a rule above it always holds and ends the list", context);
    if (holds && rule.drop) {
      context.report.warning(*map.key_node("drop"), "drops_all", "this drops every alert");
    }
    context.draft.rules.normalise.push_back(std::move(rule));
  }
}

}  // namespace tocsin::rules
