#include "rules/layers/rule_book.h"

#include <array>

#include "rules/yaml/map_reader.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

constexpr std::array<RuleList, 7> kLists{{{"normalise", "", false},
                                          {"severity", "rules", false},
                                          {"priority", "raise", true},
                                          {"suppress", "", false},
                                          {"correlate", "", false},
                                          {"route", "", true},
                                          {"plans", "", true}}};
/// Each looks at all ids of the set.
constexpr std::size_t kSuggestionsMax = 20;

const YamlNode* list_in(const RuleFile& file, const RuleList& list) {
  const YamlNode* node = file.section(list.section);
  if (node != nullptr && !list.inner.empty()) node = value_of(*node, list.inner);
  return node != nullptr && node->is_sequence() ? node : nullptr;
}

/// A copy of `map` whose key has another value.
const YamlNode& with_value(const YamlNode& map, std::string_view key, const YamlNode& value, MadeNodes& made) {
  YamlNode& copy = made.copy(map);
  for (std::size_t i = 0; i < copy.items.size(); i += 2) {
    if (copy.items[i]->is_scalar() && copy.items[i]->text == key) copy.items[i + 1] = &value;
  }
  return copy;
}

/// True when the rule decides itself what the scope goes by.
bool writes_scope(const NamedRule& rule, const FileScope& scope) {
  const YamlNode* set = rule.item.value("set");
  if (rule.list->section != "normalise" || set == nullptr || !set->is_map()) return false;
  for (const FileScope::Pin& pin : scope.pins) {
    if (value_of(*set, pin.name) != nullptr) return true;
  }
  return false;
}

}  // namespace

std::span<const RuleList> rule_lists() { return kLists; }

RuleBook::RuleBook(std::span<RuleFile* const> files) : files_(files.begin(), files.end()) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const YamlNode* scope = files_[i]->section("scope");
    scopes_.push_back(scope == nullptr ? FileScope{} : read_file_scope(*scope, files_[i]->report));
    for (const RuleList& list : kLists) collect(i, list);
  }
}

void RuleBook::collect(std::size_t file, const RuleList& list) {
  const YamlNode* items = list_in(*files_[file], list);
  if (items == nullptr) return;
  for (const YamlNode* item : items->items) {
    if (!item->is_map()) continue;
    const YamlNode* id = value_of(*item, "id");
    const std::string_view text = id != nullptr && id->is_scalar() ? id->text : std::string_view{};
    NamedRule& rule = rules_.emplace_back(NamedRule{text, file, &list, LayeredItem(*item), {}});
    if (!text.empty()) by_id_.emplace(text, &rule);
  }
}

void RuleBook::tell_unknown(const YamlNode& id, std::size_t from_file) {
  Report& report = files_[from_file]->report;
  std::string hint;
  if (!report.is_full() && suggested_++ < kSuggestionsMax) {
    std::vector<std::string_view> ids;
    for (const auto& [known, rule] : by_id_) {
      if (rule->file < from_file) ids.push_back(known);
    }
    hint = suggestion(id.text, ids);
  }
  report.error(id, "unknown_id", "no rule has the id `" + std::string{id.text.substr(0, 80)} + "`", std::move(hint));
}

NamedRule* RuleBook::find(const YamlNode& id, std::size_t from_file, bool may_be_own) {
  Report& report = files_[from_file]->report;
  if (!read_name(id, "`id`", report)) return nullptr;
  const auto found = by_id_.find(id.text);
  if (found == by_id_.end()) {
    tell_unknown(id, from_file);
    return nullptr;
  }
  NamedRule& rule = *found->second;
  if (rule.file < from_file || (may_be_own && rule.file == from_file)) return &rule;
  const std::string name = "`" + std::string{id.text} + "`";
  if (rule.file == from_file) {
    report.error(id, "overrides_own_rule", name + " is a rule of this file", "change the rule itself");
  } else {
    report.error(
        id, "overrides_later_file",
        name + " is a rule of " + std::string{files_[rule.file]->source.file()} + ", which is read after this file",
        "files are read in order of name, and a file changes rules of files before it");
  }
  return nullptr;
}

const YamlNode* RuleBook::scope_condition(std::size_t file, const RuleList& list, const YamlNode& at, bool negated) {
  const FileScope& scope = scopes_[file];
  if (!scope.is_confined()) return nullptr;
  std::string_view unknown;
  auto text = list.of_incidents ? incident_condition(scope, unknown) : std::optional{alert_condition(scope)};
  if (!text) {
    files_[file]->report.error(at, "leaves_scope",
                               "incidents have no `" + std::string{unknown} + "`: `" + std::string{list.section} +
                                   "` cannot be confined to the scope of this file",
                               "incidents know tenant, service, environment, region, team and owner");
    return nullptr;
  }
  return &made_.text(negated ? "!(" + *text + ")" : *text, *scope.node);
}

LayeredItem* RuleBook::variant(NamedRule& rule, std::size_t file, const YamlNode& at) {
  Report& report = files_[file]->report;
  for (NamedRule::Variant& variant : rule.variants) {
    if (variant.file == file) return &variant.item;
    if (!may_share_alerts(scopes_[variant.file], scopes_[file])) continue;
    report.error(at, "ambiguous_override",
                 std::string{files_[variant.file]->source.file()} + " overrides this rule too, and the scopes overlap",
                 "an alert may be within both: which of the two would count?");
    return nullptr;
  }
  if (files_[file]->name().empty()) {
    report.error(at, "missing_key", "a file that is confined by `scope` needs `ruleset` to override a rule",
                 "the rule for its own alerts is then named ID.RULESET");
    return nullptr;
  }
  if (writes_scope(rule, scopes_[file])) {
    report.error(at, "leaves_scope", "this rule decides by what this file is confined",
                 "only a file without `scope` can override it");
    return nullptr;
  }
  const YamlNode* inside = scope_condition(file, *rule.list, at);
  if (inside == nullptr) return nullptr;
  NamedRule::Variant& variant = rule.variants.emplace_back(NamedRule::Variant{file, rule.item});
  variant.item.filter(*inside);
  const std::string id = std::string{rule.id} + "." + std::string{files_[file]->name()};
  variant.item.replace(made_.text("id", at), made_.text(id, at));
  rule.item.filter(*scope_condition(file, *rule.list, at, true));
  return &variant.item;
}

std::vector<LayeredItem*> RuleBook::targets(NamedRule& rule, std::size_t file, const YamlNode& at) {
  std::vector<LayeredItem*> items;
  if (scopes_[file].is_confined()) {
    if (LayeredItem* own = variant(rule, file, at)) items.push_back(own);
    return items;
  }
  items.push_back(&rule.item);
  for (NamedRule::Variant& variant : rule.variants) items.push_back(&variant.item);
  return items;
}

void RuleBook::finish() {
  auto rule = rules_.begin();
  for (std::size_t file = 0; file < files_.size(); ++file) {
    for (const RuleList& list : kLists) {
      const YamlNode* items = list_in(*files_[file], list);
      if (items == nullptr) continue;
      YamlNode& changed = made_.copy(*items);
      changed.items.clear();
      for (const YamlNode* item : items->items) {
        if (!item->is_map()) {
          changed.items.push_back(item);
          continue;
        }
        changed.items.push_back(&rule->item.finish(made_));
        for (const auto& variant : rule->variants) changed.items.push_back(&variant.item.finish(made_));
        ++rule;
      }
      const YamlNode* section = &changed;
      if (!list.inner.empty()) {
        section = &with_value(*files_[file]->section(list.section), list.inner, changed, made_);
      }
      files_[file]->root = &with_value(*files_[file]->root, list.section, *section, made_);
    }
  }
}

}  // namespace tocsin::rules
