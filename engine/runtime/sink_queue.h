#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/runtime/clock.h"
#include "engine/runtime/counter.h"
#include "engine/runtime/feeds.h"
#include "engine/runtime/outbox_store.h"
#include "engine/runtime/sink.h"

namespace tocsin {

/// How much may wait for one sink.
struct OutboxLimits {
  std::size_t memory_bytes_max = limits::kOutboxMemoryBytesMax;
  std::uint64_t disk_bytes_max = std::uint64_t{8} << 30;
};

/// What waits for one sink: in memory up to a bound, then on disk, in one order. Effects of the replay that the sink
/// has confirmed in an earlier life are counted and dropped. One thread at a time, except for the figures.
///
/// Invariants: memory, disk, overflow hold neighbours, in this order; names rise through all of it; overflow is in use
/// only when the disk failed.
class SinkQueue {
 public:
  SinkQueue(std::unique_ptr<Sink> sink, OutboxStore& store, const OutboxLimits& limits, Clock& clock);

  /// Takes an effect on; never refuses. Requires: names rise.
  void take(FreshEffect&& fresh);
  /// Over its bounds: nothing should be taken until it has drained.
  bool is_full() const;
  /// Offers what the sink takes, polls it, counts what it confirmed. False: nothing moved.
  bool pump();
  /// Something waits for the sink or for its word.
  bool is_waiting() const { return taken_.value() != confirmed_count_.value(); }
  /// Remembers what is confirmed when that has grown by `effects_min` since the last time.
  void remember(std::uint64_t effects_min);
  bool has_news() const { return confirmed_ != remembered_; }
  /// Last call: the sink flushes for at most `wait`.
  void close(Duration wait);

  // Any thread.
  const std::string& name() const { return name_; }
  std::uint64_t taken() const { return taken_.value(); }
  std::uint64_t confirmed_count() const { return confirmed_count_.value(); }
  std::uint64_t disk_bytes() const { return disk_bytes_.value(); }
  const Histogram& made_to_confirmed() const { return made_to_confirmed_; }
  /// One sentence when the sink or its place on disk is unwell.
  std::string trouble() const;

  /// Belongs to the queue's thread.
  EffectName confirmed() const { return confirmed_; }

 private:
  struct Offered {
    EffectName name;
    Duration made;
  };

  bool fits_in_memory(const FreshEffect& fresh) const;
  void keep_in_memory(FreshEffect&& fresh);
  void keep_on_disk(FreshEffect&& fresh);
  bool refill();
  bool offer();
  bool count_confirmed();
  void publish_trouble();

  std::unique_ptr<Sink> sink_;
  OutboxStore& store_;
  const OutboxLimits limits_;
  Clock& clock_;
  const std::string name_;

  EffectName confirmed_{};
  EffectName remembered_{};
  std::uint64_t remembered_count_ = 0;
  EffectName last_taken_{};
  std::deque<FreshEffect> memory_;
  std::size_t memory_bytes_ = 0;
  std::uint64_t on_disk_ = 0;  // effects
  std::deque<FreshEffect> overflow_;
  std::string disk_trouble_;
  std::deque<Offered> offered_;  // not confirmed
  std::vector<EffectPtr> taken_back_;

  Counter taken_;
  Counter confirmed_count_;
  Counter disk_bytes_;
  Histogram made_to_confirmed_{kSpanBounds};
  mutable std::mutex trouble_mutex_;
  std::string trouble_;
};

}  // namespace tocsin
