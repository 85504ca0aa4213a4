#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/runtime/log/disk.h"
#include "engine/runtime/log/mark_file.h"

namespace tocsin {

/// Does for a log what no commit should wait for, on a thread of its own: gets the next segment ready, and syncs the
/// mark within a second of its change. The thread sleeps when there is nothing to do.
class LogKeeper {
 public:
  /// `threaded` false (tests): all is done by whoever asks. Both borrowed.
  LogKeeper(Disk& disk, MarkFile& mark, bool threaded);
  /// Syncs the mark.
  ~LogKeeper();

  /// Begins to make a segment of `bytes`.
  void prepare(std::uint64_t bytes);
  /// As kNextSegmentFile: the one that was got ready (waits for it when it is under way) if it has `least` bytes, else
  /// a new one of `wanted`.
  struct Made {
    std::unique_ptr<DiskFile> file;
    std::uint64_t bytes = 0;
  };
  Result<Made> take(std::uint64_t wanted, std::uint64_t least);

  /// The mark was written.
  void mark_written();
  /// Now.
  Result<void> sync_mark();
  /// A sync of the mark failed: nothing more may be acknowledged.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }  // relaxed: nothing hangs on it

 private:
  void run();

  Disk& disk_;
  MarkFile& mark_;
  std::atomic<bool> mark_is_dirty_{false};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool is_making_ = false;
  std::uint64_t wanted_ = 0;
  Made made_;
  std::thread thread_;
};

}  // namespace tocsin
