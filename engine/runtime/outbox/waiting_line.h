#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/guarded.h"
#include "engine/runtime/outbox/outbox_store.h"
#include "engine/runtime/shard/feeds.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {

/// How much may wait for one sink.
struct OutboxLimits {
  std::size_t memory_bytes_max = limits::kOutboxMemoryBytesMax;
  /// Kept on disk and held as undeliverable, together; at this the sink is full.
  std::uint64_t disk_bytes_max = std::uint64_t{8} << 30;
  /// On their way to disk: in memory beyond memory_bytes_max; at this the sink is full too.
  std::size_t tail_bytes_max = limits::kOutboxTailBytesMax;
};

/// Roughly what an effect takes in memory; the same for equal effects.
std::size_t bytes_of(const Effect& effect);

/// What waits for one sink, in order: in memory up to a bound, then on disk. Three threads meet here: the outbox puts
/// in, the sink's thread takes out, the keeper moves to disk what memory does not hold. The lock is held for moves in
/// memory only, never over a read or write of the disk, so nobody waits for another's disk or destination.
///
/// Full at the bound of the disk, when the disk takes nothing, or does not keep up: then the gate refuses new bodies;
/// what was accepted before is still taken. Open again below nine tenths of the bound.
///
/// Invariants: memory, disk, tail hold neighbours, in this order; names rise through all of it; memory is filled from
/// put() only while disk and tail are empty.
class WaitingLine {
 public:
  WaitingLine(std::string sink, OutboxStore& store, const OutboxLimits& limits, Gate& gate, Clock& clock);
  ~WaitingLine();

  /// The outbox's thread: takes all on, leaving `fresh` moved from. Never refuses, never waits. True: the keeper has
  /// work.
  bool put(std::span<FreshEffect> fresh);
  /// The keeper's thread: moves some of the tail to disk. False: there was nothing to move, or the disk did not take
  /// it, and it is tried again later.
  bool keep_some();
  bool has_tail() const;
  std::size_t tail_bytes() const;
  /// The sink's thread: moves the next ones behind `ready`. False: there is none now.
  bool fetch(std::deque<FreshEffect>& ready);

  // Any thread.
  /// Bytes that the sink holds as undeliverable count too.
  void set_held_bytes(std::uint64_t bytes);
  bool is_full() const;
  /// Time of day; kUnset: it is not.
  Instant full_since() const;
  std::uint64_t disk_bytes() const;
  std::uint64_t disk_bytes_max() const { return limits_.disk_bytes_max; }
  /// What the disk said last, "" when it works.
  std::string disk_trouble() const;

 private:
  bool take_from_disk(std::size_t effects_max, std::deque<FreshEffect>& ready);
  void update_full() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string sink_;
  OutboxStore& store_;
  const OutboxLimits limits_;
  Gate& gate_;
  Clock& clock_;

  mutable Mutex mutex_;
  std::deque<FreshEffect> memory_ ABSL_GUARDED_BY(mutex_);
  std::size_t memory_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t on_disk_ ABSL_GUARDED_BY(mutex_) = 0;  // effects
  std::uint64_t disk_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<FreshEffect> tail_ ABSL_GUARDED_BY(mutex_);
  bool keeping_ ABSL_GUARDED_BY(mutex_) = false;        // the first of the tail are out of it, on their way to disk
  std::size_t tail_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // those included
  std::uint64_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string disk_trouble_ ABSL_GUARDED_BY(mutex_);
  Instant full_since_ ABSL_GUARDED_BY(mutex_) = kUnset;

  std::vector<EffectPtr> batch_;       // the keeper's
  std::vector<EffectPtr> taken_back_;  // the sink's
  EffectName taken_back_to_{};         // the sink's: those up to this one are off the disk
};

}  // namespace tocsin
