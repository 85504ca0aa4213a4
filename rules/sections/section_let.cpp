#include <algorithm>
#include <charconv>

#include "rules/sections/draft.h"
#include "rules/yaml/definition.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kConstantsMax = 256;
constexpr std::size_t kItemsMax = 1000;

using One = std::variant<std::string, std::int64_t, bool>;

/// A whole number, `true` or `false` where it is written without quotes; else a text.
One value_of(const YamlNode& node) {
  if (!node.plain) return std::string{node.text};
  if (node.text == "true" || node.text == "false") return node.text == "true";
  std::int64_t number = 0;
  const char* const end = node.text.data() + node.text.size();
  const auto [rest, failed] = std::from_chars(node.text.data(), end, number);
  if (failed == std::errc{} && rest == end) return number;
  return std::string{node.text};
}

std::vector<One> read_values(const YamlNode& node, Context& context) {
  std::vector<One> values;
  if (node.is_scalar()) {
    values.push_back(value_of(node));
    return values;
  }
  for (const YamlNode* item : read_list(node, "a constant", context.report)) {
    if (!item->is_scalar()) {
      context.report.error(*item, "wrong_type", "a list of constants holds texts, numbers or truth values");
    } else if (!values.empty() && value_of(*item).index() != values.front().index()) {
      context.report.error(*item, "wrong_type", "a list of constants holds values of one type",
                           "a number or truth value in quotes is a text");
    } else if (values.size() == kItemsMax) {
      context.report.error(*item, "too_many_items", "a list has at most 1000 values: put more into a table");
      break;
    } else {
      values.push_back(value_of(*item));
    }
  }
  return values;
}

}  // namespace

void read_constants(const YamlNode& node, Context& context) {
  if (!node.is_map()) {
    context.report.error(node, "wrong_type", "`let` must be a map from name to a value or a list of values");
    return;
  }
  auto& constants = context.draft.constants;
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    const YamlNode& key = *node.items[i];
    const YamlNode& value = *node.items[i + 1];
    if (!key.is_scalar()) continue;
    const std::string name{key.text};
    const auto& scale = context.draft.rules.severity.scale;
    const bool is_taken = is_taken_name(name) || context.draft.table_names.contains(name) ||
                          std::ranges::find(scale, name) != scale.end();
    if (!is_identifier(name) || is_taken || name.size() > 100) {
      context.report.error(key, "bad_name", "`" + name.substr(0, 80) + "` cannot be the name of a constant",
                           "letters, digits and `_`, and no field of alerts, severity or table");
      continue;
    }
    if (std::ranges::find(constants, name, &Schema::Constant::name) != constants.end()) {
      context.report.error(key, "said_twice", "there is a constant `" + name + "` already");
      continue;
    }
    if (constants.size() == kConstantsMax) {
      context.report.error(key, "too_many_items", "a rule set has at most 256 constants");
      return;
    }
    Schema::Constant constant{name, value.is_sequence(), read_values(value, context)};
    if (!constant.is_list && constant.values.empty()) continue;  // that was told
    constants.push_back(std::move(constant));
    context.draft.constant_nodes.emplace_back(name, &key);
    context.draft.rules.sections.push_back({"let." + name, definition_of(value), {}});
  }
}

}  // namespace tocsin::rules
