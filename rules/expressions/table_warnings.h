#pragma once

#include "rules/expressions/expression_impl.h"
#include "rules/yaml/report.h"

namespace tocsin::rules {

/// Warnings of what the tables, as they are, do not have: rows, values of a column, numbers in cells.
void warn_of_tables(const Expression::Impl& expression, const YamlNode& node, Report& report);

/// A warning at each pattern that goes over the end of a line in the file: YAML has made a blank of it.
void warn_of_folded_patterns(const Expression::Impl& expression, const YamlNode& node, Report& report);

}  // namespace tocsin::rules
