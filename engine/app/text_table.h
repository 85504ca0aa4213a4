#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::app {

/// A column: its head, how wide it may become, and how narrow when the screen has no more; columns are narrowed from
/// the last to the first.
struct TextColumn {
  std::string_view head;
  std::size_t width_max = 40;
  std::size_t width_min = 8;
};

/// A row: a cell for each column, as strangers may have written them.
struct TextRow {
  std::vector<std::string> cells;
  std::string_view colour;  // an escape sequence, "": none
};

/// Rows under their heads, each column as wide as its widest cell. `width`: columns of the screen, to which lines are
/// cut; 0: as wide as it needs. Colours only with `colour`.
std::string draw_table(const std::vector<TextColumn>& columns, std::vector<TextRow> rows, std::size_t width,
                       bool colour);

}  // namespace tocsin::app
