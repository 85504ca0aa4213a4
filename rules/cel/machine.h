#pragma once

#include "engine/model/arena.h"
#include "rules/cel/code.h"
#include "rules/cel/program.h"

namespace tocsin::cel {

/// Runs the instructions begin … end - 1 on an empty stack and gives what is then on it.
Value run(const Code& code, std::uint32_t begin, std::uint32_t end, const Activation& activation, Arena& arena);

/// The same for all instructions of a code that is a choice.
Value choose(const Code& code, const Activation& activation, Arena& arena);

}  // namespace tocsin::cel
