#include "engine/model/severity.h"

#include <array>

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 3> kDegrees{"high", "medium", "low"};
constexpr std::array<std::string_view, 5> kPriorities{"P1", "P2", "P3", "P4", "P5"};

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return i;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Impact impact) { return kDegrees[static_cast<std::size_t>(impact)]; }
std::string_view name_of(Urgency urgency) { return kDegrees[static_cast<std::size_t>(urgency)]; }
std::string_view name_of(Priority priority) { return kPriorities[static_cast<std::size_t>(priority) - 1]; }

std::optional<Impact> impact_from(std::string_view name) {
  const auto index = index_of(kDegrees, name);
  return index ? std::optional{static_cast<Impact>(*index)} : std::nullopt;
}

std::optional<Urgency> urgency_from(std::string_view name) {
  const auto index = index_of(kDegrees, name);
  return index ? std::optional{static_cast<Urgency>(*index)} : std::nullopt;
}

std::optional<Priority> priority_from(std::string_view name) {
  const auto index = index_of(kPriorities, name);
  return index ? std::optional{static_cast<Priority>(*index + 1)} : std::nullopt;
}

}  // namespace tocsin
