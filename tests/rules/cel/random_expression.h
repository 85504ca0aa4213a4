#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::cel {

/// Writes expressions over AlertEnvironment that the checker takes: well typed, of every operator, macro and function,
/// with few constants so that things are equal, and some that fail when they are evaluated.
class RandomExpression {
 public:
  explicit RandomExpression(std::uint64_t seed) : random_(seed) {}

  /// One that gives a value of `type`, a letter: b bool, i int, u uint, d double, s string, y bytes, t timestamp,
  /// r duration, p ip, c cidr, e severity, S list(string), I list(int), D list(dyn), M map(string, int).
  std::string of(char type, int depth);

  /// All that it may write, without what stands inside; to see what is missing.
  static std::string everything();

 private:
  std::uint64_t below(std::uint64_t count) { return random_() % count; }
  std::string filled(std::string_view form, int depth);

  std::mt19937_64 random_;
  std::vector<std::pair<char, std::string>> variables_;  // of macros, with their types
};

}  // namespace tocsin::cel
