#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/conditions/alert_texts.h"
#include "engine/core/conditions/categorise.h"
#include "engine/core/conditions/flap.h"
#include "engine/core/conditions/voice.h"
#include "engine/core/few.h"
#include "engine/core/slots.h"
#include "engine/model/check.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// Why an alert is held back.
struct HoldReason {
  enum class Kind : std::uint8_t { none, rule, silence };

  HoldReason() = default;
  HoldReason(Kind of, std::uint32_t at) : index(at & kIndexMask), kind(of) {
    TOCSIN_CHECK(at <= kIndexMask, "rules and silences are bounded");
  }

  static constexpr std::uint32_t kIndexMask = (std::uint32_t{1} << 30) - 1;
  std::uint32_t index : 30 = 0;  // of the suppress rule; of a silence its slot
  Kind kind : 2 = Kind::none;
  explicit operator bool() const { return kind != Kind::none; }
  friend bool operator==(const HoldReason&, const HoldReason&) = default;
};

/// What an alert is to a suppress rule while it fires. See Inhibition.
struct SuppressRole {
  static constexpr std::uint32_t kPointsMax = std::uint32_t{1} << 30;

  SuppressRole() = default;
  SuppressRole(std::uint32_t at, bool as_target, bool as_inhibitor)
      : point(at & (kPointsMax - 1)), is_target(as_target), is_inhibitor(as_inhibitor) {
    TOCSIN_CHECK(at < kPointsMax, "a role is at a point");
  }

  std::uint32_t point : 30 = 0;
  bool is_target : 1 = false;
  bool is_inhibitor : 1 = false;
  friend bool operator==(const SuppressRole&, const SuppressRole&) = default;
};
using SuppressRoles = Few<SuppressRole>;

/// What a condition is to incidents.
enum class Standing : std::uint8_t {
  idle,    // it does not fire, or no group rule takes it
  waits,   // it fires and would open or join; first it is seen whether an inhibitor comes
  held,    // it fires and is held back
  active,  // it fires as a member of an incident
};

/// That a condition is a member of an incident, and at which place of its list.
struct Membership {
  std::uint32_t incident = kNoSlot;
  std::uint32_t place = 0;
  explicit operator bool() const { return incident != kNoSlot; }
};

/// For which temporal rules a condition was counted, at which instant of its own: one firing counts once.
struct Counted {
  Instant at = kUnset;
  std::vector<std::uint64_t> by{};  // serial of the rule and step
  friend bool operator==(const Counted&, const Counted&) = default;
};

/// What rules that annotate say of a condition: who it is a member with is told.
struct Note {
  std::string rule{};
  std::string tag{};     // "": none
  std::string change{};  // of what change it may be a consequence; "": none is named
  friend bool operator==(const Note&, const Note&) = default;
};

/// Unless it is there, or there are as many as may be.
void add_note(std::vector<Note>& notes, const Note& note);

/// Of an alert that several group rules take, some of them later than others (`hold`): those it joins as they are due.
struct LaterGroups {
  Instant admitted_at{};      // from here on it has been firing for them
  Instant joins_at = kNever;  // the next; kNever: it waits for the first
};

/// What a shard knows of one condition, which people see as an alert. It fires while any of its voices does.
/// Invariants: `severity` is the highest of the voices that fire, or, when none does and while it is held back as a
/// member, what it was before; `roles` are there while it fires or lingers.
struct alignas(64) Condition {
  // Read and written by every repeat: together, first, in two cache lines.
  Voice voice{};  // the first
  std::uint64_t repeats = 0;
  Membership primary{};  // of the incident that it opened or joined by the first group rule that holds

  std::uint32_t extra = kNoSlot;      // the chain of its other voices
  std::uint32_t spoken_by = kNoSlot;  // whose texts it has: an extra voice, or the first
  std::uint32_t node = kNoSlot;       // of the topologies, where it stood when it fired last
  std::uint32_t generation = 0;       // of the slot: a deadline of an earlier tenant is void
  std::uint16_t key_number = 0;       // of the dedup key that `identity` is of; see DedupKeys
  std::uint16_t extra_count = 0;
  std::uint16_t scale = 0;     // which its severities are of; see ScaleHistory
  std::uint16_t rated_by = 0;  // of these rules' digest: under others its choices mean something else
  MendingSet mended{};         // of the newest word that was no repeat
  bool used : 1 = false;       // the slot holds a condition
  bool firing : 1 = false;     // one of its voices does
  bool lingers : 1 = false;    // has ended while it flapped: its incident counts it as firing until it is quiet
  bool dismissed : 1 =
      false;  // its incident was resolved by hand and closed: it opens nothing until it fires anew or rises
  bool lost_primary : 1 = false;  // its primary incident has closed, and it is a member of others still
  Standing standing = Standing::idle;
  Severity severity{};
  Impact impact{};
  Urgency urgency{};
  Priority priority = Priority::p5;
  std::uint8_t impact_by = kNoChoice;  // the choices of the rules that it was rated by last; see `rated_by`
  std::uint8_t urgency_by = kNoChoice;
  std::uint8_t depth = 0;    // of derivation; 0: from outside
  HoldReason held_by{};      // when held
  std::uint64_t number = 0;  // order of arrival in the shard
  Hash128 identity{};
  Instant first_seen{};
  Instant starts_at = kUnset;  // the earliest start of the voices that fire, or did last, by the time of day
  Instant event_time{};        // of its newest firing word, for windows
  Instant text_said{};         // when what its texts are of was said
  Instant ended_at = kUnset;
  Instant forgotten_at = kNever;  // ended without an incident: when it is no longer remembered
  Instant settled_at = kNever;    // when it waits: how long
  std::int64_t tier = 0;          // as the rules know it
  SuppressRoles roles{};          // in the order of the rules, while it fires
  AlertTexts texts{};
  std::unique_ptr<Flap> flap{};                       // once its status has changed, where the rules ask for it
  std::unique_ptr<std::vector<Membership>> others{};  // incidents besides the primary
  std::unique_ptr<LaterGroups> later{};               // groups that it joins later, if it fires still
  std::unique_ptr<Counted> counted{};                 // once a temporal rule has seen it
  std::unique_ptr<std::vector<Note>> notes{};         // once a rule has annotated it; each once

  /// As its incident and people see it.
  bool counts_as_firing() const { return firing || lingers; }
  bool flaps() const { return flap != nullptr && flap->flaps; }
  bool is_member() const { return static_cast<bool>(primary); }

  /// `f(Membership&)` for each incident, the primary one first.
  template <typename F>
  void for_each_membership(F&& f) {
    if (primary) f(primary);
    if (others == nullptr) return;
    for (Membership& one : *others) f(one);
  }
};

static_assert(offsetof(Condition, primary) + sizeof(Membership) == 128, "what a repeat needs is in two cache lines");
static_assert(sizeof(Condition) <= 320, "a million of them are kept");

/// Alertmanager's, of the alert's labels.
LabelFingerprint fingerprint_of(const Condition& condition);

/// What tells the choices of one rule set from those of another.
inline std::uint16_t digest_part(const rules::RuleSet& rules) { return static_cast<std::uint16_t>(rules.digest.low); }

/// How pressing an alert is.
struct AlertRank {
  Severity severity{};
  Impact impact{};
  Urgency urgency{};
  Priority priority = Priority::p5;
};
/// More severe or more pressing.
inline bool is_higher(const AlertRank& rank, const AlertRank& than) {
  return rank.severity > than.severity || rank.priority < than.priority;
}
inline AlertRank rank_of(const Condition& condition) {
  return {condition.severity, condition.impact, condition.urgency, condition.priority};
}
inline void set_rank(Condition& condition, const AlertRank& rank) {
  condition.severity = rank.severity;
  condition.impact = rank.impact;
  condition.urgency = rank.urgency;
  condition.priority = rank.priority;
}

}  // namespace tocsin
