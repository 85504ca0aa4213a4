#include "engine/model/incident.h"

#include <array>

namespace tocsin {

std::string_view name_of(IncidentStatus status) {
  static constexpr std::array<std::string_view, kIncidentStatusCount> kNames{"open", "acknowledged", "resolved",
                                                                             "closed", "merged"};
  return kNames[static_cast<std::size_t>(status)];
}

std::string_view name_of(IncidentChange change) {
  static constexpr std::array<std::string_view, 8> kNames{"opened",   "updated",  "acknowledged", "escalated",
                                                          "resolved", "reopened", "merged",       "closed"};
  return kNames[static_cast<std::size_t>(change)];
}

}  // namespace tocsin
