#pragma once

#include <deque>
#include <string_view>

#include "engine/model/arena.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// Nodes that stand in no file: what layers make of the nodes of files. Addresses stay; lives as long as those who read
/// them.
class MadeNodes {
 public:
  /// A copy that may be changed; what is wrong with it is told at the place of `like`.
  YamlNode& copy(const YamlNode& like) { return nodes_.emplace_back(like); }

  /// A text; what is wrong with it is told at `stands_for`.
  YamlNode& text(std::string_view text, const YamlNode& stands_for) {
    YamlNode& node = nodes_.emplace_back();
    node.kind = YamlNode::Kind::scalar;
    node.text = texts_.keep(text);
    node.offset = stands_for.offset;
    node.home = stands_for.home;
    node.stands_for = &stands_for;
    return node;
  }

  /// Bytes that live as long as the nodes.
  std::string_view keep(std::string_view text) { return texts_.keep(text); }

 private:
  std::deque<YamlNode> nodes_;
  Arena texts_;
};

}  // namespace tocsin::rules
