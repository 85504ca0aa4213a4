#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin {

class ShardState;
struct Condition;
struct IncidentState;
namespace rules {
struct Facts;
}  // namespace rules

/// How instants are written for people: as time of day, or as what has passed since `since`, as in stories.
struct TimeForPeople {
  Instant since = kUnset;
  std::string operator()(Instant at) const;
};

/// Where an alert stands in this state and why, a sentence each, the most telling first: that it has ended and how,
/// that it is held back, by what and until when, that it waits, that no group rule holds for it and which condition
/// failed with which values, or in which incident it is. Requires: the slot holds a condition.
std::vector<std::string> why_it_stands_so(const ShardState& state, std::uint32_t slot, const TimeForPeople& time = {});

/// Who is not told of an incident, and which condition of which route failed: a sentence for each topic.
std::vector<std::string> why_not_told(const ShardState& state, const IncidentState& incident);

/// Group rules that do not hold for these facts, those with the fewest failing parts first, at most `most`:
/// "per-service (rules/a.yaml:31): `severity >= minor` (severity is info)".
std::vector<std::string> nearest_group_rules(const ShardState& state, const rules::Facts& facts, std::size_t most);

/// What holds it back, in words: "node-mutes-pods (rules/a.yaml:27), while NodeDown {host=n1} fires".
std::string held_back_by(const ShardState& state, const Condition& alert, const TimeForPeople& time = {});

}  // namespace tocsin
