#pragma once

#include <cstdint>
#include <string>

#include "engine/core/storm/storm_book.h"

namespace tocsin {

/// `412,008`.
std::string grouped_digits(std::uint64_t number);

/// What a storm begins with, in words: "Storm of team=payments: 1,000 new alerts in a minute, 4 are usual".
std::string storm_begins(const StormBook::Scope& scope);

/// A storm's incident in one line, and in full. `folded_now`: how many are folded into it and fire.
std::string storm_title(const std::string& scope, const Storm& storm, Instant now);
std::string storm_description(const Storm& storm, std::uint64_t folded_now, Instant now);

}  // namespace tocsin
