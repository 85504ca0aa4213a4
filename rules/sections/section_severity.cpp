#include <algorithm>
#include <map>
#include <string>

#include "engine/model/word.h"
#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kLevelsMax = 16;

/// Severity of a word that no map knows: visible, but not loud.
Severity middle_of(const std::vector<std::string>& scale) {
  const auto warning = std::ranges::find(scale, "warning");
  const auto level = warning != scale.end() ? static_cast<std::size_t>(warning - scale.begin()) : scale.size() / 2;
  return Severity{static_cast<std::uint8_t>(level)};
}

void sort_words(SeverityPolicy& policy) { std::ranges::sort(policy.words, {}, &SeverityPolicy::Word::word); }

/// Words are compared without their case and the blanks around them.
void tell_about_word(const YamlNode& key, std::map<std::string, std::string_view>& seen, Context& context) {
  const std::string_view word = trim_blanks(key.text);
  for (const std::string_view own : {"from", "default"}) {
    if (key.text == own || !equal_but_for_case(word, own)) continue;
    context.report.warning(key, "unlikely_word", "`" + std::string{key.text} + "` is a word of the source here",
                           "did you mean `" + std::string{own} + "`?");
  }
  std::string plain{word};
  std::ranges::transform(plain, plain.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto [known, is_new] = seen.emplace(std::move(plain), key.text);
  if (is_new || known->second == key.text) return;
  context.report.warning(key, "duplicate_word",
                         "this is the same word as `" + std::string{known->second} + "` but for its case and blanks",
                         "each counts where it is written so; words in any other case are the first of them");
}

void read_map(const YamlNode& node, Context& context) {
  SeverityPolicy& policy = context.draft.rules.severity;
  if (!node.is_map()) {
    context.report.error(node, "wrong_type", "`map` must be a map from the source's words to severities");
    return;
  }
  policy.words.clear();
  policy.from = {};
  policy.otherwise = middle_of(policy.scale);
  std::map<std::string, std::string_view> seen;
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    const YamlNode& key = *node.items[i];
    const YamlNode& value = *node.items[i + 1];
    if (!key.is_scalar()) continue;
    if (key.text == "from") {
      policy.from = context.compiler.text(value, Scope::source, context.report);
    } else if (const auto is = read_severity(value, "a severity", context)) {
      if (key.text == "default") {
        policy.otherwise = *is;
      } else {
        tell_about_word(key, seen, context);
        policy.words.push_back({std::string{key.text}, *is});
      }
    }
  }
  if (policy.from.empty()) policy.from = context.compiler.absent(node, Scope::source);
  sort_words(policy);
}

void read_rules(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`rules`", context.report)) {
    const MapReader map(*item, "a severity rule", {"id", "when", "is"}, context.report);
    SeverityPolicy::Rule rule;
    rule.id = read_id(map, context);
    rule.when = read_when(map, Scope::alert, context);
    if (const YamlNode* is = map.require("is")) {
      rule.is = read_severity(*is, "`is`", context).value_or(Severity{});
      context.draft.writes.push_back({"severity", is->text, is, rule.id, rule.when, context.draft.file});
    }
    context.draft.rules.severity.rules.push_back(std::move(rule));
  }
}

}  // namespace

void read_scale(const YamlNode& severity, Context& context) {
  if (!severity.is_map()) return;  // the section itself says so
  for (std::size_t i = 0; i < severity.items.size(); i += 2) {
    const YamlNode& key = *severity.items[i];
    if (!key.is_scalar() || key.text != "scale") continue;
    const YamlNode& list = *severity.items[i + 1];
    if (!say_once(context.draft.has_scale, "severity.scale", key, list, context)) return;
    std::vector<std::string> scale;
    for (const YamlNode* item : read_list(list, "`scale`", context.report)) {
      const auto name = read_text(*item, "a severity", context.report);
      if (!name) continue;
      if (!is_identifier(*name) || is_taken_name(*name)) {
        context.report.error(*item, "bad_name",
                             "`" + std::string{name->substr(0, 80)} + "` cannot be the name of a severity",
                             "letters, digits and `_`, and no field of alerts");
      } else if (std::ranges::find(scale, *name) != scale.end()) {
        context.report.error(*item, "duplicate_severity", "`" + std::string{*name} + "` is on the scale twice");
      } else {
        scale.emplace_back(*name);
      }
    }
    if (list.is_sequence() && (scale.size() < 2 || scale.size() > kLevelsMax)) {
      context.report.error(list, "bad_scale", "a scale has 2 to 16 severities, the lowest first");
    }
    // What is left is good enough to check the rest of the file with.
    if (!scale.empty() && scale.size() <= kLevelsMax) context.draft.rules.severity.scale = std::move(scale);
  }
}

void read_severity_section(const YamlNode& node, Context& context) {
  const MapReader map(node, "`severity`", {"scale", "map", "rules"}, context.report);
  if (const YamlNode* words = map.find("map")) {
    if (say_once(context.draft.has_map, "severity.map", *map.key_node("map"), *words, context))
      read_map(*words, context);
  }
  if (const YamlNode* rules = map.find("rules")) {
    context.draft.has_severity_rules = true;
    read_rules(*rules, context);
  }
}

}  // namespace tocsin::rules
