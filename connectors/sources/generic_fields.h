#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

/// What a top-level field of a generic alert means.
enum class GenericField : std::uint8_t {
  label,       // becomes a label of its (sanitised) name
  annotation,  // a measurement or a number of one event: an annotation, so that it is no part of the identity
  name,        // label alertname; aliases in the order of preference
  title,       // annotation summary
  description,
  status,
  starts_at,
  ends_at,
  link,
  key,
  labels,
  annotations,
};
inline constexpr std::size_t kGenericFieldCount = static_cast<std::size_t>(GenericField::annotations) + 1;

struct GenericAlias {
  std::string_view name;
  GenericField field;
  std::uint8_t rank;  // of two aliases of one field that are there, the lower wins
};

/// Null: no field of its own, an ordinary label.
const GenericAlias* find_generic_alias(std::string_view name);

/// Appends `name` as a label name: each character outside [a-zA-Z0-9_] becomes `_`, a leading digit gets one before it.
void append_label_name(std::string& out, std::string_view name);

}  // namespace tocsin
