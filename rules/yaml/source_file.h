#pragma once

#include <string>
#include <string_view>

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

}  // namespace tocsin::rules
