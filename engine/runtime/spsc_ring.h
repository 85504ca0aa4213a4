#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace tocsin {

/// A bounded queue from one thread to one other, without locks. Invariants: head_ <= tail_ <= head_ + slots; the slots
/// from head_ to tail_ are the consumer's, the others the producer's. Indices count up and never wrap in practice.
///
/// Each side keeps a copy of the other's index and reads the real one only when the copy says full or empty, so the two
/// threads seldom touch each other's cache line.
template <typename T>
class SpscRing {
 public:
  /// At least `slots` slots (rounded up to a power of two).
  explicit SpscRing(std::size_t slots)
      : mask_(std::bit_ceil(slots) - 1), slots_(std::make_unique<T[]>(std::bit_ceil(slots))) {}

  std::size_t capacity() const { return mask_ + 1; }

  /// Producer. False when full, `value` untouched: the caller decides whether to wait, shed or refuse.
  bool push(T&& value) {
    // relaxed: only this thread writes tail_
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      // acquire: pairs with the consumer's release of head_, so it has emptied the slot before we fill it again
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return false;
    }
    slots_[tail & mask_] = std::move(value);
    // release: pairs with the consumer's acquire of tail_, so it sees the slot filled before it sees the index
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Producer. Slots that can be filled now; there may be more a moment later.
  std::size_t room() {
    // relaxed: only this thread writes tail_; acquire: as in push()
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    head_seen_ = head_.load(std::memory_order_acquire);
    return capacity() - (tail - head_seen_);
  }

  /// Consumer. False when empty, `value` untouched.
  bool pop(T& value) {
    if (empty()) return false;
    // relaxed: only this thread writes head_
    const std::size_t head = head_.load(std::memory_order_relaxed);
    value = std::move(slots_[head & mask_]);
    // release: pairs with the producer's acquire of head_, so the slot is empty before it is filled again
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  /// Consumer. True: nothing was there; something may be a moment later.
  bool empty() {
    // relaxed: only this thread writes head_
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head != tail_seen_) return false;
    // acquire: pairs with the producer's release of tail_, so the slot is filled when we see the index
    tail_seen_ = tail_.load(std::memory_order_acquire);
    return head == tail_seen_;
  }

 private:
  static constexpr std::size_t kCacheLine = 64;

  const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};  // producer writes
  std::size_t head_seen_ = 0;                             // producer only
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};  // consumer writes
  std::size_t tail_seen_ = 0;                             // consumer only
};

}  // namespace tocsin
