#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tocsin::cel {

/// A mistake inside a literal, at a byte of its token.
struct LiteralError {
  std::uint32_t offset = 0;
  std::uint32_t length = 1;
  std::string message;
};

/// What a string or bytes token (prefix and quotes included) stands for.
std::expected<std::string, LiteralError> decode_string(std::string_view token);

/// What an integer token (without `u`, decimal or 0x) stands for; an error above `max`.
std::expected<std::uint64_t, LiteralError> decode_integer(std::string_view token, std::uint64_t max);

std::expected<double, LiteralError> decode_floating(std::string_view token);

}  // namespace tocsin::cel
