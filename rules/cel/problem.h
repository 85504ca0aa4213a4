#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tocsin::cel {

/// One mistake in an expression, told to the person who wrote it. Places count bytes from the start of the expression.
struct Problem {
  std::uint32_t offset = 0;
  std::uint32_t length = 1;  // bytes to underline, at least 1 unless the expression is empty
  /// Stable, snake_case: syntax, too_long, too_deep, unknown_name, unknown_field, unknown_function, type_mismatch,
  /// bad_literal, bad_pattern, pattern_too_large, bad_time_zone, bad_constant.
  std::string code;
  std::string message;     // what is wrong and what was expected
  std::string suggestion;  // "did you mean `service`?", or empty
  friend bool operator==(const Problem&, const Problem&) = default;
};

using Problems = std::vector<Problem>;

}  // namespace tocsin::cel
