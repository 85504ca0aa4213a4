#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/field.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"

namespace tocsin::rules {

/// What the engine's own alerts and their incidents are called. No rule can have these ids: `:` is no part of one.
inline constexpr std::string_view kStormRule = "tocsin:storm";
inline constexpr std::string_view kSilenceRule = "tocsin:silent-source";

/// When so much comes that single incidents help nobody. A scope is a tenant and the values of `by`.
///
/// A scope is in a storm once the new conditions of the last minute are at least `at_least`, and at least `factor`
/// times its baseline: the median of the minutes of the hour before. While bodies wait longer than `queue_age`, a tenth
/// of both suffices. In the time `after` the first condition of all there is none: what fires when an engine begins has
/// gathered for long, and of what is usual nothing is known. It ends when for `calm` there came less than half of what
/// it took.
struct StormPolicy {
  enum class Mode : std::uint8_t { off, on, shadow };
  Mode mode = Mode::on;
  std::uint64_t factor = 50;
  std::uint64_t at_least = 1000;
  Duration after = std::chrono::minutes{10};
  Duration calm = std::chrono::minutes{5};
  Duration queue_age = std::chrono::seconds{30};  // Duration::max(): the age of the queue does not count
  Severity fold_below{};                          // incidents of this severity and higher open as always
  Severity severity{};                            // of the storm's own alert
  std::vector<Field> by_fields;
  std::vector<std::string> by_labels;  // after the fields
  std::size_t max_keys = 10'000;       // scopes; of others nothing is counted, and they have no storms
};

/// When nothing is heard of a source that is heard regularly.
struct BlindPolicy {
  /// A source that speaks at least so often; "": of any origin.
  struct Expectation {
    std::string source;
    std::string origin;
    Duration every{};
  };
  bool learns = true;   // of sources that repeat what fires
  Severity severity{};  // of the alert that says so
  std::vector<Expectation> expected;
  std::size_t max_keys = 10'000;  // sources and origins that are remembered
};

}  // namespace tocsin::rules
