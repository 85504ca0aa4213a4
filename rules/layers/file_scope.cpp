#include "rules/layers/file_scope.h"

#include <algorithm>
#include <array>

#include "rules/cel/text.h"
#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kPinsMax = 8;
constexpr std::size_t kValuesMax = 64;
constexpr std::array<std::string_view, 6> kOfIncidents{"tenant", "service", "environment", "region", "team", "owner"};

/// True for a field or `labels.NAME`; a diagnostic when it is neither.
bool is_field(const YamlNode& name, std::string_view what, Report& report) {
  Compiler none(nullptr);
  Draft draft;
  Context context{report, none, draft};
  FieldList list;
  return read_field(name, what, list, context);
}

void read_values(const YamlNode& node, FileScope::Pin& pin, Report& report) {
  if (node.is_scalar()) {
    pin.values.push_back(node.text);
    return;
  }
  for (const YamlNode* value : read_list(node, "a value of `scope`", report)) {
    if (const auto text = read_text(*value, "a value of `scope`", report)) pin.values.push_back(*text);
  }
  if (node.is_sequence() && (pin.values.empty() || pin.values.size() > kValuesMax)) {
    report.error(node, "bad_scope", "a field of `scope` has 1 to 64 values");
  }
}

std::string condition(const FileScope& scope, std::string_view prefix) {
  std::string text;
  for (const FileScope::Pin& pin : scope.pins) {
    if (!text.empty()) text += " && ";
    text.append(prefix).append(pin.name);
    if (pin.values.size() == 1) {
      text += " == " + cel::quoted(pin.values[0]);
      continue;
    }
    text += " in [";
    for (std::size_t i = 0; i < pin.values.size(); ++i) text += (i == 0 ? "" : ", ") + cel::quoted(pin.values[i]);
    text += ']';
  }
  return text;
}

}  // namespace

bool FileScope::has_pin(std::string_view name) const { return std::ranges::find(pins, name, &Pin::name) != pins.end(); }

FileScope read_file_scope(const YamlNode& node, Report& report) {
  FileScope scope;
  scope.node = &node;
  if (node.is_sequence()) {
    for (const YamlNode* item : node.items) {
      if (is_field(*item, "an item of `scope`", report)) scope.shard_fields.push_back(item->text);
    }
    return scope;
  }
  if (!node.is_map() || node.items.empty() || node.items.size() > 2 * kPinsMax) {
    report.error(node, "bad_scope", "`scope` is a list of fields, or a map from 1 to 8 fields to their values",
                 "`scope: {team: payments}` confines the rules of this file to the alerts of a team");
    return scope;
  }
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    if (!node.items[i]->is_scalar() || !is_field(*node.items[i], "a key of `scope`", report)) continue;
    FileScope::Pin pin{node.items[i]->text, {}};
    read_values(*node.items[i + 1], pin, report);
    if (!pin.values.empty()) scope.pins.push_back(std::move(pin));
  }
  return scope;
}

bool may_share_alerts(const FileScope& a, const FileScope& b) {
  for (const FileScope::Pin& pin : a.pins) {
    for (const FileScope::Pin& other : b.pins) {
      if (pin.name != other.name) continue;
      bool common = false;
      for (const std::string_view value : pin.values) {
        for (const std::string_view wanted : other.values) common |= value == wanted;
      }
      if (!common) return false;
    }
  }
  return true;
}

std::string alert_condition(const FileScope& scope) { return condition(scope, ""); }

std::optional<std::string> incident_condition(const FileScope& scope, std::string_view& unknown) {
  for (const FileScope::Pin& pin : scope.pins) {
    if (std::ranges::find(kOfIncidents, pin.name) != kOfIncidents.end()) continue;
    unknown = pin.name;
    return std::nullopt;
  }
  return condition(scope, "incident.");
}

}  // namespace tocsin::rules
