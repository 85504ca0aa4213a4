#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/alert_texts.h"
#include "engine/core/categorise.h"
#include "engine/core/flap.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"
#include "engine/model/mending.h"

namespace tocsin {

inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

/// Why an alert is held back.
struct HoldReason {
  enum class Kind : std::uint8_t { none, rule };
  Kind kind = Kind::none;
  std::uint32_t index = 0;  // of the suppress rule
  explicit operator bool() const { return kind != Kind::none; }
};

/// What an alert is to a suppress rule while it fires. See Inhibition.
struct SuppressRole {
  std::uint32_t point = kNoSlot;
  bool is_target = false;
  bool is_inhibitor = false;
  friend bool operator==(const SuppressRole&, const SuppressRole&) = default;
};

/// What a condition is to incidents.
enum class Standing : std::uint8_t {
  idle,    // it does not fire, or no group rule takes it
  waits,   // it fires and would open or join; first it is seen whether an inhibitor comes
  held,    // it fires and is held back
  active,  // it fires as a member of an incident
};

/// What a shard knows of one condition.
struct AlertState {
  // Read and written by every repeat: together, first.
  Hash128 content{};
  Instant last_seen{};
  Instant expires_at{};  // firing: when it ends if nothing more is heard
  std::uint64_t repeats = 0;
  std::uint32_t incident = kNoSlot;
  bool firing = false;
  bool said_resolved = false;  // the source's last word, before any expiry
  bool lingers = false;        // has ended while it flapped: its incident counts it as firing until it is quiet
  bool used = false;           // the slot holds an alert
  Standing standing = Standing::idle;
  /// Which rule set looked at it last; at a repeat under another one it is looked at again.
  std::uint32_t rules_number = 0;

  std::uint32_t generation = 0;   // of the slot: a deadline of an earlier tenant is void
  Instant scheduled_at = kNever;  // the earliest expiry deadline in the queue
  Instant event_time{};           // of the newest word of the source; at most its receive instant
  Instant first_seen{};
  Instant starts_at{};
  Instant ended_at = kUnset;
  Instant forgotten_at = kNever;  // ended without an incident: when it is no longer remembered
  Hash128 identity{};
  std::uint32_t key_number = 0;  // of the dedup key that `identity` is of; see DedupKeys
  /// It became known under an earlier rule set: words about its labels are about it, whatever identity they have now.
  bool keeps_identity = false;
  MendingSet mended{};             // of the newest word that was no repeat
  Hash128 source_identity{};       // as the decoder hashed it: what a repeat is looked up by
  LabelFingerprint fingerprint{};  // 0: not worked out, as most alerts of a storm are never shown; see fingerprint_of
  Severity severity{};
  Impact impact{};
  Urgency urgency{};
  Priority priority = Priority::p5;
  std::uint64_t number = 0;           // order of arrival in the shard
  HoldReason held_by{};               // when held
  Instant settled_at = kNever;        // when it waits: how long
  std::int64_t tier = 0;              // as the rules know it
  std::vector<SuppressRole> roles{};  // in the order of the rules, while it fires
  AlertTexts texts{};
  std::unique_ptr<Flap> flap{};  // once its status has changed, where the rules ask for it

  /// As its incident and people see it.
  bool counts_as_firing() const { return firing || lingers; }
  bool flaps() const { return flap != nullptr && flap->flaps; }
};

/// Alertmanager's, of the alert's labels.
LabelFingerprint fingerprint_of(const AlertState& alert);

/// How pressing an alert is.
struct AlertRank {
  Severity severity{};
  Impact impact{};
  Urgency urgency{};
  Priority priority = Priority::p5;
};
inline AlertRank rank_of(const AlertState& alert) {
  return {alert.severity, alert.impact, alert.urgency, alert.priority};
}
inline void set_rank(AlertState& alert, const AlertRank& rank) {
  alert.severity = rank.severity;
  alert.impact = rank.impact;
  alert.urgency = rank.urgency;
  alert.priority = rank.priority;
}

}  // namespace tocsin
