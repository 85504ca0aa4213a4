#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/journal/journal.h"
#include "engine/runtime/log/disk.h"
#include "engine/runtime/log/layout.h"

namespace tocsin {

/// What is wrong with a log, and what may be missing because of it.
struct LogDamage {
  std::string file;  // in the data folder
  std::uint64_t byte = 0;
  std::string what;              // "the group there does not match its checksum"
  Position after{};              // the newest entry before the damage
  Instant after_at = kUnset;     // and its instant
  Position before{};             // the oldest entry known to have been behind what is missing; 0: none is known
  Instant before_at = kUnset;    //
  std::uint64_t missing = 0;     // entries
  bool at_least = true;          // or more: nothing says where the log ended
  std::uint64_t found_behind{};  // good entries behind the damage

  /// One sentence for people: where, what, how many entries between which instants.
  std::string sentence() const;
};

/// A group that was found, borrowed for the call.
struct ScannedGroup {
  SegmentName segment;
  std::uint64_t offset = 0;
  GroupHead head;
  std::string_view body;
};

struct ScannedSegment {
  SegmentName name;
  std::uint64_t bytes = 0;
  std::uint64_t end = kLogBlockBytes;  // behind its last good group
  std::uint64_t entries = 0;
  std::uint64_t groups = 0;
  Position last{};
  Instant last_at = kUnset;
  std::uint32_t format = kLogFormat;
  std::uint32_t next_piece = 0;  // see GroupHead
};

/// What a walk over a whole log found: everything up to the first damage, checked.
struct LogScan {
  std::vector<ScannedSegment> segments;
  Position last{};            // newest entry, or the one before the first that may be given
  Instant last_at = kUnset;   //
  Hash128 chain{};            // at the end
  std::uint64_t entries = 0;  //
  std::optional<LogDamage> damage;
  std::uint64_t torn_bytes = 0;  // behind the end of the last segment: a write that was never finished
  std::vector<std::string> remarks;
  // Anywhere, damage or not: what is new must lie above.
  Position highest{};
  Instant highest_at = kUnset;
  std::uint32_t highest_epoch = 0;
};

struct ScanHooks {
  std::function<void(const ScannedGroup&)> good;    // in order, of what is whole
  std::function<void(const ScannedGroup&)> behind;  // in order, behind the first damage
};

enum class ScanBy : std::uint8_t {
  owner,      // nobody writes: what is behind the end is zero, torn or damage
  neighbour,  // an engine may be writing: what is behind the mark and not whole is being written
};

/// Walks the log: every head, every checksum, the chain from group to group and from segment to segment, the mark.
/// A damaged log is a result, not an error; an error is a disk that cannot be read. `mark` is missing when it was lost:
/// then nothing is known to be torn, and nothing about the end.
Result<LogScan> scan_log(Disk& disk, const LogIdentity& identity, const std::optional<LogMark>& mark, ScanBy by,
                         const ScanHooks& hooks = {});

/// The path of a segment in the data folder.
std::string path_of(const SegmentName& name);

}  // namespace tocsin
