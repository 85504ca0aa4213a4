#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/outbox/sink_queue.h"

namespace tocsin {

/// The way out: hands each effect to the queue of every sink, in order, and never waits for one of them. Each sink has
/// a thread of its own, which offers, polls and remembers; one more thread, the keeper, moves to disk what the queues'
/// memory does not hold. So a sink that hangs stops neither the others nor the shard; one that is full closes the gate
/// for new bodies.
class Outbox {
 public:
  using Listener = std::function<void(const EffectPtr&)>;

  /// `shard_bell` is where the shard sleeps when the effects' ring is full.
  Outbox(std::vector<std::unique_ptr<Sink>> sinks, OutboxStore& store, const OutboxLimits& limits, EffectFeed& feed,
         Doorbell& shard_bell, Gate& gate, Clock& clock);

  /// Before the replay: compares what the sinks were told, by their own word and by what was remembered of them, with
  /// the journal, which ends at `last` and goes on as `life`. storage_failed, for people, when a sink knows more than
  /// the journal holds, or when the journal is empty and a sink was told of another one, unless `new_journal` says that
  /// this is meant. Waits for the sinks' word, some seconds at most.
  Result<void> begin(Position last, JournalLife life, bool new_journal);
  /// After begin(): what could not be found out, a sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

  /// After begin(): a sink may still wait for effects of this position and those above it, all have confirmed what is
  /// below. The records of those need not be written again.
  Position awaited_from() const;
  /// Before run(), from the recovery's thread: an effect of the replay. No bound on the disk holds: it is owed already.
  void take_replayed(const EffectPtr& effect);
  /// Before run(): calls `listener` with every effect that is not of the replay, on the outbox's thread, before the
  /// sinks. It must be quick.
  void on_effect(Listener listener) { listeners_.push_back(std::move(listener)); }

  /// The thread's function; runs the sinks' threads and the keeper's within. Returns after stop(), when the shard has
  /// ended and each sink has confirmed all or has used up its time. What is left is made again by the next start's
  /// replay. A sink that does not come back from a call is waited for.
  void run();
  /// Any thread. `drain` is how long the sinks may take from now on; the earliest end of several calls counts.
  void stop(Duration drain);
  /// Any thread: until stop()'s time is up; zero when it is, or was not called.
  Duration time_left() const;

  /// Any thread.
  const std::vector<std::unique_ptr<SinkQueue>>& queues() const { return queues_; }
  std::vector<SinkStatus> sinks() const;
  /// Null when there is no such sink.
  SinkQueue* find(std::string_view sink) const;

 private:
  Result<void> compare(SinkQueue& queue, const Told& told, Position last, JournalLife life, bool new_journal);
  bool take_some();
  void keep_tails();
  bool is_time_up() const;

  OutboxStore& store_;
  EffectFeed& feed_;
  Doorbell& shard_bell_;
  Clock& clock_;
  std::vector<std::unique_ptr<SinkQueue>> queues_;
  std::vector<Listener> listeners_;
  std::vector<std::string> notes_;
  std::vector<FreshEffect> batch_;
  Doorbell keeper_bell_;
  std::atomic<bool> keeper_ends_{false};
  std::atomic<Duration::rep> close_by_{Duration::max().count()};  // uptime
};

}  // namespace tocsin
