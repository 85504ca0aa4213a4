#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin {

/// A place on the scale that the rule file declares, lowest first; the names are the rule set's. Number 0 is the
/// lowest.
struct Severity {
  std::uint8_t level = 0;
  friend constexpr auto operator<=>(const Severity&, const Severity&) = default;
};

/// Impact and urgency, highest first, so that they index the rows and columns of the matrix.
enum class Impact : std::uint8_t { high, medium, low };
enum class Urgency : std::uint8_t { high, medium, low };

/// P1 is the most pressing and the smallest number.
enum class Priority : std::uint8_t { p1 = 1, p2, p3, p4, p5 };

std::string_view name_of(Impact impact);
std::string_view name_of(Urgency urgency);
/// "P1" … "P5".
std::string_view name_of(Priority priority);
std::optional<Impact> impact_from(std::string_view name);
std::optional<Urgency> urgency_from(std::string_view name);
std::optional<Priority> priority_from(std::string_view name);

}  // namespace tocsin
