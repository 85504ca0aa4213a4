// The encoders extension: base64.

#include <array>

#include "rules/cel/functions.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Value encode(Evaluation& evaluation, Arguments arguments) {
  if (!arguments[0].is(Kind::bytes)) return no_overload();
  const std::string_view from = arguments[0].as_text();
  const std::size_t size = (from.size() + 2) / 3 * 4;
  char* to = evaluation.allocate<char>(size);
  if (to == nullptr || !evaluation.spend(from.size() / 8)) return Evaluation::exhausted_error();
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < from.size() ? static_cast<std::uint8_t>(from[i]) : 0;
  };
  for (std::size_t i = 0, out = 0; i < from.size(); i += 3, out += 4) {
    const std::uint32_t bits = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    to[out] = kAlphabet[bits >> 18U];
    to[out + 1] = kAlphabet[bits >> 12U & 63U];
    to[out + 2] = i + 1 < from.size() ? kAlphabet[bits >> 6U & 63U] : '=';
    to[out + 3] = i + 2 < from.size() ? kAlphabet[bits & 63U] : '=';
  }
  return Value::string({to, size});
}

/// With or without the padding.
Value decode(Evaluation& evaluation, Arguments arguments) {
  if (!arguments[0].is(Kind::string)) return no_overload();
  std::string_view from = arguments[0].as_text();
  if (from.size() % 4 == 0) {
    for (int i = 0; i < 2 && from.ends_with('='); ++i) from.remove_suffix(1);
  }
  if (from.size() % 4 == 1) return bad_argument("not base64");
  char* to = evaluation.allocate<char>(from.size() / 4 * 3 + 3);
  if (to == nullptr || !evaluation.spend(from.size() / 8)) return Evaluation::exhausted_error();
  std::size_t size = 0;
  std::uint32_t bits = 0;
  std::uint32_t count = 0;
  for (const char c : from) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return bad_argument("not base64");
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      to[size++] = static_cast<char>(static_cast<std::uint8_t>(bits >> count & 0xFFU));
    }
  }
  return Value::bytes({to, size});
}

constexpr std::array<Function, 2> kFunctions = {{
    {"base64.encode", false, "y:s", encode, 50},
    {"base64.decode", false, "s:y", decode, 50},
}};

}  // namespace

std::span<const Function> encoder_functions() { return kFunctions; }

}  // namespace tocsin::cel
