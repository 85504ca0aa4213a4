#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tocsin::rules {

/// What no other process has: where this one was loaded to.
inline std::uint64_t text_seed() {
  static constexpr char kHere = 0;
  return reinterpret_cast<std::uintptr_t>(&kHere) * 0x9E3779B97F4A7C15U;
}

/// Goes on hashing with `text`, its length included: short texts, and many of them.
inline std::uint64_t hash_on(std::uint64_t state, std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  constexpr std::uint64_t kOdd = 0xA0761D6478BD642FU;
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const auto load = [](const char* at, std::size_t bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, bytes);
    return value;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  state ^= kOdd * (left + 1);
  for (; left > 16; left -= 16, at += 16) state = fold(load(at, 8) ^ kOdd, load(at + 8, 8) ^ state);
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (left >= 8) {
    a = load(at, 8);
    b = load(at + left - 8, 8);
  } else if (left >= 4) {
    a = load(at, 4);
    b = load(at + left - 4, 4);
  } else if (left > 0) {
    const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(at[i])}; };
    a = byte(0) << 16 | byte(left / 2) << 8 | byte(left - 1);
  }
  return fold(a ^ kOdd, b ^ state);
}

/// Of texts from outside: seeded by the process, so that nobody can choose texts that collide. Maps with it are only
/// looked up, never walked.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return hash_on(text_seed(), text); }
};

}  // namespace tocsin::rules
