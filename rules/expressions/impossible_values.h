#pragma once

#include "rules/expressions/expression_impl.h"
#include "rules/yaml/report.h"

namespace tocsin::rules {

/// Warns of comparisons that type-check and cannot hold, or hardly: a `status` that no alert has, a priority `P0`, and
/// a word of a source that is a slip of the finger away from a name of the scale (`labels.severity == "critcal"`).
void warn_of_impossible_values(const Expression::Impl& condition, const YamlNode& node, Report& report);

}  // namespace tocsin::rules
