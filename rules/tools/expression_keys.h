#pragma once

#include <string>
#include <string_view>

#include "rules/tools/rule_text.h"

namespace tocsin::rules {

/// Whether a value is an expression that decides something: `when`, `inhibited_by`, `start`, `expect`.
bool is_condition(const Spot& at);
/// Whether it is an expression that gives a value: in `set`, the source's word, the key of a route's records.
bool is_value_expression(const Spot& at);
/// The text on one line, at most `bytes_max` long and `...`.
std::string shortened(std::string_view text, std::size_t bytes_max = 60);

}  // namespace tocsin::rules
