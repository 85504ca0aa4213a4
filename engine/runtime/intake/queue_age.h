#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/model/instant.h"

namespace tocsin {

/// When the age of what waits is worth an entry of the journal: from five seconds on, where it is a quarter more or
/// less than what was told last, and once when it is young again. So an engine that keeps up writes none.
class QueueAge {
 public:
  static constexpr Duration kLeast = std::chrono::seconds{5};

  /// The age to tell; nothing: it is as was told.
  std::optional<Duration> look(Duration age) {
    if (age < kLeast) age = Duration{0};
    const bool is_much_the_same =
        age > Duration{0} && told_ > Duration{0} && age < told_ / 4 * 5 && told_ < age / 4 * 5;
    if (age == told_ || is_much_the_same) return std::nullopt;
    told_ = age;
    return age;
  }
  /// What was looked at last was not told.
  void forget() { told_ = Duration{0}; }

 private:
  Duration told_{};
};

/// The payload of an entry: nanoseconds in decimal digits.
inline std::string pack_queue_age(Duration age) { return std::to_string(age.count()); }
inline std::optional<Duration> unpack_queue_age(std::string_view payload) {
  if (payload.empty() || payload.size() > 18) return std::nullopt;
  std::int64_t ns = 0;
  for (const char digit : payload) {
    if (digit < '0' || digit > '9') return std::nullopt;
    ns = ns * 10 + (digit - '0');
  }
  return Duration{ns};
}

}  // namespace tocsin
