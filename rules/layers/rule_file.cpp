#include "rules/layers/rule_file.h"

#include "rules/yaml/map_reader.h"

namespace tocsin::rules {
namespace {

std::string_view without_mark(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  return bytes;
}

void check_keys(const YamlNode& root, Report& report) {
  const MapReader map(root, "a rule file",
                      {"tocsin",    "ruleset", "scope",    "defaults", "tables",     "let",       "calendars",
                       "normalise", "dedup",   "severity", "priority", "suppress",   "correlate", "route",
                       "storm",     "blind",   "plans",    "override", "exceptions", "tests"},
                      report);
  if (const YamlNode* version = map.require("tocsin")) {
    if (!version->is_scalar() || version->text != "1") {
      report.error(*version, "bad_version", "this version reads rule files of version 1: `tocsin: 1`");
    }
  }
  if (const YamlNode* name = map.find("ruleset")) read_name(*name, "`ruleset`", report);
}

}  // namespace

RuleFile::RuleFile(const SourceFile& text) : source(text.name, without_mark(text.bytes)), report(source) {
  tree = parse_yaml(source, report);
  root = tree.root();
  // Nothing found and nothing there: only then is emptiness the mistake.
  if (root == nullptr && !report.has_findings()) {
    report.at(0, 1, DiagnosticLevel::error, "empty_file", "a rule file begins with `tocsin: 1`");
  }
  if (root != nullptr) check_keys(*root, report);
}

const YamlNode* RuleFile::section(std::string_view key) const {
  return root == nullptr ? nullptr : value_of(*root, key);
}

std::string_view RuleFile::name() const {
  const YamlNode* name = section("ruleset");
  return name != nullptr && name->is_scalar() ? name->text : std::string_view{};
}

}  // namespace tocsin::rules
