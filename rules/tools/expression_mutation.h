#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

/// A small change of an expression: its bytes from `begin` to `end` become `text`.
struct ExpressionMutant {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string text;
  std::string name;  // "tier >= 3 -> tier > 3", white space and long texts shortened
};

/// The mutants of an expression, in the order of a walk from the outside in. `is_condition`: it decides something, so
/// it may also hold never or always. `scale`: names of severities, lowest first. None when it does not parse.
std::vector<ExpressionMutant> mutants_of_expression(std::string_view text, bool is_condition,
                                                    const std::vector<std::string>& scale);

/// One unit of the smallest less and more: "1h30m" → "1h29m", "1h31m". Zero is half of it instead: "1m" → "30s".
std::vector<std::string> other_durations(std::string_view text);

/// True when the two conditions cannot hold for the same alert because they want other constants of the same thing:
/// `tier == 1`, `tier >= 2`. False when that cannot be seen.
bool exclude_each_other(std::string_view a, std::string_view b);

/// True when the condition holds only for one constant of the thing: `name == "DiskFull" && tier == 1` wants one name.
bool wants_one(std::string_view condition, std::string_view of);

}  // namespace tocsin::rules
