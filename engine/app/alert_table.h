#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/incident_table.h"
#include "engine/model/instant.h"

namespace tocsin::app {

/// What the table shows, as `fields` of the question.
inline constexpr std::string_view kAlertTableFields =
    "name,status,severity,priority,service,host,resource,starts_at,ended_at,incident_id,suppressed_by,no_incident";

/// Draws the answers of GET /v1/alerts (pages of one question) as one table for people: the most pressing first, of a
/// priority those that have fired longest; what an alert that is in no incident waits for stands where its incident
/// would. `now` is for ages; the height of `style` is not asked. An error: an answer is not what it should be.
std::expected<std::string, std::string> draw_alerts(const std::vector<std::string>& pages, Instant now,
                                                    const TableStyle& style);

}  // namespace tocsin::app
