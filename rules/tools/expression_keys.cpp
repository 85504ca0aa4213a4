#include "rules/tools/expression_keys.h"

#include <algorithm>
#include <array>

namespace tocsin::rules {

bool is_condition(const Spot& at) {
  constexpr std::array<std::string_view, 4> kKeys{"when", "inhibited_by", "start", "expect"};
  // No story sees which times are counted.
  return at.node.is_scalar() && at.section() != "tables" && at.path != "defaults.times.when" &&
         std::ranges::find(kKeys, at.name()) != kKeys.end();
}

bool is_value_expression(const Spot& at) {
  if (!at.node.is_scalar() || at.key == nullptr || at.parent == nullptr) return false;
  const bool words_incidents =
      (at.parent->name() == "incident" && (at.section() == "correlate" || at.section() == "route")) ||
      (at.parent->name() == "fields" && at.parent->parent != nullptr && at.parent->parent->name() == "incident");
  return at.parent->name() == "set" || words_incidents || at.path == "severity.map.from" ||
         (at.name() == "key" && at.section() == "route");
}

std::string shortened(std::string_view text, std::size_t bytes_max) {
  std::string out;
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!is_space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.size() <= bytes_max) return out;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;  // not inside a character
  return out.substr(0, end) + "...";
}

}  // namespace tocsin::rules
