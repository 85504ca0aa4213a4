#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tocsin::rules {

/// "did you mean `critical`?" for the candidate that is nearest to `word`, "" when none is near: at most a third of its
/// letters, and three, are other, missing or swapped.
std::string slip(std::string_view word, std::span<const std::string_view> candidates);

/// The same for a word that is wrong for certain: else for the only candidate that begins with it (`crit`).
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

/// "`a`, `b` or `c`", for messages.
std::string one_of(std::span<const std::string_view> words);

}  // namespace tocsin::rules
