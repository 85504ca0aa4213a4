#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tocsin::bench {

/// A body of `alerts` alerts as Prometheus posts them, about 750 bytes each, of 200 services, numbered from
/// `first` and all different; SourceDecoder::kBodyPadding
/// zeros stand behind it, which `body_bytes` does not count.
struct AlertBody {
  std::string bytes;
  std::size_t body_bytes = 0;
  std::string_view view() const { return {bytes.data(), body_bytes}; }
};
AlertBody make_alert_body(std::size_t alerts, std::size_t first = 0);

/// The same of these numbers, in this order, and of so many services. `ends_at` is the end of all of them.
AlertBody make_alert_body(std::span<const std::size_t> numbers, std::size_t services, std::string_view ends_at);

}  // namespace tocsin::bench
