#include "rules/cel/ast.h"

#include <algorithm>
#include <array>

namespace tocsin::cel {

std::string_view text_of(Operator op) {
  constexpr std::array<std::string_view, 15> kTexts = {"+",  "-",  "*",  "/",  "%",  "<", "<=", ">",
                                                       ">=", "==", "!=", "in", "[]", "-", "!"};
  return kTexts[static_cast<std::size_t>(op)];
}

NodeIndex Ast::add(Node node, std::span<const NodeIndex> children) {
  node.first_child = static_cast<std::uint32_t>(children_.size());
  node.child_count = static_cast<std::uint32_t>(children.size());
  std::uint16_t deepest = 0;
  for (const NodeIndex child : children) deepest = std::max(deepest, nodes_[child].depth);
  node.depth = static_cast<std::uint16_t>(deepest + 1);
  children_.insert(children_.end(), children.begin(), children.end());
  nodes_.push_back(node);
  return static_cast<NodeIndex>(nodes_.size() - 1);
}

}  // namespace tocsin::cel
