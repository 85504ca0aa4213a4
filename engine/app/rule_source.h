#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/journal/rule_bundle.h"

namespace tocsin::app {

/// Rule files as they lie on the disk, and where their tables were looked for.
struct RulesOnDisk {
  RuleReading reading;
  std::vector<std::string> tables;  // paths, also of those that are not there
};

/// Reads and loads the rule files of `paths` (see read_rule_files). A file that cannot be read is a finding like
/// others, `file_not_readable`.
RulesOnDisk read_rules_on_disk(const std::vector<std::string>& paths);

/// Prints what was found on standard error.
void tell_diagnostics(const RuleReading& reading);

/// Prints what was found on standard error, and for rules that cannot be used that `tocsin COMMAND` stops there; true
/// when they can be used.
bool tell_findings(const RuleReading& reading, std::string_view command);

}  // namespace tocsin::app
