#pragma once

#include "rules/cel/value.h"

namespace tocsin::cel {

/// Same type and same content; errors by their fault, NaN is NaN, maps in any order.
bool identical(const Value& a, const Value& b);

/// identical, or one of them ran into a bound (the two ways spend differently).
bool same_or_exhausted(const Value& a, const Value& b);

}  // namespace tocsin::cel
