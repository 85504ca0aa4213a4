#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = std::numeric_limits<NodeIndex>::max();

enum class Operator : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  in,
  index,
  negate,
  logical_not,
};

/// As it is written: "+", "in", "[]".
std::string_view text_of(Operator op);

enum class Macro : std::uint8_t {
  all,
  exists,
  exists_one,
  map,
  filter,
  transform_list,
  transform_map,
  transform_map_entry,
};

enum class NodeKind : std::uint8_t {
  literal,        // `literal`
  identifier,     // `name`
  select,         // child.name
  has,            // has(child.name)
  call,           // name(children …); a member call has its receiver as first child
  operation,      // op on one or two children
  logical_and,    // two or more children; a && b && c is one node
  logical_or,     // the same
  conditional,    // condition, then, else
  list,           // children
  map,            // key, value, key, value …
  message,        // child 0 is the type's name (identifier or select), then field name (literal), value …
  comprehension,  // macro: range, [filter,] body, with the variables `name` and perhaps `second_name`
  bind,           // value, body; the variable is `name`
  coalesce,       // one or more children
};

struct Node {
  NodeKind kind = NodeKind::literal;
  Operator op = Operator::add;
  Macro macro = Macro::all;
  bool absolute = false;  // an identifier or call with a dot before it: .name
  bool member = false;    // a call with a receiver
  std::uint16_t depth = 1;
  std::uint32_t begin = 0;  // bytes of the expression
  std::uint32_t end = 0;
  std::uint32_t name_begin = 0;  // the place of `name`; for an operation that of the operator
  std::uint32_t name_end = 0;
  std::uint32_t first_child = 0;
  std::uint32_t child_count = 0;
  std::string_view name;
  std::string_view second_name;
  Value literal;
};

/// The tree of an expression, flat: nodes name their children by index, children come before their parents.
class Ast {
 public:
  Ast() : texts_(1024) {}

  NodeIndex add(Node node, std::span<const NodeIndex> children);
  NodeIndex add(Node node, std::initializer_list<NodeIndex> children) {
    return add(std::move(node), std::span(children.begin(), children.size()));
  }

  const Node& operator[](NodeIndex index) const { return nodes_[index]; }
  Node& operator[](NodeIndex index) { return nodes_[index]; }
  std::span<const NodeIndex> children(NodeIndex index) const {
    const Node& node = nodes_[index];
    return {children_.data() + node.first_child, node.child_count};
  }
  NodeIndex child(NodeIndex index, std::uint32_t which) const { return children_[nodes_[index].first_child + which]; }
  std::size_t size() const { return nodes_.size(); }

  NodeIndex root() const { return root_; }
  void set_root(NodeIndex root) { root_ = root; }

  /// A copy that lives as long as the tree.
  std::string_view keep(std::string_view text) { return texts_.keep(text); }

 private:
  std::vector<Node> nodes_;
  std::vector<NodeIndex> children_;
  Arena texts_;
  NodeIndex root_ = kNoNode;
};

}  // namespace tocsin::cel
