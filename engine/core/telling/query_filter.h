#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shard_state.h"
#include "engine/core/telling/query.h"

namespace tocsin {

/// In which order incidents are listed.
enum class QueryOrder : std::uint8_t {
  newest,    // opened last, first
  pressing,  // live ones first, then by priority, the oldest of a priority first
};

/// As one more that is looked at counts so much of a closed incident's record.
inline constexpr std::size_t kRecordBytesPerLook = 512;

/// The filters of a query and its `order`, checked: fields that there are, values that they can have.
class QueryFilter {
 public:
  /// An error says which field or value is not known, and what there is.
  static std::expected<QueryFilter, std::string> from(const ShardState& state, const Query& query);

  bool matches(const ShardState& state, const IncidentState& incident) const;
  bool matches(const ShardState& state, const Condition& alert) const;
  /// As how many that are looked at it counts: a closed incident is known by its record only, which is read through.
  std::size_t looks_at(const IncidentState& incident) const;
  /// Whether an incident of this status can match: what cannot is not walked through.
  bool takes(IncidentStatus status) const;
  /// False: no alert of the block of `slot` (ValueSketch) matches.
  bool may_match_near(const ConditionBook& conditions, std::uint32_t slot) const;
  /// The one incident whose members are asked for.
  const std::optional<std::string>& incident_id() const { return incident_id_; }
  QueryOrder order() const { return order_; }

 private:
  struct One {
    std::string name;
    std::vector<std::string> values;  // any of them
  };
  std::vector<One> filters_;
  bool reads_records_ = false;
  bool reads_names_ = false;  // of listed alerts, which stand in the record only
  std::optional<std::string> incident_id_;
  QueryOrder order_ = QueryOrder::newest;
};

}  // namespace tocsin
