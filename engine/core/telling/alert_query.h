#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "engine/core/telling/query_filter.h"

namespace tocsin {

/// Which fields of an alert are shown, by their names in the answer.
class AlertColumns {
 public:
  /// "" or names with commas between. An error says which is none, and which there are.
  static std::expected<AlertColumns, std::string> from(std::string_view names);

  /// `column`: place in the order of the answer.
  bool shows(std::size_t column) const { return (shown_ >> column & 1) != 0; }

 private:
  std::uint64_t shown_ = ~std::uint64_t{0};
};

/// Alerts in no order that means anything, or those of one incident in the order of joining; the cursor is where the
/// next page goes on.
QueryAnswer list_alerts(const ShardState& state, const Query& query, const QueryFilter& filter);

}  // namespace tocsin
