#include <algorithm>
#include <array>
#include <set>

#include "rules/layers/layering.h"
#include "rules/yaml/map_reader.h"

namespace tocsin::rules {
namespace {

/// The keys whose values are conditions.
constexpr std::array<std::string_view, 4> kConditions{"when", "inhibited_by", "start", "expect"};
constexpr std::size_t kItemsMax = 1024;

std::string quoted(std::string_view text) { return "`" + std::string{text.substr(0, 80)} + "`"; }

/// A key of an item of `append` or `replace`, and what it changes.
struct Change {
  const YamlNode& key;
  const YamlNode& value;
  LayeredItem& item;
};

class Overrides {
 public:
  Overrides(RuleBook& book, std::size_t file) : book_(book), file_(file), report_(book.file(file).report) {}

  void read(const YamlNode& node) {
    const MapReader map(node, "`override`", {"append", "replace"}, report_);
    // What is replaced takes along what was appended, so it comes first.
    if (const YamlNode* replace = map.find("replace")) read_items(*replace, true);
    if (const YamlNode* append = map.find("append")) read_items(*append, false);
  }

 private:
  void read_items(const YamlNode& list, bool replaces) {
    for (const YamlNode* item : read_list(list, replaces ? "`replace`" : "`append`", report_)) {
      if (!item->is_map()) {
        report_.error(*item, "wrong_type", "an override is a map: the `id` of a rule, and the keys that change");
        continue;
      }
      const YamlNode* id = value_of(*item, "id");
      if (id == nullptr) {
        report_.error(*item, "missing_key", "an override needs `id`: the rule that it changes");
        continue;
      }
      NamedRule* rule = book_.find(*id, file_, false);
      if (rule == nullptr) continue;
      if (item->items.size() <= 2) report_.error(*item, "missing_key", "this override changes nothing");
      const auto targets = book_.targets(*rule, file_, *id);
      for (std::size_t i = 0; i < item->items.size(); i += 2) {
        const YamlNode& key = *item->items[i];
        if (!key.is_scalar() || key.text == "id" || (replaces && !is_first(id->text, key))) continue;
        for (LayeredItem* target : targets) {
          const Change change{key, *item->items[i + 1], *target};
          replaces ? replace(change) : append(change);
        }
      }
    }
  }

  bool is_first(std::string_view id, const YamlNode& key) {
    if (replaced_.emplace(id, key.text).second) return true;
    report_.error(key, "said_twice", "this file replaces " + quoted(key.text) + " of this rule twice");
    return false;
  }

  void replace(const Change& change) {
    if (!change.item.replace(change.key, change.value)) {
      report_.error(change.key, "too_many_keys", "a rule has at most 64 keys");
    }
  }

  void append(const Change& change) {
    const YamlNode* now = change.item.value(change.key.text);
    if (std::ranges::find(kConditions, change.key.text) != kConditions.end()) {
      if (now == nullptr && change.key.text != "when") return refuse(change, "the rule has none");
      return append_condition(change);
    }
    if (now == nullptr) return refuse(change, "the rule has none");
    if (now->is_sequence()) return append_list(change, *now);
    if (now->is_map()) return append_map(change, *now);
    refuse(change, "it is one value");
  }

  void refuse(const Change& change, std::string_view why) {
    report_.error(change.key, "not_appendable",
                  "nothing can be appended to " + quoted(change.key.text) + ": " + std::string{why},
                  "under `replace` it takes the place of what is there");
  }

  /// `&& …` or `|| …`.
  void append_condition(const Change& change) {
    const std::string_view text = change.value.is_scalar() ? change.value.text : std::string_view{};
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    const std::string_view join = begin == std::string_view::npos ? "" : text.substr(begin, 2);
    const std::string_view written = report_.of(change.value).source().bytes().substr(change.value.offset, 2);
    if (change.value.plain && written == "&&") return;  // without quotes YAML sees anchors, and that was told
    if (join != "&&" && join != "||") {
      report_.error(change.value, "missing_operator", "what is appended to a condition begins with `&&` or `||`",
                    "`&&` narrows the rule, `||` widens it");
      return;
    }
    // The same text with blanks for the operator, so that places in it stay what they are.
    std::string blanked{text};
    blanked[begin] = blanked[begin + 1] = ' ';
    YamlNode& part = book_.made().copy(change.value);
    part.text = book_.made().keep(blanked);
    change.item.join(change.key, join == "&&" ? Join::both : Join::either, part);
  }

  void append_list(const Change& change, const YamlNode& now) {
    if (change.value.is_map() || change.value.kind == YamlNode::Kind::null) {
      report_.error(change.value, "wrong_type", quoted(change.key.text) + " is a list: append a list");
      return;
    }
    if (now.items.size() + change.value.items.size() > kItemsMax) {
      report_.error(change.value, "too_many_items", "a list that is appended to has at most 1024 items");
      return;
    }
    YamlNode& list = book_.made().copy(now);
    if (change.value.is_sequence()) {
      list.items.insert(list.items.end(), change.value.items.begin(), change.value.items.end());
    } else {
      list.items.push_back(&change.value);
    }
    change.item.replace(change.key, list);
  }

  void append_map(const Change& change, const YamlNode& now) {
    if (!change.value.is_map()) {
      report_.error(change.value, "wrong_type", quoted(change.key.text) + " is a map: append a map");
      return;
    }
    if (now.items.size() + change.value.items.size() > 2 * kItemsMax) {
      report_.error(change.value, "too_many_items", "a map that is appended to has at most 1024 keys");
      return;
    }
    YamlNode& map = book_.made().copy(now);
    std::set<std::string_view> known;
    for (std::size_t i = 0; i < now.items.size(); i += 2) known.insert(now.items[i]->text);
    for (std::size_t i = 0; i < change.value.items.size(); i += 2) {
      const YamlNode& key = *change.value.items[i];
      if (!known.insert(key.text).second) {
        report_.error(key, "said_twice", quoted(change.key.text) + " of the rule has " + quoted(key.text) + " already",
                      "under `replace` the whole of `" + std::string{change.key.text} + "` can be said anew");
        continue;
      }
      map.items.push_back(&key);
      map.items.push_back(change.value.items[i + 1]);
    }
    change.item.replace(change.key, map);
  }

  RuleBook& book_;
  std::size_t file_;
  Report& report_;
  std::set<std::pair<std::string_view, std::string_view>> replaced_;  // id and key
};

}  // namespace

void apply_overrides(RuleBook& book, std::size_t file) {
  const YamlNode* node = book.file(file).section("override");
  if (node != nullptr) Overrides(book, file).read(*node);
}

}  // namespace tocsin::rules
