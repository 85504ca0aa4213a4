#include "rules/sections/draft.h"

#include <algorithm>

#include "engine/model/limits.h"
#include "rules/expressions/expression_impl.h"
#include "rules/yaml/definition.h"
#include "rules/yaml/suggest.h"

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
    context.draft.rules.definitions.push_back(
        {*id, definition_of(item.node()), context.report.of(item.node()).place(item.node())});
  }
  return *std::move(id);
}

Expression read_when(const MapReader& item, Scope scope, Context& context) {
  const YamlNode* node = item.find("when");
  return node == nullptr ? context.compiler.absent(item.node(), scope)
                         : context.compiler.predicate(*node, scope, context.report);
}

bool always_holds(const MapReader& item, const Expression& when) {
  if (item.find("when") == nullptr) return item.node().is_map();
  if (when.empty()) return false;  // it could not be read
  const auto constant = when.impl()->program().constant();
  return constant && constant->is_true();
}

void tell_unreachable(const YamlNode& item, bool ends, const YamlNode*& last, std::string_view why, Context& context) {
  if (last != nullptr) {
    const Place place = context.report.of(*last).place(*last);
    context.report.warning(
        item, "unreachable", "nothing ever comes to this: " + std::string{why},
        "that is at " + place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column));
  } else if (ends) {
    last = &item;
  }
}

namespace {

/// `fields: {NAME: expression}`: what an incident has beside what all have.
void read_own_fields(const YamlNode& node, IncidentText& text, Context& context) {
  constexpr std::size_t kNameBytesMax = 60;
  if (!node.is_map()) {
    context.report.error(node, "wrong_type", "`fields` must be a map from name to expression");
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    const YamlNode& key = *node.items[i];
    const std::string name{key.text};
    if (!key.is_scalar() || !is_identifier(name) || name.size() > kNameBytesMax) {
      context.report.error(key, "bad_name", "a field has a name of letters, digits and `_`",
                           "rules ask for it as `incident.fields.NAME`, records have it as `x_NAME`");
      continue;
    }
    context.draft.own_fields.insert(name);
    if (context.draft.own_fields.size() > limits::kIncidentFieldsMax) {
      context.report.error(
          key, "too_many_fields",
          "incidents have at most " + std::to_string(limits::kIncidentFieldsMax) + " fields of their own");
      return;
    }
    text.fields.emplace_back(name, context.compiler.text(*node.items[i + 1], Scope::incident, context.report));
  }
  std::ranges::sort(text.fields, {}, &std::pair<std::string, Expression>::first);
}

}  // namespace

IncidentText read_incident_text(const MapReader& item, Context& context) {
  IncidentText text;
  const YamlNode* node = item.find("incident");
  if (node == nullptr) return text;
  const MapReader map(*node, "`incident`", {"title", "description", "fields"}, context.report);
  if (const YamlNode* title = map.find("title"))
    text.title = context.compiler.text(*title, Scope::incident, context.report);
  if (const YamlNode* description = map.find("description"))
    text.description = context.compiler.text(*description, Scope::incident, context.report);
  if (const YamlNode* fields = map.find("fields")) read_own_fields(*fields, text, context);
  return text;
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
  context.draft.rules.sections.push_back({std::string{name}, definition_of(value), {}});
  return true;
}

/// `labels.NAME`, or `labels["NAME"]` for names that need quotes; nullopt: not of that form.
std::optional<std::string_view> label_of(std::string_view text) {
  if (text.starts_with("labels.")) return text.substr(7);
  if (!text.starts_with("labels[\"") || !text.ends_with("\"]")) return std::nullopt;
  return text.size() > 10 ? text.substr(8, text.size() - 10) : std::string_view{};
}

bool read_field(const YamlNode& node, std::string_view what, FieldList& into, Context& context) {
  const auto text = read_text(node, what, context.report);
  if (!text) return false;
  if (const auto label = label_of(*text)) {
    const bool is_quoted = text->starts_with("labels[");
    const bool fits =
        is_quoted ? !label->empty() && label->find_first_of("\"\\") == std::string_view::npos : is_label_name(*label);
    if (!fits) {
      context.report.error(node, "unknown_field",
                           "`" + std::string{label->substr(0, 80)} + "` is not a name of a label",
                           is_quoted ? "" : "other names are written `labels[\"NAME\"]`");
      return false;
    }
    into.labels.emplace_back(*label);
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
