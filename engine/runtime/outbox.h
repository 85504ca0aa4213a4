#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/runtime/sink_queue.h"

namespace tocsin {

/// The way out: hands each effect to every sink in order, remembers what each has confirmed, and holds back what a sink
/// does not take: in memory, then on disk, then by taking nothing more from the shard, whose answer is 503 in the end.
/// Sinks go at their own speed until one is full.
class Outbox {
 public:
  using Listener = std::function<void(const EffectPtr&)>;

  /// `shard_bell` is where the shard sleeps when the effects' ring is full.
  Outbox(std::vector<std::unique_ptr<Sink>> sinks, OutboxStore& store, const OutboxLimits& limits, EffectFeed& feed,
         Doorbell& shard_bell, Clock& clock);

  /// Before the replay. storage_failed when a sink confirmed what the journal, whose end `last` is, does not hold: one
  /// of the two was replaced or lost.
  Result<void> begin(Position last);
  /// Before run(), from the recovery's thread: an effect of the replay. No bound on the disk holds: it is owed already.
  void take_replayed(const EffectPtr& effect);
  /// Before run(): calls `listener` with every effect that is not of the replay, on the outbox's thread, before the
  /// sinks. It must be quick.
  void on_effect(Listener listener) { listeners_.push_back(std::move(listener)); }

  /// The thread's function: returns after stop(), when the shard has ended and all is confirmed or the time is up. What
  /// is left is made again by the next start's replay.
  void run();
  /// Any thread, once. `drain` is how long the sinks may take in all.
  void stop(Duration drain);

  /// Any thread.
  const std::vector<std::unique_ptr<SinkQueue>>& queues() const { return queues_; }

 private:
  bool take_some();
  bool pump_all();
  bool is_full() const;
  bool is_waiting() const;
  void remember();
  void wait();
  void close_all();
  Duration time_left();

  static constexpr Duration kNotStopping{-1};

  OutboxStore& store_;
  EffectFeed& feed_;
  Doorbell& shard_bell_;
  Clock& clock_;
  std::vector<std::unique_ptr<SinkQueue>> queues_;
  std::vector<Listener> listeners_;
  std::atomic<Duration::rep> drain_{kNotStopping.count()};  // written by stop()
  Duration close_by_{};                                     // uptime, once stopping
  bool closing_ = false;
  bool tail_left_ = false;  // stopping with full queues: the rest is left to the next start
  Duration remembered_at_{};
  Duration wait_{};
};

}  // namespace tocsin
