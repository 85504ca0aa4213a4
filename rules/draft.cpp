#include "rules/draft.h"

#include <algorithm>

#include "rules/definition.h"
#include "rules/suggest.h"

namespace tocsin::rules {
namespace {

std::vector<std::string_view> names_of_fields() {
  std::vector<std::string_view> names;
  for (const FieldInfo& info : fields()) names.push_back(info.name);
  return names;
}

}  // namespace

std::string read_id(const MapReader& item, Context& context) {
  const YamlNode* node = item.require("id");
  if (node == nullptr) return {};
  auto id = read_name(*node, "`id`", context.report);
  if (!id) return {};
  const auto [first, added] = context.draft.ids.emplace(*id, context.report.place(*node));
  if (!added) {
    const Place& place = first->second;
    context.report.error(
        *node, "duplicate_id", "the id `" + *id + "` is used twice",
        "the first is at " + place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column));
  } else {
    context.draft.rules.definitions.push_back({*id, definition_of(item.node())});
  }
  return *std::move(id);
}

Expression read_when(const MapReader& item, Scope scope, Context& context) {
  const YamlNode* node = item.find("when");
  return node == nullptr ? context.compiler.absent(item.node(), scope)
                         : context.compiler.predicate(*node, scope, context.report);
}

std::optional<Severity> read_severity(const YamlNode& node, std::string_view what, Context& context) {
  const auto& scale = context.draft.rules.severity.scale;
  std::vector<std::string_view> names(scale.begin(), scale.end());
  if (node.is_scalar()) {
    for (const auto& [alias, level] : context.draft.aliases) {
      if (alias == node.text) return Severity{static_cast<std::uint8_t>(level)};
    }
  }
  const auto level = read_word(node, what, names, "unknown_severity", context.report);
  return level ? std::optional{Severity{static_cast<std::uint8_t>(*level)}} : std::nullopt;
}

bool say_once(bool& said, std::string_view name, const YamlNode& key, const YamlNode& value, Context& context) {
  if (said) {
    context.report.error(key, "said_twice", "`" + std::string{key.text} + "` is set in another file already",
                         "one file of a rule set says it");
    return false;
  }
  said = true;
  context.draft.rules.sections.push_back({std::string{name}, definition_of(value)});
  return true;
}

bool read_field(const YamlNode& node, std::string_view what, FieldList& into, Context& context) {
  const auto text = read_text(node, what, context.report);
  if (!text) return false;
  if (text->starts_with("labels.")) {
    const std::string_view label = text->substr(7);
    if (!is_label_name(label)) {
      context.report.error(node, "unknown_field",
                           "`" + std::string{label.substr(0, 80)} + "` is not a name of a label");
      return false;
    }
    into.labels.emplace_back(label);
    return true;
  }
  if (const auto field = field_from(*text)) {
    into.fields.push_back(*field);
    return true;
  }
  const auto names = names_of_fields();
  std::string hint = context.report.is_full() ? "" : suggestion(*text, names);
  if (hint.empty()) hint = "a label is written `labels.NAME`";
  context.report.error(node, "unknown_field", "alerts have no text field `" + std::string{text->substr(0, 80)} + "`",
                       std::move(hint));
  return false;
}

FieldList read_fields(const YamlNode& node, std::string_view what, Context& context) {
  FieldList list;
  for (const YamlNode* item : read_list(node, what, context.report)) {
    const std::size_t before = list.fields.size();
    if (!read_field(*item, what, list, context) || list.fields.size() == before) continue;
    if (fields()[static_cast<std::size_t>(list.fields.back())].is_text) {
      context.report.warning(*item, "text_in_key",
                             "`" + std::string{item->text} + "` is text for people: it may change from alert to alert");
    }
  }
  return list;
}

}  // namespace tocsin::rules
