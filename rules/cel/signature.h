#pragma once

#include <optional>
#include <span>
#include <string>

#include "rules/cel/ast.h"
#include "rules/cel/functions.h"
#include "rules/cel/type.h"

namespace tocsin::cel {

/// The result type for arguments of those types, nullopt when no form of the function takes them. Where several forms
/// fit (dyn arguments) and give different types, the result is dyn.
std::optional<Type> result_of(const Function& function, std::span<const Type> arguments);

/// The forms for people: "(string, string) or (string, string, int)".
std::string describe(const Function& function);

/// The type of `a op b`, nullopt when it is not defined.
std::optional<Type> arithmetic_type(Operator op, const Type& a, const Type& b);

}  // namespace tocsin::cel
