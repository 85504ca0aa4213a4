#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "engine/model/instant.h"
#include "engine/model/severity.h"

namespace tocsin {

/// What people did with an incident, by commands.
struct Handling {
  struct Note {
    Instant at{};
    std::string by{};
    std::string text{};
  };

  /// How those who were served found it.
  struct Score {
    std::int64_t points = 0;  // 1 … kScoreMax, the best
    Instant at{};
    std::string by{};
    std::string comment{};
  };

  Instant acknowledged_at = kUnset;  // first, unless it was taken back
  std::string acknowledged_by{};     // by whom it is, or was last
  Severity acknowledged_severity{};  // of the members by then: above it the acknowledgement holds no more
  std::string owner{};               // who was assigned, or acknowledged it; "": that of its alerts
  bool owns_by_ack = false;          // and goes when the acknowledgement is taken back
  Instant snoozed_until = kUnset;    // not told before, unless something happens that people act on
  bool resolved_by_hand = false;     // its alerts may still fire
  std::optional<Severity> severity{};
  std::optional<Priority> priority{};
  std::string ranked_by{};       // who said severity or priority
  bool drill = false;            // an exercise
  std::deque<Note> notes{};      // the newest, oldest first; bounded
  std::optional<Score> score{};  // once it is resolved
};

}  // namespace tocsin
