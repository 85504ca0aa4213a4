#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tocsin {

/// The wall clock as Prometheus writes it (RFC 3339, UTC, milliseconds: 24 letters), kept cheap: the date is formatted
/// once a second.
class WallText {
 public:
  WallText() { refresh(); }

  /// Reads the clock; what the views show changes with it.
  void refresh();

  std::string_view now() const { return {now_.data(), now_.size()}; }
  /// When an alert that is sent now ends by itself: four minutes ahead, as Prometheus does it.
  std::string_view end() const { return {end_.data(), end_.size()}; }
  std::int64_t seconds() const { return seconds_; }

 private:
  std::array<char, 24> now_{};
  std::array<char, 24> end_{};
  std::int64_t seconds_ = 0;
};

}  // namespace tocsin
