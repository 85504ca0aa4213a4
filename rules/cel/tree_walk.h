#pragma once

#include "engine/model/arena.h"
#include "rules/cel/checker.h"
#include "rules/cel/evaluation.h"
#include "rules/cel/program.h"

namespace tocsin::cel {

/// Evaluates the tree as it is written, node by node: the plain and obvious way. Compiled programs must give the same
/// (tests compare them), and constants are folded with it.
Value walk(const Checked& checked, const Activation& activation, Arena& arena);

/// One subtree that reads no local variable from outside.
Value walk(const Checked& checked, NodeIndex node, const Activation& activation, Evaluation& evaluation);

}  // namespace tocsin::cel
