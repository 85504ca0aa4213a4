#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tocsin {

/// The canonical text fields of an alert: what normalise rules set and every later phase reads.
enum class Field : std::uint8_t {
  source,
  tenant,
  name,
  service,
  component,
  environment,
  region,
  team,
  owner,
  assignment_group,
  host,
  resource,
  category,
  alert_class,
  level,
  title,
  description,
  url,
  runbook_url,
  dashboard_url,
};
inline constexpr std::size_t kFieldCount = static_cast<std::size_t>(Field::dashboard_url) + 1;

/// What a text field is called in rules, and whether a rule may set it.
struct FieldInfo {
  Field field;
  std::string_view name;
  bool settable;
  /// Display text or a link: a bad part of an identity.
  bool is_text;
};

/// All of them, in the order of Field.
std::span<const FieldInfo, kFieldCount> fields();
std::optional<Field> field_from(std::string_view name);
std::string_view name_of(Field field);

}  // namespace tocsin
