#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin::app {

/// Draws one incident for people: what it is, why it is so pressing, who has it, its links, and each of its alerts.
/// `incident` is the answer of GET /v1/incidents/{id}, `alerts` are the pages of /v1/alerts?incident_id=, `timeline`
/// that of …/timeline or "". `width` is that of the screen; 0: as wide as it needs. An error: an answer is not what it
/// should be.
std::expected<std::string, std::string> draw_incident(std::string_view incident, const std::vector<std::string>& alerts,
                                                      std::string_view timeline, Instant now, std::size_t width);

}  // namespace tocsin::app
