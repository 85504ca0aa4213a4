#pragma once

#include <cstdint>

namespace tocsin {

/// A small, seedable source of draws (splitmix64): the same seed gives the same load on every machine and library.
/// Not for anything that must be unpredictable.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  /// A draw in [0, bound). Requires: `bound` > 0. The bias of the remainder is far below what a load can show.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  /// True with probability `share`, to a precision of 2^-32.
  bool happens(double share) { return static_cast<double>(next() >> 32) < share * 4294967296.0; }

 private:
  std::uint64_t state_;
};

}  // namespace tocsin
