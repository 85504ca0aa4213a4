#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"

namespace tocsin {

/// What raise rules did to an incident, what they will do next, and since when nobody has taken it on. It knows no
/// rules: they are named by id, so that what was done outlives them.
///
/// Invariants: the unacknowledged clock runs while the incident is open, and only then; steps are in order of instant;
/// all lists are bounded.
struct Escalation {
  /// One thing that a rule did.
  struct Step {
    Instant at{};
    std::string rule{};
    Priority to = Priority::p5;  // P5: it raised nothing
    std::string group{};         // that it called in; "": none
    std::string plan_step{};     // that it asked for; "": none
  };
  /// A rule that has done what it does besides raising. It does it again once its clock has begun anew.
  struct Done {
    std::string rule{};
    Instant of{};  // when the clock began that the rule goes by
  };
  /// What the rules will do, if nothing changes.
  struct Next {
    Instant at = kNever;  // kNever: nothing
    std::string rule{};
    std::string what{};  // "P1", "standby group dba"
    friend bool operator==(const Next&, const Next&) = default;
  };

  Instant waits_since = kUnset;  // the unacknowledged clock; kUnset: it stands
  std::string group{};           // that was called in last; "": none
  std::string plan_step{};       // that was asked for last; "": none
  std::uint64_t taken = 0;       // steps, those included that are not kept any more
  std::vector<Step> steps{};     // the newest of them, oldest first
  std::vector<Done> done{};      // in order
  Next next{};

  void take(Step step);
  bool has_done(std::string_view rule, Instant of) const;
  void mark_done(std::string_view rule, Instant of);
  /// The other incident goes on in this one: what either was escalated to stays, and no rule does again what it did to
  /// either. `waits_since` is to be that of the two together.
  void take_in(const Escalation& other, Instant waits_since_now);

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  /// `is_open`: nobody has acknowledged it, and something fires.
  void check(bool is_open, bool is_live) const;
};

}  // namespace tocsin
