#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "engine/model/instant.h"

namespace tocsin {

/// Where one thread sleeps until others have work for it. A ring that comes before the wait is not lost: the wait
/// returns at once. Many threads may ring, one thread waits. The waiter looks at all its queues after each return,
/// since several rings may become one, and a return may have no work behind it.
///
/// Usage: for (;;) { if (!did_all_there_is_to_do()) bell.wait(); }
class Doorbell {
 public:
  /// Wakes the waiter, now or when it next waits. What was written before is seen by the waiter after its return.
  /// Cost: one atomic exchange when the waiter is awake, a lock and a system call when it sleeps.
  void ring() {
    // release: pairs with the acquire of answer(), so the waiter sees what was queued before the ring;
    // acquire: keeps the chain when several ring one after the other. An exchange always meets the newest value, so
    // either we see that the waiter sleeps or it sees that we rang.
    if (state_.exchange(kRung, std::memory_order_acq_rel) == kSleeping) {
      const std::lock_guard lock(mutex_);  // not between its last look and its sleep
      wakes_.notify_one();
    }
  }

  void wait() {
    if (answer() || !fall_asleep()) return;
    std::unique_lock lock(mutex_);
    wakes_.wait(lock, [this] { return rung(); });
    answer();
  }

  /// Returns at the latest after `span`.
  void wait_for(Duration span) {
    if (answer() || !fall_asleep()) return;
    std::unique_lock lock(mutex_);
    wakes_.wait_for(lock, span, [this] { return rung(); });
    answer();
  }

 private:
  static constexpr std::uint32_t kIdle = 0;
  static constexpr std::uint32_t kRung = 1;
  static constexpr std::uint32_t kSleeping = 2;

  // acquire: pairs with the release of ring().
  bool answer() { return state_.exchange(kIdle, std::memory_order_acq_rel) == kRung; }

  // False: it was rung in the meantime, and is answered now.
  bool fall_asleep() {
    std::uint32_t expected = kIdle;
    // acquire on failure: pairs with the release of ring().
    if (state_.compare_exchange_strong(expected, kSleeping, std::memory_order_acq_rel, std::memory_order_acquire))
      return true;
    answer();
    return false;
  }

  // relaxed: answer() acquires afterwards.
  bool rung() const { return state_.load(std::memory_order_relaxed) == kRung; }

  std::atomic<std::uint32_t> state_{kIdle};
  std::mutex mutex_;
  std::condition_variable wakes_;
};

/// How a producer that found a ring full learns of room. The flag is the producer's question; the consumer answers it
/// after taking from the ring.
class RoomRequest {
 public:
  /// Producer: asks for a ring of its doorbell when there is room. It must look at the ring once more before it sleeps.
  void ask() {
    // acquire: pairs with serve()'s release, so if the consumer was here just before, the second look sees the room;
    // release: pairs with serve()'s acquire.
    wanted_.exchange(true, std::memory_order_acq_rel);
  }

  /// Consumer: call after taking from the ring; `producer` is where the producer sleeps.
  void serve(Doorbell& producer) {
    if (wanted_.exchange(false, std::memory_order_acq_rel)) producer.ring();
  }

 private:
  std::atomic<bool> wanted_{false};
};

}  // namespace tocsin
