#pragma once

#include "rules/expressions/expression_impl.h"
#include "rules/yaml/report.h"

namespace tocsin::rules {

/// A warning at the first operand of the condition's `&&` that cannot hold together with those before it:
/// `name == "a" && name == "b"`, `tier > 3 && tier < 2`.
void warn_of_contradiction(const Expression::Impl& condition, const YamlNode& node, Report& report);

/// At `offset` of the expression `node`, on one line.
void warn_in_expression(const YamlNode& node, std::size_t offset, std::size_t length, std::string_view code,
                        std::string message, std::string hint, Report& report);

}  // namespace tocsin::rules
