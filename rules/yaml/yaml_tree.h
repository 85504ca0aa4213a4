#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "rules/yaml/source_text.h"

namespace tocsin::rules {

class Report;

/// One YAML value and where it stands.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, map };
  Kind kind = Kind::null;
  bool plain = true;                     // a scalar without quotes
  std::uint32_t offset = 0;              // of its first byte in the file: a quote, `|`, `[`, or the text itself
  std::string_view text{};               // of a scalar, unquoted and unescaped
  std::vector<const YamlNode*> items{};  // of a sequence; of a map key, value, key, value …
  Report* home = nullptr;                // of its file: takes what is found in it
  /// Of a text that layering made and that no file holds: where to tell what is wrong with it. A condition that was
  /// joined has its parts in `items`.
  const YamlNode* stands_for = nullptr;

  bool is_map() const { return kind == Kind::map; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_scalar() const { return kind == Kind::scalar; }
};

/// The nodes of one YAML file; moves, but its nodes do not.
class YamlTree {
 public:
  /// Null when the file holds nothing but comments.
  const YamlNode* root() const { return root_; }

 private:
  friend class YamlBuilder;
  friend YamlTree parse_yaml(const SourceText& source, Report& report);
  std::deque<YamlNode> nodes_;
  Arena texts_;
  const YamlNode* root_ = nullptr;
};

/// Reads one YAML document: 1 MiB at most, UTF-8 without control characters, nested 32 deep at most, no anchors,
/// aliases, tags or merge keys, no key twice in a map. Whatever is wrong goes to `report`; what was read before a
/// mistake of syntax is not returned.
YamlTree parse_yaml(const SourceText& source, Report& report);

/// The value of `key` in a map; null when it has none or is no map.
const YamlNode* value_of(const YamlNode& map, std::string_view key);

/// Offset in the file of byte `index` of the scalar's text, through quotes, escapes, folded and indented lines.
std::size_t source_offset(const SourceText& source, const YamlNode& scalar, std::size_t index);

}  // namespace tocsin::rules
