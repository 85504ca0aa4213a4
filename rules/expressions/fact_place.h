#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

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
  std::uint32_t index = 0;  // a Field or an OfIncident
  std::string key;          // of a label or annotation

  bool is_text() const;
  friend auto operator<=>(const FactPlace&, const FactPlace&) = default;
};

/// What stands there, as bytes that differ when the values do; numbers are written to `number`, which must live as long
/// as the result is used. Requires: an incident in the facts where the place is of one.
std::string_view bytes_at(const FactPlace& place, const Facts& facts, std::uint64_t& number);

}  // namespace tocsin::rules
