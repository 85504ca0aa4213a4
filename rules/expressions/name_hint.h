#pragma once

#include <string>
#include <string_view>

#include "rules/cel/problem.h"
#include "rules/expressions/schema.h"

namespace tocsin::rules {

/// What to tell the person who wrote `expression` about the problem in it: the checker's suggestion, or for a name that
/// is not known in `scope` where it is known, or how labels and texts are written. May be empty.
std::string hint_for(const cel::Problem& problem, std::string_view expression, Scope scope);

}  // namespace tocsin::rules
