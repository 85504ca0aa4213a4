#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/journal/journal.h"
#include "engine/runtime/log/log_keeper.h"
#include "engine/runtime/log/log_writer.h"

namespace tocsin {

/// The journal as a log of our own; layout.h has its shape. Made by log_folder.h.
class LogJournal final : public Journal {
 public:
  struct Parts {
    std::shared_ptr<Disk> disk;
    LogIdentity identity;
    LogMark mark;
    LogScan scan;  // without damage
    SegmentSizes sizes;
    bool threaded = true;
    bool for_reading = false;
  };
  static Result<std::unique_ptr<LogJournal>> open(Parts parts);
  ~LogJournal() override;

  Result<void> append(std::span<const JournalEntry> group) override;
  Result<void> make_room() override;
  Position last_position() const override { return writer_.last(); }
  Instant last_instant() const override { return writer_.last_at(); }
  std::uint64_t payload_bytes() const override { return writer_.payload_bytes(); }
  Result<void> read_from(Position from, const std::function<bool(const JournalEntry&)>& see) override;
  Result<void> cut_before(Position position) override;
  const HashKey& key() const override { return key_; }
  JournalLife life() const override { return {identity_.journal, identity_.epoch}; }

  /// The mark, durable now; else it is within a second. For tests.
  Result<void> sync_mark();
  const std::vector<ScannedSegment>& segments() const { return writer_.segments(); }

 private:
  LogJournal(Parts parts, std::unique_ptr<MarkFile> mark);
  Result<void> write_mark();
  Result<bool> read_segment(const ScannedSegment& segment, Position from,
                            const std::function<bool(const JournalEntry&)>& see);
  Result<void> fail(Error error);

  std::shared_ptr<Disk> disk_;
  LogIdentity identity_;
  LogMark mark_;
  HashKey key_;
  bool failed_ = false;
  std::unique_ptr<MarkFile> mark_file_;  // null when it is read only,
  std::unique_ptr<LogKeeper> keeper_;    // and this too
  LogWriter writer_;
};

}  // namespace tocsin
