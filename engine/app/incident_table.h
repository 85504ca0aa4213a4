#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "engine/model/instant.h"

namespace tocsin::app {

struct TableStyle {
  std::size_t width = 120;  // columns of the screen; the table is cut to it. 0: as wide as it needs
  std::size_t height = 0;   // lines of it; the bottom of the table is cut, and said so. 0: as many as there are
  bool colour = false;
};

/// Draws the answer of GET /v1/incidents?order=pressing as a table for people, in its order; the last line says how
/// many are not there. `now` is for ages. An error: the answer is not what it should be.
std::expected<std::string, std::string> draw_incidents(std::string_view answer, Instant now, const TableStyle& style);

/// The shortest beginning of an id that people are shown, without `inc-`; it is as good as the whole in `tocsin
/// incidents ID` and in paths of the API while no other incident has it.
inline constexpr std::size_t kShortIdDigits = 7;
std::string_view short_id(std::string_view incident_id);

/// A `correlation_key` without the fields that are empty: `environment=,service=ledger` is `service=ledger`. As it is when
/// nothing would be left.
std::string shown_key(std::string_view correlation_key);

/// "12s", "5m", "3h", of what lies between; "?" when `since` is no time.
std::string age_of(std::string_view since, Instant now);

}  // namespace tocsin::app
