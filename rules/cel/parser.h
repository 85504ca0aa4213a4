#pragma once

#include <optional>
#include <string_view>

#include "rules/cel/ast.h"
#include "rules/cel/problem.h"

namespace tocsin::cel {

/// The tree of `text`, with macros expanded to their own nodes. nullopt with at least one problem when it is not an
/// expression, is longer than kExpressionBytesMax, or nests deeper than kExpressionDepthMax.
std::optional<Ast> parse(std::string_view text, Problems& problems, bool macros = true);

}  // namespace tocsin::cel
