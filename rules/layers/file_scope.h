#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/yaml/report.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// What rules of a file may act on. Of the two forms a file has one, or none.
struct FileScope {
  /// `scope: {team: payments}`: alerts with this value, or one of these.
  struct Pin {
    std::string_view name;  // a field, or labels.NAME
    std::vector<std::string_view> values;
  };
  std::vector<Pin> pins;
  /// `scope: [tenant]`: the fields that choose the shard. They hold for the whole rule set.
  std::vector<std::string_view> shard_fields;
  const YamlNode* node = nullptr;

  bool is_confined() const { return !pins.empty(); }
  bool has_pin(std::string_view name) const;
};

/// Reads the value of `scope`. What is wrong is left out of the result.
FileScope read_file_scope(const YamlNode& node, Report& report);

/// True when an alert may be within the pins of both.
bool may_share_alerts(const FileScope& a, const FileScope& b);

/// The condition that an alert is within the pins.
std::string alert_condition(const FileScope& scope);
/// The same of an incident; nullopt when it does not know one of the fields, which is then `unknown`.
std::optional<std::string> incident_condition(const FileScope& scope, std::string_view& unknown);

}  // namespace tocsin::rules
