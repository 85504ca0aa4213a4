#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/check.h"
#include "engine/model/severity.h"
#include "rules/set/rule_changes.h"

namespace tocsin {

inline constexpr std::size_t kSeverityLevelsMax = 16;

/// The severity scales of the rule sets so far, so that what was rated on one of them is moved to the present one when
/// it is looked at next, and not all at once when the scale changes.
class ScaleHistory {
 public:
  explicit ScaleHistory(std::vector<std::string> scale) : scale_(std::move(scale)) {}

  std::uint16_t current() const { return static_cast<std::uint16_t>(moves_.size()); }

  /// From now on this scale; nothing happens when it is the present one.
  void use(const std::vector<std::string>& scale) {
    if (scale == scale_) return;
    TOCSIN_CHECK(scale_.size() <= kSeverityLevelsMax && scale.size() <= kSeverityLevelsMax, "the loader bounds scales");
    TOCSIN_CHECK(moves_.size() < UINT16_MAX, "scales are changed by people");
    std::array<Severity, kSeverityLevelsMax> move{};
    for (std::size_t level = 0; level < scale_.size(); ++level)
      move[level] = rules::counterpart(scale_, Severity{static_cast<std::uint8_t>(level)}, scale);
    moves_.push_back(move);
    scale_ = scale;
  }

  /// What a severity of scale number `from` is on the present one.
  Severity now(Severity severity, std::uint16_t from) const {
    for (; from < moves_.size(); ++from) severity = moves_[from][severity.level];
    return severity;
  }

 private:
  std::vector<std::string> scale_;
  std::vector<std::array<Severity, kSeverityLevelsMax>> moves_;  // from each to the one after it
};

}  // namespace tocsin
