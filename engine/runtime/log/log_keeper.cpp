#include "engine/runtime/log/log_keeper.h"

#include <chrono>
#include <utility>

#include "engine/runtime/thread_name.h"

namespace tocsin {
namespace {

constexpr auto kMarkSyncSpan = std::chrono::seconds{1};

}  // namespace

LogKeeper::LogKeeper(Disk& disk, MarkFile& mark, bool threaded) : disk_(disk), mark_(mark) {
  if (threaded)
    thread_ = std::thread([this] {
      name_this_thread("log");
      run();
    });
}

LogKeeper::~LogKeeper() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  if (mark_is_dirty_.load(std::memory_order_relaxed)) static_cast<void>(mark_.sync());  // relaxed: we are alone
  if (made_.file) static_cast<void>(disk_.remove(kNextSegmentFile));
}

void LogKeeper::prepare(std::uint64_t bytes) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    wanted_ = bytes;
  }
  changed_.notify_all();
}

Result<LogKeeper::Made> LogKeeper::take(std::uint64_t wanted, std::uint64_t least) {
  std::unique_lock lock(mutex_);
  wanted_ = 0;
  changed_.wait(lock, [this] { return !is_making_; });
  Made made = std::move(made_);
  made_ = {};
  if (made.file && made.bytes >= least) return made;
  made.file.reset();
  auto file = disk_.create(kNextSegmentFile, wanted);
  if (!file) return std::unexpected(std::move(file.error()));
  return Made{std::move(*file), wanted};
}

void LogKeeper::mark_written() {
  // acq_rel: pairs with run()'s exchange; either it sees this write or it is asked once more
  if (mark_is_dirty_.exchange(true, std::memory_order_acq_rel) || !thread_.joinable()) return;
  const std::lock_guard lock(mutex_);  // so that run() is not between its look and its sleep
  changed_.notify_all();
}

Result<void> LogKeeper::sync_mark() {
  mark_is_dirty_.store(false, std::memory_order_release);  // pairs with mark_written()'s exchange
  return mark_.sync();
}

void LogKeeper::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (wanted_ > 0 && !made_.file) {
      const std::uint64_t bytes = std::exchange(wanted_, 0);
      is_making_ = true;
      lock.unlock();
      auto file = disk_.create(kNextSegmentFile, bytes);
      lock.lock();
      is_making_ = false;
      // When it cannot be made now, the append that needs it tries again and says so.
      if (file) made_ = {std::move(*file), bytes};
      changed_.notify_all();
      continue;
    }
    if (!mark_is_dirty_.load(std::memory_order_acquire)) {  // pairs with mark_written()
      changed_.wait(lock, [this] {
        return stopping_ || (wanted_ > 0 && !made_.file) || mark_is_dirty_.load(std::memory_order_acquire);
      });
      continue;
    }
    changed_.wait_for(lock, kMarkSyncSpan, [this] { return stopping_ || (wanted_ > 0 && !made_.file); });
    if (stopping_) break;
    if (wanted_ > 0 && !made_.file) continue;
    mark_is_dirty_.exchange(false, std::memory_order_acq_rel);  // pairs with mark_written()
    lock.unlock();
    if (!mark_.sync()) failed_.store(true, std::memory_order_relaxed);
    lock.lock();
  }
}

}  // namespace tocsin
