#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "engine/model/instant.h"

namespace tocsin::app {

struct TableStyle {
  std::size_t width = 120;  // columns of the screen; the table is cut to it. 0: as wide as it needs
  bool colour = false;
};

/// Draws the answer of GET /v1/incidents as a table for people: most pressing first, ended ones last. `now` is for
/// ages. An error: the answer is not what it should be.
std::expected<std::string, std::string> draw_incidents(std::string_view answer, Instant now, const TableStyle& style);

}  // namespace tocsin::app
