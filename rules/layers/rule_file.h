#pragma once

#include <string_view>

#include "rules/sections/section_tables.h"
#include "rules/yaml/report.h"
#include "rules/yaml/source_file.h"
#include "rules/yaml/source_text.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// One rule file while it is read. Stays where it is: its nodes know its report.
struct RuleFile {
  /// Parses, and checks the keys of the file itself. `text` outlives the file.
  explicit RuleFile(const SourceFile& text);
  RuleFile(const RuleFile&) = delete;
  RuleFile& operator=(const RuleFile&) = delete;

  /// The value of a key of the file, or null.
  const YamlNode* section(std::string_view key) const;
  /// The text of `ruleset`, "" without one.
  std::string_view name() const;

  SourceText source;
  Report report;
  YamlTree tree;
  const YamlNode* root = nullptr;  // of the tree, until layers change it
  TableFiles tables;
};

}  // namespace tocsin::rules
