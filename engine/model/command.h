#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/instant.h"
#include "engine/model/severity.h"

namespace tocsin {

/// What a person, or a program on behalf of one, wants done. The numbers are in the state's bytes: never reused.
enum class CommandKind : std::uint8_t {
  ack = 1,
  unack = 2,
  resolve = 3,
  reopen = 4,
  assign = 5,
  note = 6,
  snooze = 7,
  unsnooze = 8,
  priority = 9,
  severity = 10,
  drill = 11,
  merge = 12,
  split = 13,
  move = 14,
  roles = 15,
  plan_step = 16,
  score = 17,
  silence = 18,
  expire_silence = 19,
  extend_silence = 20,
  heartbeat = 21,
};
inline constexpr std::size_t kCommandKindCount = 22;  // with 0, which is none

/// What heartbeats are as alerts: `source`. They are signs of life, and in no incident.
inline constexpr std::string_view kHeartbeatSource = "heartbeat";

/// "ack", "expire_silence", …: the word in bodies, paths and stories.
std::string_view name_of(CommandKind kind);
/// Other words for some are taken too: `close` is resolve, `comment` is note, `unsilence` is expire_silence.
std::optional<CommandKind> command_from(std::string_view name);
/// Whether it is about one incident; the others are about silences, or a sign of life.
bool is_of_incident(CommandKind kind);

/// A command as it was sent. What says nothing is "" or unset; which parts a kind reads is in connectors/README.md.
struct Command {
  CommandKind kind = CommandKind::note;
  std::string command_id{};  // of the sender: the same again does nothing again; "": none
  std::string by{};          // who
  std::string from{};        // from where: http, kafka, story
  std::string incident{};    // its id, or the beginning of one that no other has; or its number in order of opening
  std::optional<std::uint64_t> if_revision{};  // only if this is the newest
  std::string to{};       // assign: whom; merge, move: which incident; severity: which; heartbeat: of what
  std::string text{};     // of a note, the comment of a silence, why
  std::string silence{};  // expire, extend: its id, or its number; silence: the id it shall have
  std::vector<std::string> matchers{};  // of a silence
  Instant start = kUnset;               // of a silence: unset: now
  Instant until = kUnset;               // of a snooze or silence
  std::optional<Duration> span{};       // the same, from the start on
  std::optional<Priority> priority{};
  std::optional<bool> on{};                                   // drill: whether it is one
  std::optional<std::int64_t> number{};                       // score; plan_step: or `to`, its text
  std::vector<std::string> alerts{};                          // split, move: fingerprints or names
  std::vector<std::pair<std::string, std::string>> roles{};   // in order of name
  std::vector<std::pair<std::string, std::string>> labels{};  // of a heartbeat, in order of name
  friend bool operator==(const Command&, const Command&) = default;
};

/// What became of a command. The numbers are in the state's bytes: never reused.
enum class CommandOutcome : std::uint8_t {
  applied = 0,
  unchanged = 1,           // it is so already
  repeated = 2,            // a command of this id was applied before
  unknown_incident = 3,    // no incident of this id or number is known
  ambiguous_incident = 4,  // several ids begin so
  already_closed = 5,
  already_resolved = 6,
  already_merged = 7,
  not_resolved = 8,     // reopen: it is open
  nothing_fires = 9,    // reopen: no alert of it fires any more
  stale_revision = 10,  // it has another revision than the command was made for
  unknown_silence = 11,
  silence_ended = 12,
  silence_exists = 13,  // of this id
  too_many_silences = 14,
  bad_time = 15,       // it lies in the past
  bad_value = 16,      // a severity that is not on the scale, a text too long …
  not_possible = 17,   // this version, these rules or this incident have no such thing
  unknown_alert = 18,  // split, move: no alert of this name or fingerprint is a member
};
inline constexpr std::size_t kCommandOutcomeCount = 19;

std::string_view name_of(CommandOutcome outcome);
/// Whether it did what was asked for, now or before.
inline bool is_done(CommandOutcome outcome) { return outcome <= CommandOutcome::repeated; }

}  // namespace tocsin
