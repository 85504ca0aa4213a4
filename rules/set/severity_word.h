#pragma once

#include <string_view>

#include "engine/model/severity.h"
#include "rules/set/rule_set.h"

namespace tocsin::rules {

/// What a source's word means.
struct FoundSeverity {
  Severity is{};
  bool is_known = true;  // false: there is a word, and no map has it; `is` is what the rules give to all such
};

/// The word as it is written first; else without the white space around it and without regard to the case of ASCII
/// letters, on both sides.
FoundSeverity find_severity(const SeverityPolicy& policy, std::string_view word);

}  // namespace tocsin::rules
