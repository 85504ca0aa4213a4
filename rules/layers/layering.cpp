#include "rules/layers/layering.h"

#include <array>

#include "rules/yaml/map_reader.h"

namespace tocsin::rules {
namespace {

/// What holds for the whole rule set, so that a confined file cannot say it.
struct Shared {
  std::string_view section;
  std::string_view key;  // empty: the whole section
};
constexpr std::array<Shared, 9> kShared{{{"dedup", ""},
                                         {"blind", ""},
                                         {"storm", ""},
                                         {"defaults", ""},
                                         {"severity", "scale"},
                                         {"severity", "map"},
                                         {"priority", "impact"},
                                         {"priority", "urgency"},
                                         {"priority", "matrix"}}};

const YamlNode* key_in(const YamlNode& map, std::string_view key) {
  for (std::size_t i = 0; map.is_map() && i < map.items.size(); i += 2) {
    if (map.items[i]->is_scalar() && map.items[i]->text == key) return map.items[i];
  }
  return nullptr;
}

void refuse_shared(RuleFile& file) {
  for (const auto& [section, inner] : kShared) {
    const YamlNode* key = key_in(*file.root, section);
    if (key != nullptr && !inner.empty()) key = key_in(*file.section(section), inner);
    if (key == nullptr) continue;
    file.report.error(
        *key, "leaves_scope",
        "`" + std::string{key->text} + "` holds for all alerts: a file that is confined by `scope` cannot set it",
        "say it in a file without `scope`");
  }
}

/// A condition would let it be chosen without its name.
bool is_chosen_by_name(const NamedRule& rule) {
  return rule.list->section == "plans" && rule.item.value("when") == nullptr;
}

/// Rules of a confined file hold within its scope only.
void confine(RuleBook& book) {
  const RuleList* list = nullptr;
  std::size_t file = 0;
  const YamlNode* condition = nullptr;
  for (NamedRule& rule : book.rules()) {
    if (list != rule.list || file != rule.file) {
      list = rule.list;
      file = rule.file;
      condition = book.scope_condition(file, *list, rule.item.original());
    }
    if (condition == nullptr || is_chosen_by_name(rule)) continue;
    if (const YamlNode* aliases = rule.item.value("aliases")) {
      book.file(rule.file).report.error(
          *aliases, "leaves_scope", "`aliases` hold for all alerts: a file that is confined by `scope` cannot set them",
          "say it in a file without `scope`");
      continue;
    }
    rule.item.filter(*condition);
  }
}

/// An alert must not be given away to another scope.
void check_set(const LayeredItem& item, const FileScope& scope, Report& report) {
  const YamlNode* set = item.value("set");
  if (set == nullptr || !set->is_map()) return;
  for (std::size_t i = 0; i < set->items.size(); i += 2) {
    const YamlNode& key = *set->items[i];
    if (!key.is_scalar() || !scope.has_pin(key.text)) continue;
    report.error(key, "leaves_scope",
                 "`" + std::string{key.text} + "` is what this file is confined by: its rules cannot set it");
  }
}

void check_writes(RuleBook& book) {
  for (NamedRule& rule : book.rules()) {
    if (rule.list->section != "normalise") continue;
    if (book.scope(rule.file).is_confined()) check_set(rule.item, book.scope(rule.file), book.file(rule.file).report);
    for (const auto& [file, item] : rule.variants) check_set(item, book.scope(file), book.file(file).report);
  }
}

void warn_of_order(RuleBook& book) {
  std::size_t team = book.file_count();
  for (std::size_t i = 1; i < book.file_count(); ++i) {
    if (book.scope(i).is_confined()) {
      team = i;
    } else if (team < i && book.file(i).root != nullptr) {
      book.file(i).report.warning(*book.file(i).root, "after_confined_file",
                                  "this file has no scope and is read after " +
                                      std::string{book.file(team).source.file()} + ", which is confined by its own",
                                  "files are read in order of name: name those for all teams so that they come first");
    }
  }
}

}  // namespace

void apply_layers(RuleBook& book, bool base_is_own) {
  confine(book);
  for (std::size_t i = 0; i < book.file_count(); ++i) {
    if (book.file(i).root == nullptr) continue;
    if (book.scope(i).is_confined()) refuse_shared(book.file(i));
    apply_overrides(book, i);
    apply_exceptions(book, i);
  }
  check_writes(book);
  check_shard_scope(book, base_is_own);
  warn_of_order(book);
  book.finish();
}

}  // namespace tocsin::rules
