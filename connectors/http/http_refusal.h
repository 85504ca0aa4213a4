#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/refusal.h"

namespace tocsin {

/// A request that is not served: the status and what its body says.
struct HttpRefusal {
  int status = 400;
  Error error{};
};

template <typename T>
using HttpResult = std::expected<T, HttpRefusal>;

inline std::unexpected<HttpRefusal> refuse_http(int status, Refusal code, std::string message) {
  return std::unexpected<HttpRefusal>(HttpRefusal{status, Error{code, std::move(message)}});
}

/// The status that a refusal is told with where the path says nothing else.
int status_of(Refusal code);

/// The whole field Retry-After that fits a 503: what passes by itself may be tried at once, what waits for a disk or
/// for a destination not.
std::string_view retry_after(Refusal code);

/// `{"error":{"code":…,"message":…,"index":…,"pointer":…}}`; index and pointer only when known.
std::string error_body(const Error& error);
std::string error_body(std::string_view code, std::string_view message);

}  // namespace tocsin
