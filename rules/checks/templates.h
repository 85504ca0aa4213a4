#pragma once

#include "rules/layers/rule_file.h"

namespace tocsin::rules {

/// Warnings at texts that hold `{{ $labels.x }}`, `${x}` and the like: nothing here expands them. Stories are left out.
void warn_of_templates(RuleFile& file);

}  // namespace tocsin::rules
