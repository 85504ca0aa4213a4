#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/instant.h"

namespace tocsin {

/// Reads an RFC 3339 date-time (§5.6): any offset, `T`, `t` or a space, `Z` or `z`, up to nine digits of fraction (more
/// are cut),
/// `:60` as the next second. Instants that do not fit (before 1677 or after 2262) become kUnset: the zero time of Go
/// programs, 0001-01-01T00:00:00Z, is how they say "none". Nullopt: not such a text.
std::optional<Instant> parse_rfc3339(std::string_view text);

/// Appends `2026-03-28T23:00:00.000Z`: RFC 3339, UTC, milliseconds (cut, not rounded). Requires: `at` is a real
/// instant.
void append_rfc3339(std::string& out, Instant at);
std::string to_rfc3339(Instant at);
inline constexpr std::size_t kRfc3339Bytes = 24;
/// The same into a place of one's own, without allocation.
std::string_view write_rfc3339(Instant at, std::array<char, kRfc3339Bytes>& out);

/// Reads `90s`, `5m`, `1h30m`, `250ms`, `2d`, `1w`: Prometheus' units, largest first, no sign. Nullopt: not such a
/// text.
std::optional<Duration> parse_duration(std::string_view text);

/// Writes the same form, largest units first: 5400 s is `1h30m`. Zero is `0s`.
std::string to_text(Duration duration);

}  // namespace tocsin
