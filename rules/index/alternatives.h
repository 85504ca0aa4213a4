#pragma once

#include <vector>

#include "rules/expressions/expression.h"

namespace tocsin::rules {

/// The ways in which a condition can hold, as conditions that an index can use better: `(a || b) && c` is `a && c` or
/// `b && c`. It holds exactly when one of them does. At most kAlternativesMax; the condition alone where splitting it
/// would not help.
std::vector<Expression> alternatives_of(const Expression& condition);

inline constexpr std::size_t kAlternativesMax = 8;

}  // namespace tocsin::rules
