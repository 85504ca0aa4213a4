#pragma once

#include <string>
#include <vector>

#include "rules/expressions/expression.h"
#include "rules/expressions/fact_place.h"

namespace tocsin::rules {

/// A part of an alert that a condition requires to be one of some values: `name == "a"`, `team in ["a", "b"]`.
struct RequiredValue {
  FactPlace place;
  std::vector<std::string> values;  // sorted
};

/// What a condition requires, in order of place. What it says besides (`||`, patterns, comparisons) is left out.
std::vector<RequiredValue> required_values(const Expression& condition);

/// True when no alert can fulfil both. Requires: both in order of place.
bool exclude_each_other(const std::vector<RequiredValue>& a, const std::vector<RequiredValue>& b);

}  // namespace tocsin::rules
