#pragma once

#include <span>

#include "bench/load/options.h"
#include "bench/load/rule_shape.h"

namespace tocsin {

/// Renders a thousand new alerts and as many repeats with the options given, reads every body with a JSON parser, and
/// prints what is wrong with them, or that nothing is. Returns the exit code.
int run_check(const Options& options, std::span<const RuleShape> rules);

}  // namespace tocsin
