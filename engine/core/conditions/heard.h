#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tocsin {

/// What a word was for its condition.
enum class Heard : std::uint8_t {
  repeat,        // same voice, same content
  opened,        // the condition fires
  changed,       // it fired already
  late,          // a firing of before the last close
  closed,        // the condition has ended
  voice_closed,  // its voice has ended, others fire
  close_again,   // a close that was applied, or of what had ended
  earlier_life,  // a close of before what fires
  unheard_of,    // a close of what never fired
  dropped,       // a rule wants none of it
};
inline constexpr std::size_t kHeardCount = static_cast<std::size_t>(Heard::dropped) + 1;

/// How often each in one body. Together they are its alerts; those that rules derive from them are not counted.
struct HeardCounts {
  std::array<std::uint32_t, kHeardCount> of{};

  std::uint32_t operator[](Heard kind) const { return of[static_cast<std::size_t>(kind)]; }
  void add(Heard kind) { ++of[static_cast<std::size_t>(kind)]; }
  friend bool operator==(const HeardCounts&, const HeardCounts&) = default;
};

}  // namespace tocsin
