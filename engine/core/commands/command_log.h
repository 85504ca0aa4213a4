#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "engine/core/canonical.h"
#include "engine/model/command.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"

namespace tocsin {

/// One thing that somebody wanted done, and what became of it; or the end of a silence.
struct AuditEntry {
  std::uint64_t number = 0;  // 1, 2, 3 …
  Position position{};       // of its input
  Instant at{};              // the time of day
  CommandKind kind = CommandKind::note;
  CommandOutcome outcome = CommandOutcome::applied;
  std::string command_id{};
  std::string by{};
  std::string from{};
  IncidentId incident{};  // 0: of none that is known
  std::string silence{};  // its id
  std::string change{};   // what is otherwise than before: "status open to acknowledged, owner ana"
  std::string text{};     // what was said
};

/// Appends the entry as JSON on one line: the audit record, version 1.
void write_audit(const AuditEntry& entry, std::string& out);

/// What people did, the newest of it; and which command ids are known, so that one that comes again does nothing again.
/// Invariants: numbers rise by one; at most kCommandsRememberedMax entries; an id is known while its entry is.
class CommandLog {
 public:
  /// Numbers it and keeps it; gives the place where it stays until the next is added.
  const AuditEntry& add(AuditEntry entry);
  /// Whether a command of this id was applied; "" never was.
  bool knows(std::string_view command_id) const;
  /// Of the input at this position; null: none, or long ago.
  const AuditEntry* of(Position position) const;
  /// Oldest first.
  const std::deque<AuditEntry>& entries() const { return entries_; }

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  void check() const;

 private:
  std::deque<AuditEntry> entries_;
  absl::flat_hash_map<std::string, std::uint64_t> applied_;  // id → number; looked up, never walked
  std::uint64_t number_ = 0;
};

}  // namespace tocsin
