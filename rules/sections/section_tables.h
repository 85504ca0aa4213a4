#pragma once

#include <deque>
#include <memory>
#include <string>

#include "rules/sections/draft.h"
#include "rules/yaml/source_file.h"

namespace tocsin::rules {

/// A table file that was read, and what was found in it.
struct TableFile {
  std::string name;
  std::string bytes;
  std::unique_ptr<SourceText> source;
  std::unique_ptr<Report> report;  // null when nothing was looked at
};
using TableFiles = std::deque<TableFile>;  // addresses stay

/// Reads the section `tables` and its files; before any expression is compiled. `base`: of the built-in rules, to whose
/// tables rows may be added; null where these are read, or unknown.
void read_tables(const YamlNode& node, TableReader& reader, Report& report, Draft& draft, Draft* base,
                 TableFiles& files);

}  // namespace tocsin::rules
