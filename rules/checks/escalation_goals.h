#pragma once

#include "rules/sections/draft.h"

namespace tocsin::rules {

/// Warnings of raise rules that can do nothing, or of which nobody hears: a priority that an incident has already where
/// the condition holds, a clock that stands while it holds, what a rule above does at all times; a group that no route
/// asks for, a step that no plan has. `base`: what is used of the rules where the files have none of their own.
void warn_of_escalation_goals(const Draft& draft, const Draft& base, Report& any);

}  // namespace tocsin::rules
