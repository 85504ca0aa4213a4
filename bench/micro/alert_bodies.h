#pragma once

#include <cstddef>
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

}  // namespace tocsin::bench
