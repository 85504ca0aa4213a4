#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/cel/value.h"

namespace tocsin::cel {

/// The shortest decimal that reads back equal: "123.456", "1e+21", "NaN", "-Infinity". No ".0" is added.
std::string floating_text(double value);
/// The same without an exponent, however long that is.
std::string plain_floating_text(double value);
/// A whole text as a double; also "NaN", "Inf" and "Infinity" in letters of either case, the latter two with a sign.
std::optional<double> parse_floating(std::string_view text);

/// RFC 3339 in UTC, with as many digits of the second as it has: "2009-02-13T23:31:30.5Z".
std::string timestamp_text(const Value& timestamp);
/// RFC 3339, with any offset, between the years 1 and 9999; nullopt for anything else.
std::optional<Value> parse_timestamp(std::string_view text);

/// Decimal seconds: "90s", "-0.5s".
std::string duration_text(std::int64_t nanoseconds);
/// A sequence of numbers with units h, m, s, ms, us, µs, ns, perhaps with a sign: "1h30m", "-1.5s", "0".
std::optional<std::int64_t> parse_duration(std::string_view text);

/// In double quotes, with the escapes of the language for what cannot be printed.
std::string quoted(std::string_view text);
std::string quoted_bytes(std::string_view bytes);

}  // namespace tocsin::cel
