#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/journal/journal.h"
#include "engine/runtime/log/aligned_bytes.h"
#include "engine/runtime/log/disk.h"
#include "engine/runtime/log/log_keeper.h"
#include "engine/runtime/log/log_scan.h"
#include "engine/runtime/log/piece_form.h"

namespace tocsin {

/// Segments begin small, so that small disks and many small journals are no waste, and double from one to the next.
struct SegmentSizes {
  std::uint64_t bytes_min = 1 << 20;
  std::uint64_t bytes_max = 64 << 20;
};

/// Appends groups to a log: frames them, writes each durably with one write, begins the next segment where the last is
/// full. One thread. Also builds logs that are not in use yet, in another folder.
class LogWriter {
 public:
  /// `keeper` null: segments are made when they are needed. `identity` has the epoch of what is appended.
  LogWriter(Disk& disk, std::string folder, const LogIdentity& identity, const SegmentSizes& sizes, LogKeeper* keeper);

  /// What is in the log already, and where it ends.
  void go_on(std::vector<ScannedSegment> segments, Position last, Instant at, const Hash128& chain);
  /// Opens the last segment for writing. Requires: go_on() with at least one.
  Result<void> open_last();
  /// A new segment for what comes: nothing at `first` or later is there yet. `at` is not before the last instant.
  Result<void> begin_segment(Position first, Instant at, std::uint64_t bytes_needed);

  /// Requires: positions rise, instants do not go back. storage_full: nothing changed, it may be tried again. Any other
  /// error is final.
  Result<void> append(std::span<const JournalEntry> group);
  /// After storage_full: whether there is space now.
  Result<void> make_room();

  Position last() const { return last_; }
  Instant last_at() const { return last_at_; }
  const Hash128& chain() const { return chain_; }
  /// Of payloads, as they were written.
  std::uint64_t payload_bytes() const { return payload_bytes_; }
  const std::vector<ScannedSegment>& segments() const { return segments_; }
  void forget_segments(std::size_t count) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(count));
  }

 private:
  /// Whether the group that was framed does not go into the last one.
  bool needs_segment(std::span<const JournalEntry> group) const;
  void frame(std::span<const JournalEntry> group, GroupHead& head);
  Result<void> mend();
  Result<LogKeeper::Made> take_segment(const std::string& path, std::uint64_t wanted, std::uint64_t least);
  std::uint64_t next_segment_bytes(std::uint64_t needed) const;

  Disk& disk_;
  std::string folder_;
  LogIdentity identity_;
  SegmentSizes sizes_;
  LogKeeper* keeper_;
  std::vector<ScannedSegment> segments_;
  std::unique_ptr<DiskFile> file_;  // of the last segment
  Position last_{};
  Instant last_at_ = kUnset;
  Hash128 chain_{};
  std::uint64_t needed_ = kLogBlockBytes;  // by the append that found no space
  std::uint64_t unfinished_ = 0;           // bytes behind the end that a failed write may have changed
  AlignedBytes group_;
  std::string record_;
  PieceBook pieces_;  // that the last segment has
  std::uint64_t group_payload_bytes_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace tocsin
