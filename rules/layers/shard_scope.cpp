#include <algorithm>

#include "rules/layers/layering.h"
#include "rules/yaml/map_reader.h"

namespace tocsin::rules {
namespace {

/// The fields that choose the shard, and the place that says so.
struct ShardScope {
  std::vector<std::string_view> fields;
  const YamlNode* node = nullptr;
};

ShardScope shard_scope_of(RuleBook& book) {
  ShardScope shard;
  for (std::size_t i = 0; i < book.file_count(); ++i) {
    const FileScope& scope = book.scope(i);
    if (scope.shard_fields.empty()) continue;
    if (shard.node != nullptr && shard.fields != scope.shard_fields) {
      book.file(i).report.error(*scope.node, "said_twice", "another file has another list of fields as `scope`",
                                "the fields that choose the shard are the same for the whole rule set");
      continue;
    }
    shard = {scope.shard_fields, scope.node};
  }
  return shard;
}

bool contains(const YamlNode& list, std::string_view field) {
  return std::ranges::any_of(list.items,
                             [&](const YamlNode* item) { return item->is_scalar() && item->text == field; });
}

class ShardScopeCheck {
 public:
  ShardScopeCheck(RuleBook& book, ShardScope shard) : book_(book), shard_(std::move(shard)) {}

  void check(const NamedRule& rule, const LayeredItem& item, std::size_t file) {
    if (rule.list->section == "suppress" && item.value("inhibited_by") != nullptr) {
      check_list(item.value("equal"), "equal", *item.value("inhibited_by"), file);
    }
    if (rule.list->section != "correlate") return;
    const YamlNode* kind = item.value("kind");
    if (kind != nullptr && kind->is_scalar() && kind->text == "topology") {
      check_topology(*kind, item.value("equal"), file);
    } else if (item.value("by") != nullptr) {
      check_list(item.value("by"), "by", *item.value("by"), file);
    }
  }

  /// What meets in a topology has the same `equal` values, and is of one tenant: so these keep it in one shard.
  void check_topology(const YamlNode& kind, const YamlNode* equal, std::size_t file) {
    std::vector<std::string_view> missing;
    for (const std::string_view field : shard_.fields) {
      const bool is_equal = equal != nullptr && (equal->is_scalar() ? equal->text == field
                                                                    : equal->is_sequence() && contains(*equal, field));
      if (field != "tenant" && !is_equal && !pins_one(book_.scope(file), field)) missing.push_back(field);
    }
    if (missing.empty()) return;
    tell(equal != nullptr ? *equal : kind,
         "a topology rule leaves the scope of the rule set: its `equal` needs " + names_of(missing), file);
  }

  /// `list` is null when the rule has none; `at` is then told.
  void check_list(const YamlNode* list, std::string_view key, const YamlNode& at, std::size_t file) {
    if (list != nullptr && !list->is_sequence()) return;
    std::vector<std::string_view> missing;
    for (const std::string_view field : shard_.fields) {
      const bool is_there = (list != nullptr && contains(*list, field)) || pins_one(book_.scope(file), field);
      if (!is_there) missing.push_back(field);
    }
    if (missing.empty()) return;
    tell(list != nullptr ? *list : at,
         "`" + std::string{key} + "` leaves the scope of the rule set: it needs " + names_of(missing), file);
  }

  /// Rules that are compiled in stay within whatever scope there is.
  void fit(LayeredItem& item) {
    const YamlNode* kind = item.value("kind");
    const bool is_topology = kind != nullptr && kind->is_scalar() && kind->text == "topology";
    const std::string_view key = is_topology ? "equal" : "by";
    const YamlNode* fields = item.value(key);
    if (fields == nullptr || !fields->is_sequence()) return;
    YamlNode& list = book_.made().copy(*fields);
    for (const std::string_view field : shard_.fields) {
      if (!contains(list, field)) list.items.push_back(&book_.made().text(field, *shard_.node));
    }
    item.replace(book_.made().text(key, *fields), list);
  }

 private:
  static bool pins_one(const FileScope& scope, std::string_view field) {
    return std::ranges::any_of(scope.pins,
                               [&](const auto& pin) { return pin.name == field && pin.values.size() == 1; });
  }

  static std::string names_of(const std::vector<std::string_view>& fields) {
    std::string text;
    for (const std::string_view field : fields) text += (text.empty() ? "`" : ", `") + std::string{field} + "`";
    return text;
  }

  void tell(const YamlNode& at, std::string message, std::size_t file) {
    Report& report = book_.file(file).report;
    const Place place = report.place(*shard_.node);
    report.error(at, "leaves_scope", std::move(message),
                 "the scope is set at " + place.file + ":" + std::to_string(place.line) + ": alerts that differ in " +
                     names_of(shard_.fields) + " may be in different shards");
  }

  RuleBook& book_;
  ShardScope shard_;
};

}  // namespace

void check_shard_scope(RuleBook& book, bool base_is_own) {
  ShardScope shard = shard_scope_of(book);
  if (shard.node == nullptr) return;
  ShardScopeCheck check(book, std::move(shard));
  for (std::size_t i = 0; i < book.file_count(); ++i) {
    const YamlNode* dedup = book.file(i).section("dedup");
    const YamlNode* key = dedup == nullptr ? nullptr : value_of(*dedup, "key");
    if (key != nullptr) check.check_list(key, "key", *key, i);
  }
  for (NamedRule& rule : book.rules()) {
    if (rule.file == 0 && !base_is_own) {
      check.fit(rule.item);
    } else {
      check.check(rule, rule.item, rule.file);
    }
    for (const auto& [file, item] : rule.variants) check.check(rule, item, file);
  }
}

}  // namespace tocsin::rules
