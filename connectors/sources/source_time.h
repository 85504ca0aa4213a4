#pragma once

#include <optional>
#include <string_view>

#include "engine/model/instant.h"

namespace tocsin {

/// A time as a sender says it.
struct SourceTime {
  Instant at{};
  bool is_local = false;  // it names no zone: `at` is what a clock of UTC would show
};

/// Reads a time as senders write it, where parse_rfc3339 said no. Two families:
/// - a date and a time: RFC 3339 and around it: no zone, `+0000`, `+00`, ` UTC`, ` GMT`, a blank before the zone,
/// a
///   comma before the fraction, no seconds, what mails and date(1) write (`Fri, 27 Nov 2026 10:00:00 GMT`), `2026/11/27
///   10:00:00`, `20261127T100000Z`, and what Go prints (`2026-11-27 10:00:00.5 +0000 UTC m=+0.1`);
/// - a number since 1970, with or without a fraction or an exponent. By its size these are seconds, from 10^11 on
///   milliseconds, from 10^14 on microseconds, from 10^17 on nanoseconds (each before 1973 is the next smaller unit
///   after 5138). Zero is kUnset; nothing passes through a double.
/// White space around it does not count. Nullopt: neither, a negative number, or beyond 2262.
std::optional<SourceTime> parse_source_time(std::string_view text);

}  // namespace tocsin
