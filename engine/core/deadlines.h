#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin {

/// What is due at an instant.
enum class DeadlineKind : std::uint8_t {
  alert_expires,
  alert_forgotten,
  incident_closes,
  alert_settles,
  window_turns,
  incident_ages,
  flap_ends,
};

struct Deadline {
  Instant at{};
  std::uint64_t serial = 0;  // order of adding: the second key, so that equal instants have one order everywhere
  DeadlineKind kind{};
  std::uint32_t slot = 0;        // of the alert or incident
  std::uint32_t generation = 0;  // of the slot; another one there means that this deadline is void
};

/// Deadlines in order of instant, then of adding. Moving a deadline is done by the owner: it leaves the old entry in
/// and adds a new one; who takes an entry asks whether it still holds.
class Deadlines {
 public:
  void add(Instant at, DeadlineKind kind, std::uint32_t slot, std::uint32_t generation) {
    heap_.push_back({at, ++serial_, kind, slot, generation});
    std::ranges::push_heap(heap_, after);
  }

  /// kNever when there is none.
  Instant next() const { return heap_.empty() ? kNever : heap_.front().at; }

  /// Requires: there is one.
  Deadline take() {
    std::ranges::pop_heap(heap_, after);
    const Deadline taken = heap_.back();
    heap_.pop_back();
    return taken;
  }

 private:
  static bool after(const Deadline& a, const Deadline& b) { return a.at != b.at ? a.at > b.at : a.serial > b.serial; }

  std::vector<Deadline> heap_;
  std::uint64_t serial_ = 0;
};

}  // namespace tocsin
