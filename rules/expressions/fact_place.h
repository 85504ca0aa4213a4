#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/cel/label_directory.h"
#include "rules/expressions/facts.h"

namespace tocsin::rules {

/// A part of Facts that conditions read and that has few enough values to be the key of an index.
struct FactPlace {
  enum class Kind : std::uint8_t { field, label, annotation, status, tier, severity, incident };
  /// Of an incident. Counts and its id are left out: they differ from incident to incident.
  enum class OfIncident : std::uint8_t {
    priority,
    severity,
    status,
    acked,
    service,
    environment,
    region,
    team,
    owner,
    title,
    rule_id,
    tenant,
    escalated_to,
    category,
    plan,
    update_overdue,
  };
  Kind kind = Kind::field;
  std::uint32_t index = 0;  // a Field or an OfIncident; of a label or annotation the bucket of its name in directories
  std::string key;          // of a label or annotation

  bool is_text() const;
  friend auto operator<=>(const FactPlace&, const FactPlace&) = default;
};

/// What people call it: "environment", "label rack".
std::string name_for_people(const FactPlace& place);

/// What stands there, as bytes that differ when the values do; numbers are written to `number`, which must live as long
/// as the result is used. Requires: an incident in the facts where the place is of one.
std::string_view bytes_at(const FactPlace& place, const Facts& facts, std::uint64_t& number);

/// The same for who asks for many: what most places are is looked at here.
inline std::string_view value_at(const FactPlace& place, const Facts& facts, std::uint64_t& number) {
  if (place.kind == FactPlace::Kind::field) return facts.text[place.index];
  if (place.kind == FactPlace::Kind::label && facts.label_directory != nullptr)
    return facts.label_directory->find(place.key, place.index);
  return bytes_at(place, facts, number);
}

}  // namespace tocsin::rules
