#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/yaml/made_nodes.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// How a part of a condition is joined to what stands before it.
enum class Join : std::uint8_t { both, either };  // && and ||

/// One rule with an id, as its file says it and as later files change it. `when` is then
/// `((its own && or || what was appended) && filters)`.
class LayeredItem {
 public:
  explicit LayeredItem(const YamlNode& original) : original_(&original) {}

  const YamlNode& original() const { return *original_; }
  /// The value of a key as it is now, conditions without what is joined to them; null when there is none.
  const YamlNode* value(std::string_view key) const;

  /// Sets or adds a key. What was appended to a condition goes with it, filters stay. False when there are far too
  /// many.
  bool replace(const YamlNode& key, const YamlNode& value);
  /// Joins `part` to the condition `key`.
  void join(const YamlNode& key, Join join, const YamlNode& part);
  /// The rule holds only where this holds too. `condition` outlives the item.
  void filter(const YamlNode& condition) { filters_.push_back(&condition); }

  /// The map that the section of the file reads.
  const YamlNode& finish(MadeNodes& made) const;

 private:
  struct Part {
    Join join;
    const YamlNode* text;
  };
  struct Joined {
    const YamlNode* key;
    std::vector<Part> parts;
  };

  void detach();
  void put_condition(std::vector<const YamlNode*>& entries, const YamlNode& key, std::vector<Part> parts,
                     MadeNodes& made) const;

  const YamlNode* original_;
  std::vector<const YamlNode*> entries_;  // key, value …; empty: those of the original
  std::vector<Joined> joined_;            // by condition; few
  std::vector<const YamlNode*> filters_;
};

}  // namespace tocsin::rules
