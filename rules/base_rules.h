#pragma once

#include <string>
#include <vector>

#include "rules/sections/draft.h"

namespace tocsin::rules {

/// The rule set that fills in what files do not say.
inline constexpr std::string_view kBaseName = "builtin";

/// Names of the base's scale that the operator's own does not have, and what stands for them there.
Schema::Aliases aliases_for(const std::vector<std::string>& base, const std::vector<std::string>& own);

/// What the files did not say comes from the base.
void fill_from_base(Draft& draft, Draft&& base);

}  // namespace tocsin::rules
