#include "engine/app/text_table.h"

#include <algorithm>
#include <numeric>

#include "engine/app/terminal_text.h"

namespace tocsin::app {
namespace {

constexpr std::size_t kGap = 2;  // between two columns

std::vector<std::size_t> widths_of(const std::vector<TextColumn>& columns, const std::vector<TextRow>& rows,
                                   std::size_t screen) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t widest = columns_of(columns[c].head);
    for (const TextRow& row : rows) widest = std::max(widest, columns_of(row.cells[c]));
    widths.push_back(std::min(widest, std::max(columns[c].width_max, columns_of(columns[c].head))));
  }
  if (screen == 0) return widths;
  const std::size_t all = std::accumulate(widths.begin(), widths.end(), kGap * (columns.size() - 1));
  std::size_t too_much = all > screen ? all - screen : 0;
  for (std::size_t c = columns.size(); c-- > 0;) {
    const std::size_t cut =
        std::min(too_much, widths[c] - std::min(widths[c], std::max(columns[c].width_min, std::size_t{1})));
    widths[c] -= cut;
    too_much -= cut;
  }
  return widths;
}

}  // namespace

std::string draw_table(const std::vector<TextColumn>& columns, std::vector<TextRow> rows, std::size_t width,
                       bool colour) {
  for (TextRow& row : rows) {
    row.cells.resize(columns.size());
    for (std::string& cell : row.cells) cell = for_terminal(cell);
  }
  const std::vector<std::size_t> widths = widths_of(columns, rows, width);
  std::string out;
  const auto draw = [&](const auto& text_of, std::string_view shade) {
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string cell = fit(text_of(c), widths[c]);
      line += cell;
      line.append(c + 1 < columns.size() ? widths[c] - columns_of(cell) + kGap : 0, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (colour) out += shade;
    out += width == 0 ? line : fit(line, width);  // a screen too narrow for even this
    if (colour && !shade.empty()) out += "\033[0m";
    out += '\n';
  };
  draw([&](std::size_t c) { return columns[c].head; }, "\033[1m");
  for (const TextRow& row : rows) draw([&](std::size_t c) { return std::string_view{row.cells[c]}; }, row.colour);
  return out;
}

}  // namespace tocsin::app
