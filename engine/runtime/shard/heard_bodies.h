#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/core/conditions/heard.h"
#include "engine/model/check.h"
#include "engine/model/ids.h"

namespace tocsin {

/// What became of the alerts of the newest bodies, by position: for who posted them and asks. In memory only; a replay
/// makes it again. One thread.
class HeardBodies {
 public:
  static constexpr std::size_t kBodiesMax = 4096;  // the oldest is forgotten first

  /// Requires: `position` is after the last one added.
  void add(Position position, const HeardCounts& counts) {
    TOCSIN_CHECK(newest_ == kNone || bodies_[newest_].position < position, "positions rise");
    if (bodies_.size() < kBodiesMax) {
      bodies_.push_back({});
      newest_ = bodies_.size() - 1;
    } else {
      newest_ = (newest_ + 1) % kBodiesMax;
    }
    bodies_[newest_] = {position, counts};
  }

  /// Null: there is none of this position, or it was forgotten.
  const HeardCounts* find(Position position) const {
    // Two runs, each in order: from the oldest to the end, and from the beginning to the newest.
    if (newest_ == kNone) return nullptr;
    const auto turn = bodies_.begin() + static_cast<std::ptrdiff_t>(newest_) + 1;
    for (const auto& [from, to] : {std::pair{turn, bodies_.end()}, std::pair{bodies_.begin(), turn}}) {
      const auto found = std::lower_bound(from, to, position,
                                          [](const Body& body, Position wanted) { return body.position < wanted; });
      if (found != to && found->position == position) return &found->counts;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;
  struct Body {
    Position position{};
    HeardCounts counts{};
  };

  std::vector<Body> bodies_;
  std::size_t newest_ = kNone;
};

}  // namespace tocsin
