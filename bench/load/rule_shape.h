#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace tocsin {

/// What one alerting rule contributes to the alerts it raises. Texts may hold `{{ $labels.x }}` and `{{ $value }}`.
struct RuleShape {
  std::string name;
  std::string severity;
  std::string summary;
  std::string description;
  std::string runbook_url;                                  // empty: the rule has none, the alert carries none
  std::vector<std::pair<std::string, std::string>> labels;  // fixed by the rule
  std::vector<std::string> instance_labels;                 // filled in for each alert
};

/// The shapes that need no file: platform, node, database, queue and shop alerts.
std::vector<RuleShape> builtin_rules();

/// Reads a JSON Lines file: an object a line with `name`, `severity`, `labels`, `summary`, `description`,
/// `runbook_url`, `instance_labels` (the last five may be absent or null). Refused: an unreadable file, a line that is
/// not such an object, a file without lines. The error names file and line.
std::expected<std::vector<RuleShape>, std::string> read_catalog(const std::string& path);

}  // namespace tocsin
