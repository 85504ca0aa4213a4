#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "rules/load.h"

namespace tocsin::app {

/// The rule files of `paths`, read: a folder means its *.yaml and *.yml files in order of name. The built-in rules when
/// `paths` is empty. False, with a sentence in `trouble`, when one cannot be read.
bool read_rule_files(const std::vector<std::string>& paths, std::vector<rules::SourceFile>& files,
                     std::string& trouble);

/// Whether a name in a folder is that of a rule file.
bool is_rule_file(const std::filesystem::path& path);

/// Reads tables from beside the rule files.
class TableFiles : public rules::TableReader {
 public:
  bool read(std::string_view rule_file, std::string_view table_file, std::string& bytes) override;
  /// Paths of the tables that were asked for, whether they are there or not.
  const std::vector<std::string>& looked_for() const { return looked_for_; }

 private:
  std::vector<std::string> looked_for_;
};

/// True when a stream's colours are welcome: it is a terminal, and NO_COLOR is not set.
bool wants_colour(int file_descriptor);

}  // namespace tocsin::app
