#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/diagnostic.h"
#include "rules/rule_set.h"
#include "rules/story.h"

namespace tocsin::rules {

/// A file's name (for diagnostics, and to find its tables) and bytes. Reading files is the caller's business: this
/// module is pure.
struct SourceFile {
  std::string name;
  std::string bytes;
};

/// Gives the bytes of a table file named relative to a rule file; false: there is none.
class TableReader {
 public:
  virtual ~TableReader() = default;
  virtual bool read(std::string_view rule_file, std::string_view table_file, std::string& bytes) = 0;
};

class Coverage;

struct Loaded {
  RuleSetPtr rules;            // null when there are errors
  std::vector<Story> stories;  // the tests of all files
  Diagnostics diagnostics;     // all findings of all files, in order of file and place
  bool is_on_builtin = false;  // builtin_rules() filled in what the files do not say: none of them is that
};

/// Reads, checks and compiles rule files, given in order of name: one rule set. Never throws; never stops at the first
/// mistake.
Loaded load(const std::vector<SourceFile>& files, TableReader& tables);

/// One file that loads, so that the rule set tells `coverage`, which is of that file and outlives the rule set, what
/// its conditions give. It does the same as without, slower.
Loaded load_watched(const SourceFile& file, TableReader& tables, Coverage& coverage);

/// The rules that run when no file is given; compiled in, and the same text as rules/library/builtin.yaml.
SourceFile builtin_rules();

}  // namespace tocsin::rules
