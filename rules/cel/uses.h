#pragma once

#include <vector>

#include "rules/cel/checker.h"
#include "rules/cel/environment.h"
#include "rules/cel/program.h"

namespace tocsin::cel {

/// What an expression takes from tables and named constants, and where its patterns stand; in order of nodes.
std::vector<Use> uses_of(const Checked& checked, const Environment& environment);

}  // namespace tocsin::cel
