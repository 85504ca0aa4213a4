#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/load.h"
#include "rules/set/story.h"
#include "rules/yaml/report.h"
#include "rules/yaml/source_text.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// A value in a rule file and the way to it: what tools that work on the text go by. They find thresholds, windows and
/// conditions by the names of keys and the form of values, so what the language learns later is found too.
struct Spot {
  const YamlNode& node;
  const YamlNode* key = nullptr;  // of a value in a map; null: an item of a list
  const Spot* parent = nullptr;
  std::size_t index = 0;  // among the items of its parent; of a map: of the pair
  std::string path{};  // "correlate.shop.per-service.window.idle"; items by their id, or by number: "priority.impact.0"
  std::string rule{};  // the id of the rule that it belongs to; without one the path of the item, or two keys
  bool in_item = false;  // it is an item of a list, or in one

  std::string_view name() const { return key == nullptr ? std::string_view{} : key->text; }
  /// The key of the nearest map around it: that of the list for an item.
  std::string_view nearest_name() const {
    return key != nullptr || parent == nullptr ? name() : parent->nearest_name();
  }
  /// The top-level key: "correlate".
  std::string_view section() const { return parent == nullptr ? name() : parent->section(); }
};

/// One rule file as text with its values and comments. Does not move: the tree refers to the text.
class RuleText {
 public:
  struct Comment {
    std::uint32_t offset = 0;
    std::string_view text;  // from `#` on, without what follows the last letter
    std::uint32_t line = 0;
    std::uint32_t about = 0;  // the line that it speaks of: its own, or the next with more than a comment; 0: none
  };
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// `file` outlives this. Values are those of a file that loads: what does not is an empty text.
  explicit RuleText(const SourceFile& file);
  RuleText(const RuleText&) = delete;
  RuleText& operator=(const RuleText&) = delete;

  const SourceText& source() const { return source_; }
  std::string_view bytes() const { return source_.bytes(); }
  Place place(std::size_t offset) const;

  /// Visits each value of the sections that say what the engine does, in order of the file: what is around a value
  /// before it. Left out: tests, scope, the file's name and version.
  void walk(const std::function<void(const Spot&)>& visit) const;

  /// The value of `key` at the top of the file, or null.
  const YamlNode* section(std::string_view key) const;
  /// The value of `key` in a map, or null.
  static const YamlNode* value_of(const YamlNode& map, std::string_view key);

  /// Where the value's bytes end; its own offset when that is not known.
  std::size_t end_of(const YamlNode& node) const;
  std::string_view text_of(const YamlNode& node) const {
    return bytes().substr(node.offset, end_of(node) - node.offset);
  }
  /// `tests:` and all that belongs to it: what a rule set does not need to run. Empty when there is none.
  Range tests() const;

  const std::vector<Comment>& comments() const { return comments_; }

  /// The names of severities, lowest first: the file's own, else the built-in ones.
  const std::vector<std::string>& scale() const { return scale_; }

 private:
  void read_lexemes();
  void read_scale();
  void walk(const Spot& at, const std::function<void(const Spot&)>& visit) const;

  SourceText source_;
  Report report_;
  YamlTree tree_;
  std::map<std::size_t, std::size_t> ends_;  // of scalars and of collections in brackets, by their offset
  std::vector<Comment> comments_;
  std::vector<std::string> scale_;
};

}  // namespace tocsin::rules
