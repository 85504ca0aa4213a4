#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "rules/load.h"

namespace tocsin::rules {

/// Table files of a test, by name.
class TablesInMemory final : public TableReader {
 public:
  std::map<std::string, std::string, std::less<>> files;
  bool read(std::string_view rule_file, std::string_view table_file, std::string& bytes) override;
};

/// Loads one file, named "t.yaml", that begins with `tocsin: 1` (not part of `text`: its first line is line 2).
Loaded load_text(std::string_view text);

/// "unknown_field@14:9 …" for each finding that is an error, in order; "" when there is none.
std::string errors_of(const Loaded& loaded);
/// The same for warnings.
std::string warnings_of(const Loaded& loaded);
/// All findings as a person sees them, for messages of tests.
std::string told(const Loaded& loaded);

/// The bytes of a file; fails the test when it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace tocsin::rules
