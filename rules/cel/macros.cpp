#include "rules/cel/macros.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace tocsin::cel {
namespace {

struct ComprehensionForm {
  std::string_view name;
  std::size_t arguments;
  std::size_t variables;
  Macro macro;
};

constexpr std::array<ComprehensionForm, 17> kForms = {{
    {"all", 2, 1, Macro::all},
    {"exists", 2, 1, Macro::exists},
    {"exists_one", 2, 1, Macro::exists_one},
    {"existsOne", 2, 1, Macro::exists_one},
    {"filter", 2, 1, Macro::filter},
    {"map", 2, 1, Macro::map},
    {"map", 3, 1, Macro::map},
    {"all", 3, 2, Macro::all},
    {"exists", 3, 2, Macro::exists},
    {"exists_one", 3, 2, Macro::exists_one},
    {"existsOne", 3, 2, Macro::exists_one},
    {"transformList", 3, 2, Macro::transform_list},
    {"transformList", 4, 2, Macro::transform_list},
    {"transformMap", 3, 2, Macro::transform_map},
    {"transformMap", 4, 2, Macro::transform_map},
    {"transformMapEntry", 3, 2, Macro::transform_map_entry},
    {"transformMapEntry", 4, 2, Macro::transform_map_entry},
}};

/// The name of a plain identifier; nullopt for anything else.
std::optional<std::string_view> simple_name(const Ast& ast, NodeIndex index) {
  const Node& node = ast[index];
  if (node.kind != NodeKind::identifier || node.absolute) return std::nullopt;
  return node.name;
}

Node node_like(const Node& call, NodeKind kind) {
  Node node;
  node.kind = kind;
  node.begin = call.begin;
  node.end = call.end;
  node.name_begin = call.name_begin;
  node.name_end = call.name_end;
  return node;
}

Expansion comprehension(Ast& ast, const Node& call, const std::vector<NodeIndex>& children,
                        const ComprehensionForm& form) {
  Node node = node_like(call, NodeKind::comprehension);
  node.macro = form.macro;
  std::vector<NodeIndex> parts{children[0]};
  for (std::size_t i = 1; i < children.size(); ++i) {
    if (i > form.variables) {
      parts.push_back(children[i]);
      continue;
    }
    const std::optional<std::string_view> name = simple_name(ast, children[i]);
    if (!name) return {kNoNode, "its variable must be a simple name"};
    (i == 1 ? node.name : node.second_name) = *name;
  }
  if (node.name == node.second_name) return {kNoNode, "its two variables must have different names"};
  return {ast.add(node, parts), nullptr};
}

Expansion has(Ast& ast, const Node& call, NodeIndex argument) {
  if (ast[argument].kind != NodeKind::select) return {kNoNode, "takes a field selection, as in has(labels.team)"};
  Node node = node_like(call, NodeKind::has);
  node.name = ast[argument].name;
  node.name_begin = ast[argument].name_begin;
  node.name_end = ast[argument].name_end;
  const NodeIndex operand = ast.child(argument, 0);
  return {ast.add(node, {operand}), nullptr};
}

Expansion bind(Ast& ast, const Node& call, std::string_view name, NodeIndex value, NodeIndex body) {
  Node node = node_like(call, NodeKind::bind);
  node.name = name;
  return {ast.add(node, {value, body}), nullptr};
}

/// cel.block([a, b], e) is a bind for each element, first outermost, of the names that cel.index makes.
Expansion block(Ast& ast, const Node& call, NodeIndex elements, NodeIndex body) {
  if (ast[elements].kind != NodeKind::list) return {kNoNode, "its first argument must be a list"};
  const std::vector<NodeIndex> values(ast.children(elements).begin(), ast.children(elements).end());
  Expansion result{body, nullptr};
  for (std::size_t i = values.size(); i > 0; --i) {
    result = bind(ast, call, ast.keep(fmt::format("@index{}", i - 1)), values[i - 1], result.node);
  }
  return result;
}

/// cel.index(n), cel.iterVar(n, m) and cel.accuVar(n, m) name variables that no expression can write.
Expansion numbered_variable(Ast& ast, const Node& call, const std::vector<NodeIndex>& children) {
  std::string name = "@" + std::string(call.name);
  for (std::size_t i = 1; i < children.size(); ++i) {
    const Node& argument = ast[children[i]];
    if (argument.kind != NodeKind::literal || !argument.literal.is(Kind::integer) ||
        argument.literal.as_integer() < 0) {
      return {kNoNode, "takes numbers that are literals"};
    }
    name += (call.name == "index" ? "" : ":") + std::to_string(argument.literal.as_integer());
  }
  Node node = node_like(call, NodeKind::identifier);
  node.name = ast.keep(name);
  return {ast.add(node, {}), nullptr};
}

Expansion cel_namespace(Ast& ast, const Node& call, const std::vector<NodeIndex>& children) {
  const std::size_t arguments = children.size() - 1;
  if (call.name == "bind" && arguments == 3) {
    const std::optional<std::string_view> name = simple_name(ast, children[1]);
    if (!name) return {kNoNode, "its variable must be a simple name"};
    return bind(ast, call, *name, children[2], children[3]);
  }
  if (call.name == "block" && arguments == 2) return block(ast, call, children[1], children[2]);
  if ((call.name == "index" && arguments == 1) ||
      ((call.name == "iterVar" || call.name == "accuVar") && arguments == 2)) {
    return numbered_variable(ast, call, children);
  }
  return {};
}

}  // namespace

Expansion expand_macro(Ast& ast, const Node& call, const std::vector<NodeIndex>& children) {
  if (std::ranges::find(children, kNoNode) != children.end()) return {};
  if (!call.member) {
    if (call.name == "has" && children.size() == 1) return has(ast, call, children[0]);
    if (call.name == "coalesce" && !children.empty()) {
      Node node = node_like(call, NodeKind::coalesce);
      return {ast.add(node, children), nullptr};
    }
    return {};
  }
  if (simple_name(ast, children[0]) == "cel") return cel_namespace(ast, call, children);
  for (const ComprehensionForm& form : kForms) {
    if (form.name == call.name && form.arguments == children.size() - 1)
      return comprehension(ast, call, children, form);
  }
  return {};
}

}  // namespace tocsin::cel
