#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin {

/// Where an incident is in its life.
enum class IncidentStatus : std::uint8_t { open, acknowledged, resolved, closed, merged };
inline constexpr std::size_t kIncidentStatusCount = 5;

/// What happened to an incident at a revision; the `ce_type` is `io.tocsin.incident.NAME.v1`.
enum class IncidentChange : std::uint8_t {
  opened,
  updated,
  acknowledged,
  escalated,
  resolved,
  reopened,
  merged,
  closed
};

/// "open", "acknowledged", …
std::string_view name_of(IncidentStatus status);
/// "opened", "updated", …
std::string_view name_of(IncidentChange change);

}  // namespace tocsin
