#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/guarded.h"
#include "engine/runtime/outbox/outbox_store.h"
#include "engine/runtime/outbox/undeliverable.h"

namespace tocsin {

/// One line of a list of what is held.
struct HeldRecord {
  EffectName name{};
  std::string topic{};
  std::string why{};
  Instant since{};
  std::size_t bytes = 0;
};

/// What one sink holds as undeliverable: durable, counted, listed, dropped only when it was sent again and acknowledged
/// or when somebody discards it. Any thread; a change holds the lock over the store, so another change may wait for the
/// disk; figures never do.
class HeldRecords final : public UndeliverableShelf {
 public:
  /// Counts what an earlier life left.
  HeldRecords(std::string sink, OutboxStore& store);

  bool hold(const Undeliverable& record) override;
  /// It was acknowledged after all.
  void drop(const UndeliverableKey& key);
  /// Drops all; returns how many.
  Result<std::uint64_t> discard_all();
  /// The next one behind `after`; nothing: there is none, or the disk cannot be read.
  std::optional<Undeliverable> next(const std::optional<UndeliverableKey>& after) const;
  /// All of it, as far as it can be read.
  void each(const std::function<void(const Undeliverable&)>& see) const;
  /// The first so many.
  Result<std::vector<HeldRecord>> list(std::size_t count_max) const;

  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  /// Records that were put here in this life of the process.
  std::uint64_t held_ever() const { return held_ever_.load(std::memory_order_relaxed); }
  /// The newest: "EVENT_ID to TOPIC: why"; "" when there was none in this life.
  std::string last() const;
  /// What the disk said, "" when it works.
  std::string trouble() const;

 private:
  const std::string sink_;
  OutboxStore& store_;
  mutable Mutex mutex_;  // one change at a time, so that the figures are right
  // relaxed everywhere: figures, written under mutex_
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> held_ever_{0};
  mutable Mutex text_mutex_;
  std::string last_ ABSL_GUARDED_BY(text_mutex_);
  std::string trouble_ ABSL_GUARDED_BY(text_mutex_);
};

}  // namespace tocsin
