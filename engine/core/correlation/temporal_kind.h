#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/core/conditions/alert_texts.h"
#include "engine/core/correlation/event_time.h"
#include "engine/core/correlation/key_table.h"
#include "engine/core/slots.h"
#include "engine/model/hash.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"

namespace tocsin {

/// A condition that a window remembers; it may be forgotten since.
struct ConditionRef {
  std::uint32_t slot = kNoSlot;
  std::uint32_t generation = 0;
  friend bool operator==(const ConditionRef&, const ConditionRef&) = default;
};

/// Conditions by the numbers that canonical bytes have for them; 0: it is forgotten.
struct ConditionNumbers {
  std::function<std::uint64_t(ConditionRef)> number_of;
  std::function<ConditionRef(std::uint64_t)> ref_of;
};

/// An alert as a rule of a kind sees it.
struct Sighting {
  Hash128 key{};  // of the rule, the tenant and the values of `by`
  std::uint32_t step = 0;
  Instant at{};               // of the event, within its bounds
  Instant now{};              // of the engine
  std::uint64_t alert = 0;    // number of its condition
  std::uint32_t speaker = 0;  // whose word it was; 0: nobody who may be silent
  ConditionRef who{};
  std::string_view value{};           // distinct: of its field
  const AlertTexts* texts = nullptr;  // where the rule remembers the alert of this step
};

/// What a rule finds in a sighting: the newest window that holds with it, if there is one.
struct Pattern {
  bool holds = false;
  Instant first_at{};  // of the alerts in the window
  Instant last_at{};
  Instant held_until{};   // the last instant at which it holds if nothing more comes
  std::size_t count = 0;  // how many there were of what is counted
  std::size_t needed = 0;
  // Of what it was found with, where the kind has steps in order.
  std::uint32_t step = 0;
  Instant at{};
  std::uint64_t alert = 0;
};

/// What a pattern was made of, for what people are told.
struct WindowParts {
  std::vector<std::string_view> values;  // distinct, in order of time
  std::vector<std::pair<std::uint32_t, const AlertTexts*>> steps;
  std::vector<ConditionRef> members;                              // where the rule remembers them
  std::vector<std::pair<std::uint32_t, ConditionRef>> change_of;  // of each step that was seen, the newest alert
};

/// What a rule remembers of each of its keys, and what it makes of what it sees. One for each temporal rule.
///
/// What they all hold: what arrives acts at once with its event time, so the order of arrival changes nothing while
/// everything comes before what it is part of is over; a window of `within` has both its ends; an instant is forgotten
/// once nothing that may still arrive can be in a window with it; keys are bounded.
class TemporalKind {
 public:
  virtual ~TemporalKind() = default;
  virtual Pattern see(const Sighting& seen, KeyBound& bound) = 0;
  /// Of the pattern that was just found.
  virtual void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const = 0;
  virtual std::size_t key_count() const = 0;
  virtual void write(CanonicalWriter& out, const ConditionNumbers& numbers) const = 0;
  virtual void read(CanonicalReader& in, const ConditionNumbers& numbers) = 0;
  virtual void check() const = 0;
};

/// Before this instant nothing matters any more at `now` to a window of `within`.
inline Instant forgotten_before(Instant now, Duration within) { return now - kOldestEventTime - within; }

}  // namespace tocsin
