#include "engine/model/command.h"

#include <array>

namespace tocsin {
namespace {

constexpr std::array<std::string_view, kCommandKindCount> kKinds{
    "",          "ack",      "unack",    "resolve",        "reopen",         "assign",   "note", "snooze",
    "unsnooze",  "priority", "severity", "drill",          "merge",          "split",    "move", "roles",
    "plan_step", "score",    "silence",  "expire_silence", "extend_silence", "heartbeat"};

constexpr std::array<std::string_view, kCommandOutcomeCount> kOutcomes{
    "applied",        "unchanged",        "repeated",       "unknown_incident", "ambiguous_incident",
    "already_closed", "already_resolved", "already_merged", "not_resolved",     "nothing_fires",
    "stale_revision", "unknown_silence",  "silence_ended",  "silence_exists",   "too_many_silences",
    "bad_time",       "bad_value",        "not_possible",   "unknown_alert"};

}  // namespace

std::string_view name_of(CommandKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<CommandKind> command_from(std::string_view name) {
  if (name == "close") return CommandKind::resolve;
  if (name == "comment" || name == "update") return CommandKind::note;
  if (name == "unsilence") return CommandKind::expire_silence;
  for (std::size_t i = 1; i < kKinds.size(); ++i) {
    if (kKinds[i] == name) return static_cast<CommandKind>(i);
  }
  return std::nullopt;
}

bool is_of_incident(CommandKind kind) { return kind < CommandKind::silence; }

std::string_view name_of(CommandOutcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)]; }

}  // namespace tocsin
