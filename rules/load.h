#pragma once

#include <vector>

#include "rules/set/rule_set.h"
#include "rules/set/story.h"
#include "rules/yaml/diagnostic.h"
#include "rules/yaml/source_file.h"

namespace tocsin::rules {

class Watch;

struct Loaded {
  RuleSetPtr rules;            // null when there are errors
  std::vector<Story> stories;  // the tests of all files
  Diagnostics diagnostics;     // all findings of all files, in order of file and place
  bool is_on_builtin = false;  // builtin_rules() filled in what the files do not say: none of them is that
};

/// Reads, checks and compiles rule files, given in order of name: one rule set. Never throws; never stops at the first
/// mistake.
Loaded load(const std::vector<SourceFile>& files, TableReader& tables);

/// The same, so that the rule set tells `watch`, which outlives it, what conditions of one of the files give. It does
/// the same as without, slower.
Loaded load_watched(const std::vector<SourceFile>& files, TableReader& tables, Watch& watch);

/// The rules that run when no file is given; compiled in, and the same text as rules/library/builtin.yaml.
SourceFile builtin_rules();

}  // namespace tocsin::rules
