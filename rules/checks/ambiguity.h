#pragma once

#include "rules/layers/rule_book.h"
#include "rules/sections/draft.h"

namespace tocsin::rules {

/// Refuses two rules of confined files that may set the same thing of one alert to different values: such files have no
/// order among each other, their names are an accident. (Rules of a file, and those of platform and team, have one.)
void check_ambiguous_writes(const std::vector<Draft::Write>& writes, RuleBook& book);

}  // namespace tocsin::rules
