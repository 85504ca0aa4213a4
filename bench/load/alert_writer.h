#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bench/load/draws.h"
#include "bench/load/rule_shape.h"

namespace tocsin {

/// Places of fixed width in a rendered alert that are filled in later, byte for byte. The letters are control
/// characters, which no JSON text may hold, so a place that was forgotten is found by any parser.
inline constexpr std::string_view kIdentityPlace = "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01";
inline constexpr std::string_view kStartPlace =
    "\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02";
inline constexpr std::string_view kEndPlace =
    "\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03";

/// Renders alerts as Prometheus posts them to `/api/v2/alerts`: the same members in the same order, labels sorted by
/// name, texts with their templates filled in. The same rules, services and seed give the same alerts.
class AlertWriter {
 public:
  /// Requires: `rules` is not empty and outlives the writer; `services` > 0.
  AlertWriter(std::span<const RuleShape> rules, std::uint32_t services, std::uint64_t seed);

  /// The JSON object of the next alert, with `kIdentityPlace` once or more, `kStartPlace` and `kEndPlace` once each.
  std::string next();

 private:
  std::span<const RuleShape> rules_;
  std::uint32_t services_;
  Draws draws_;
};

}  // namespace tocsin
