// int, uint, double, bool, string, bytes, type, duration, timestamp.

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "rules/cel/functions.h"
#include "rules/cel/ip_address.h"
#include "rules/cel/operations.h"
#include "rules/cel/text.h"
#include "rules/cel/type.h"
#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  // Only what may be negative has a sign.
  if (std::is_signed_v<Number> && text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Value to_int(Evaluation&, Arguments arguments) {
  const Value& from = arguments[0];
  switch (from.kind()) {
    case Kind::integer:
      return from;
    case Kind::unsigned_integer:
      if (from.as_unsigned() > static_cast<std::uint64_t>(INT64_MAX)) return out_of_range();
      return Value::integer(static_cast<std::int64_t>(from.as_unsigned()));
    case Kind::floating: {
      const double d = from.as_floating();
      // Both ends are excluded: a double there may stand for a number beyond them.
      if (!(d > -9223372036854775808.0 && d < 9223372036854775808.0)) return out_of_range();
      return Value::integer(static_cast<std::int64_t>(d));
    }
    case Kind::string: {
      const auto value = parse_number<std::int64_t>(from.as_text());
      return value ? Value::integer(*value) : bad_argument("not an int");
    }
    case Kind::timestamp:
      return Value::integer(from.seconds());
    case Kind::enumeration:
      return Value::integer(from.enum_index());
    default:
      return no_overload();
  }
}

Value to_uint(Evaluation&, Arguments arguments) {
  const Value& from = arguments[0];
  switch (from.kind()) {
    case Kind::unsigned_integer:
      return from;
    case Kind::integer:
      if (from.as_integer() < 0) return out_of_range();
      return Value::unsigned_integer(static_cast<std::uint64_t>(from.as_integer()));
    case Kind::floating: {
      const double d = from.as_floating();
      if (!(d >= 0 && d < 18446744073709551616.0)) return out_of_range();
      return Value::unsigned_integer(static_cast<std::uint64_t>(d));
    }
    case Kind::string: {
      const auto value = parse_number<std::uint64_t>(from.as_text());
      return value ? Value::unsigned_integer(*value) : bad_argument("not a uint");
    }
    default:
      return no_overload();
  }
}

Value to_double(Evaluation&, Arguments arguments) {
  const Value& from = arguments[0];
  switch (from.kind()) {
    case Kind::floating:
      return from;
    case Kind::integer:
      return Value::floating(static_cast<double>(from.as_integer()));
    case Kind::unsigned_integer:
      return Value::floating(static_cast<double>(from.as_unsigned()));
    case Kind::string: {
      const auto value = parse_floating(from.as_text());
      return value ? Value::floating(*value) : bad_argument("not a double");
    }
    default:
      return no_overload();
  }
}

Value to_bool(Evaluation&, Arguments arguments) {
  const Value& from = arguments[0];
  if (from.is(Kind::boolean)) return from;
  if (!from.is(Kind::string)) return no_overload();
  for (const std::string_view yes : {"1", "t", "T", "true", "True", "TRUE"}) {
    if (from.as_text() == yes) return Value::boolean(true);
  }
  for (const std::string_view no : {"0", "f", "F", "false", "False", "FALSE"}) {
    if (from.as_text() == no) return Value::boolean(false);
  }
  return bad_argument("not a bool");
}

/// Decimal digits, built in place: this conversion is often part of a key.
template <typename Number>
Value decimal(Evaluation& evaluation, Number value) {
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return evaluation.string({buffer, static_cast<std::size_t>(end - buffer)});
}

Value to_string(Evaluation& evaluation, Arguments arguments) {
  const Value& from = arguments[0];
  switch (from.kind()) {
    case Kind::string:
      return from;
    case Kind::boolean:
      return Value::string(from.as_bool() ? "true" : "false");
    case Kind::integer:
      return decimal(evaluation, from.as_integer());
    case Kind::unsigned_integer:
      return decimal(evaluation, from.as_unsigned());
    case Kind::floating:
      return evaluation.string(floating_text(from.as_floating()));
    case Kind::bytes:
      return is_utf8(from.as_text()) ? Value::string(from.as_text()) : bad_argument("not UTF-8");
    case Kind::timestamp:
      return evaluation.string(timestamp_text(from));
    case Kind::duration:
      return evaluation.string(duration_text(from.duration_ns()));
    case Kind::enumeration:
      return Value::string(from.enum_type().names()[from.enum_index()]);
    case Kind::type:
      return Value::string(from.as_text());
    case Kind::ip:
      return evaluation.string(to_text(from.as_ip()));
    case Kind::cidr:
      return evaluation.string(to_text(from.as_cidr()));
    default:
      return no_overload();
  }
}

Value to_bytes(Evaluation&, Arguments arguments) {
  const Value& from = arguments[0];
  return from.is(Kind::bytes) || from.is(Kind::string) ? Value::bytes(from.as_text()) : no_overload();
}

Value to_duration(Evaluation&, Arguments arguments) {
  const Value& from = arguments[0];
  if (from.is(Kind::duration)) return from;
  if (!from.is(Kind::string)) return no_overload();
  const auto value = parse_duration(from.as_text());
  return value ? Value::duration(*value) : bad_argument("not a duration");
}

Value to_timestamp(Evaluation&, Arguments arguments) {
  const Value& from = arguments[0];
  if (from.is(Kind::timestamp)) return from;
  if (from.is(Kind::integer)) {
    if (from.as_integer() < kTimestampSecondsMin || from.as_integer() > kTimestampSecondsMax) return out_of_range();
    return Value::timestamp(from.as_integer(), 0);
  }
  if (!from.is(Kind::string)) return no_overload();
  const auto value = parse_timestamp(from.as_text());
  return value ? *value : bad_argument("not a timestamp");
}

Value type_of(Evaluation&, Arguments arguments) { return Value::type(type_name(arguments[0])); }

constexpr std::array<Function, 9> kFunctions = {{
    {"int", false, "i:i u:i d:i s:i t:i e:i", to_int},
    {"uint", false, "i:u u:u d:u s:u", to_uint},
    {"double", false, "i:d u:d d:d s:d", to_double},
    {"bool", false, "b:b s:b", to_bool},
    {"string", false, "s:s b:s i:s u:s d:s y:s t:s r:s e:s T:s p:s c:s", to_string},
    {"bytes", false, "y:y s:y", to_bytes},
    {"duration", false, "r:r s:r", to_duration},
    {"timestamp", false, "t:t s:t i:t", to_timestamp},
    {"type", false, "a:T", type_of},
}};

}  // namespace

std::span<const Function> conversion_functions() { return kFunctions; }

}  // namespace tocsin::cel
