#include "tests/rules/rule_text.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

std::string findings_of(const Loaded& loaded, DiagnosticLevel level) {
  std::string text;
  for (const Diagnostic& d : loaded.diagnostics) {
    if (d.level != level) continue;
    if (!text.empty()) text += ' ';
    text += d.code + '@' + std::to_string(d.line) + ':' + std::to_string(d.column);
  }
  return text;
}

}  // namespace

bool TablesInMemory::read(std::string_view, std::string_view table_file, std::string& bytes) {
  const auto found = files.find(table_file);
  if (found == files.end()) return false;
  bytes = found->second;
  return true;
}

Loaded load_text(std::string_view text) {
  TablesInMemory tables;
  tables.files["services.csv"] = "service,tier,owner\ncheckout,1,payments\nledger,2,\n";
  tables.files["edges.csv"] = "from,to\na,b\n";
  return load({{"t.yaml", "tocsin: 1\n" + std::string{text}}}, tables);
}

std::string errors_of(const Loaded& loaded) { return findings_of(loaded, DiagnosticLevel::error); }
std::string warnings_of(const Loaded& loaded) { return findings_of(loaded, DiagnosticLevel::warning); }

std::string told(const Loaded& loaded) {
  std::string text;
  for (const Diagnostic& d : loaded.diagnostics) text += to_text(d, false);
  return text;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tocsin::rules
