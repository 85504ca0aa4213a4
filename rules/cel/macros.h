#pragma once

#include <vector>

#include "rules/cel/ast.h"

namespace tocsin::cel {

/// What became of a call that may be a macro.
struct Expansion {
  NodeIndex node = kNoNode;     // kNoNode: it is an ordinary call
  const char* wrong = nullptr;  // it is a macro, used wrongly: what is wrong
};

/// Macros are recognised by name, receiver and number of arguments, as the language says:
///   has(e.f)                                       is the field there
///   e.all(x, p)  exists  exists_one  filter        over a list's elements or a map's keys
///   e.map(x, t)  e.map(x, p, t)
///   e.all(i, v, p)  exists  existsOne  exists_one  over index and element, or key and value
///   e.transformList(i, v, [p,] t)  transformMap  transformMapEntry
///   cel.bind(x, e, t)  cel.block([e …], t) with cel.index(n), cel.iterVar(n, m), cel.accuVar(n, m)
///   coalesce(a, b …)                               the first that is neither an error, null nor ""
/// `call` has its name, place and receiver flag; its children (receiver first) are in the tree.
Expansion expand_macro(Ast& ast, const Node& call, const std::vector<NodeIndex>& children);

}  // namespace tocsin::cel
