#include "engine/model/mending.h"

#include <array>

namespace tocsin {

std::string_view name_of(Mending mending) {
  static constexpr std::array<std::string_view, kMendingCount> kNames{
      "byte_order_mark", "surrogate", "number", "long_text", "many_labels", "label_name",
      "blanks",          "status",    "time",   "duplicate", "type"};
  return kNames[static_cast<std::size_t>(mending)];
}

}  // namespace tocsin
