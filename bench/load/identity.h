#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tocsin {

/// Hands out texts of ten base-36 digits, none twice within 2^51 of them: the counter is multiplied by an odd number,
/// which permutes the 51-bit numbers, so that neighbours in time share no prefix (as pod names do not).
class Identities {
 public:
  explicit Identities(std::uint64_t seed) : offset_(seed * 0x9e3779b97f4a7c15) {}

  /// Writes the next one over ten letters at `place`.
  void write_next(char* place) {
    std::uint64_t number = ((count_++ + offset_) * kOdd) & kMask;
    for (int pair = 4; pair >= 0; --pair) {
      const std::uint64_t digits = number % kPairs;
      number /= kPairs;
      place[2 * pair] = kDigits[digits / 36];
      place[2 * pair + 1] = kDigits[digits % 36];
    }
  }

  std::uint64_t count() const { return count_; }

 private:
  static constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  static constexpr std::uint64_t kPairs = 36 * 36;
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << 51) - 1;  // 2^51 < 36^10
  static constexpr std::uint64_t kOdd = 0x5851f42d4c957f2d;

  std::uint64_t offset_;
  std::uint64_t count_ = 0;
};

}  // namespace tocsin
