#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/core/slots.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"
#include "engine/model/mending.h"
#include "engine/model/severity.h"

namespace tocsin {

/// An alert as received, reduced to what decides whether its condition holds. Instants are in the engine's frame but
/// for `end`, which is kept as it was said.
struct Word {
  Hash128 voice{};     // who says it
  Hash128 identity{};  // of the source's own
  Hash128 content{};
  bool resolved = false;       // as the rules decide
  bool said_resolved = false;  // as the source says
  /// The voice's identity is the whole label set: a close has the labels of its opening.
  bool identity_is_labels = false;
  std::uint8_t depth = 0;       // of derivation; 0: from outside
  std::uint16_t source = 0;     // number of its name in the book of conditions
  std::uint32_t speaker = 0;    // number in the book of sources; 0: none
  Instant came{};               // of receipt
  Instant said{};               // when it was said; at most `came`
  Instant start = kUnset;       // since when the condition holds, if it says so; at most `came`
  Instant end = kUnset;         // of a close: the end that it states, as it was said: what a close is known by
  Instant ended = kUnset;       // of a close: its end, or when it was said; at most `came`
  Instant since{};              // when the condition began by the time of day, for people: as it was said, else receipt
  MendingSet mended{};          // what is not as it was sent
  Instant expires_at = kNever;  // of a firing: when it has ended if nothing more is heard

  Instant began() const { return start == kUnset ? said : start; }
};

/// One speaker of an identity: source, origin, and the source's own identity. Each has its own status, severity, start
/// and lease. Invariant: while it fires it has a start; what never fired has none.
struct Voice {
  // Read and written by every repeat: together, first.
  Hash128 content{};
  Instant expires_at = kNever;    // firing: when it ends if nothing more is heard
  Instant heard_at{};             // its newest word
  Instant stated_start = kUnset;  // the newest start that it stated
  Instant scheduled_at = kNever;  // the earliest deadline of its lease in the queue
  std::uint32_t looked_by = 0;  // which rule set looked at it last; at a repeat under another one it is looked at again
  std::uint32_t speaker = 0;    // whose its newest word was; see SourceBook
  std::uint16_t source = 0;
  Severity severity{};  // as its newest firing word had it
  bool firing : 1 = false;
  bool said_resolved : 1 = false;  // the source's last word, before any expiry
  bool ever_fired : 1 = false;
  bool lapsed : 1 = false;  // its last end was by our lease, which any firing word undoes

  Hash128 key{};                // what it is found by
  Instant starts_at = kUnset;   // of the present firing, or the last one: the first that it had, by the time of day
  Instant close_end = kUnset;   // the end that its last close stated, as it was said
  Instant closed_at = kUnset;   // the end of its last close, in the engine's frame
  Instant close_came = kUnset;  // when that was received

  /// A close that states the end of the last one applied.
  bool is_repeated_close(const Word& word) const { return word.end != kUnset && word.end == close_end; }
  /// A close of before what fires.
  bool is_of_earlier_life(const Word& word) const { return stated_start != kUnset && word.ended < stated_start; }
  /// A firing that began before the last close, while that is fresh.
  bool is_late(const Word& word, Duration lateness) const {
    return !lapsed && closed_at != kUnset && word.began() < closed_at && word.came - close_came < lateness;
  }

  void take_close(const Word& word) {
    speaker = word.speaker;
    content = word.content;
    said_resolved = word.said_resolved;
    heard_at = word.came;
    close_end = word.end;
    closed_at = word.ended;
    close_came = word.came;
    firing = lapsed = false;
    expires_at = kNever;
  }
  /// A firing word of whatever content.
  void take_firing(const Word& word) {
    starts_at = firing ? std::min(starts_at, word.since) : word.since;
    stated_start = firing ? std::max(stated_start, word.start) : word.start;
    content = word.content;
    speaker = word.speaker;
    said_resolved = word.said_resolved;
    heard_at = word.came;
    expires_at = word.expires_at;
    firing = ever_fired = true;
    lapsed = false;
  }
  /// The same words again.
  void take_repeat(Instant came, Instant start, Instant lease_end) {
    heard_at = came;
    expires_at = lease_end;
    stated_start = std::max(stated_start, start);
  }
  void lapse() {
    firing = false;
    lapsed = true;
    expires_at = kNever;
  }
};

/// Voices of a condition beyond its first, in a chain from the newest on.
struct ExtraVoice {
  Voice voice{};
  std::uint32_t condition = kNoSlot;
  std::uint32_t next = kNoSlot;
  std::uint64_t number = 0;  // order of arrival in the shard, among all voices and conditions
  std::uint32_t generation = 0;
  bool used = false;
};

}  // namespace tocsin
