#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/counter.h"
#include "engine/runtime/doorbell.h"
#include "engine/runtime/guarded.h"
#include "engine/runtime/outbox/held_records.h"
#include "engine/runtime/outbox/newest_revisions.h"
#include "engine/runtime/outbox/outbox_store.h"
#include "engine/runtime/outbox/sink.h"
#include "engine/runtime/outbox/sink_status.h"
#include "engine/runtime/outbox/waiting_line.h"
#include "engine/runtime/shard/feeds.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {

/// One sink with its thread, what waits for it, and what it could not deliver. Effects of the replay that the sink has
/// confirmed in an earlier life are counted and dropped.
///
/// The outbox's thread puts in, the sink's thread runs run(), the keeper's moves to disk; none of them waits for
/// another. Each function says whose it is.
class SinkQueue final : private UndeliverableShelf {
 public:
  SinkQueue(std::unique_ptr<Sink> sink, OutboxStore& store, const OutboxLimits& limits, Gate& gate, Clock& clock);
  ~SinkQueue() override;

  // Before the threads, from the one that starts the engine.
  /// What the destination says that it holds.
  Told ask_what_it_was_told() { return sink_->told(); }
  /// What an earlier life remembered counts for nothing: the journal is a new one.
  Result<void> forget_confirmed();
  /// What was remembered at the start.
  EffectName begun_behind() const { return begun_behind_; }

  // The outbox's thread (before that the recovery's).
  /// Takes effects on; never refuses, never waits. True: the keeper has work. Requires: names rise.
  bool take(std::span<const FreshEffect> fresh);
  /// Nothing more comes.
  void end_input();

  // The keeper's thread (before that the recovery's).
  bool keep_some() { return line_.keep_some(); }
  bool has_tail() const { return line_.has_tail(); }
  std::size_t tail_bytes() const { return line_.tail_bytes(); }

  // The sink's thread.
  /// Returns when the input has ended and all is confirmed, or at the instant that close_by() said.
  void run();
  /// One round of it: offers what the sink takes, polls it, counts what it confirmed. False: nothing moved.
  bool pump();
  /// Remembers what is confirmed when that has grown by `effects_min` since the last time.
  void remember(std::uint64_t effects_min);
  /// Last call: the sink flushes for at most `wait`.
  void close(Duration wait);
  EffectName confirmed() const { return confirmed_; }

  // Any thread.
  /// run() returns when uptime is `when` at the latest; the earliest of several counts.
  void close_by(Duration when);
  void wake() { bell_.ring(); }
  /// Something waits for the sink or for its word.
  bool is_waiting() const { return taken() != confirmed_count(); }
  bool is_full() const { return line_.is_full(); }
  const std::string& name() const { return name_; }
  std::uint64_t taken() const { return taken_.value(); }
  std::uint64_t confirmed_count() const { return skipped_.value() + acknowledged_.value(); }
  std::uint64_t disk_bytes() const { return line_.disk_bytes(); }
  const Histogram& made_to_confirmed() const { return made_to_confirmed_; }
  SinkStatus status() const;
  /// One sentence when the sink or its place on disk is unwell.
  std::string trouble() const;

  // What is undeliverable; any thread.
  const HeldRecords& held() const { return held_; }
  /// Each record that is held is tried once more, soon.
  void send_held_again();
  /// Drops them all; returns how many.
  Result<std::uint64_t> discard_held();

 private:
  struct Offered {
    EffectPtr effect;
    Duration made;
    std::size_t bytes;
  };

  bool hold(const Undeliverable& record) override;
  bool is_superseded(const Effect& effect) const override { return newest_.is_superseded(effect); }
  bool offer();
  bool count_confirmed();
  bool send_some_held();
  bool take_resent();
  void note_progress() { progress_at_.store(clock_.uptime().count(), std::memory_order_relaxed); }
  void publish_trouble();
  void wait();
  Duration closes_at() const { return Duration{close_by_.load(std::memory_order_acquire)}; }

  OutboxStore& store_;
  Clock& clock_;
  HeldRecords held_;        // outlives the sink
  NewestRevisions newest_;  // of incidents of which something is held
  std::unique_ptr<Sink> sink_;
  const std::string name_;
  WaitingLine line_;
  Doorbell bell_;  // the sink's thread sleeps here
  std::atomic<bool> input_ended_{false};
  std::atomic<Duration::rep> close_by_{Duration::max().count()};

  // The outbox's thread.
  EffectName begun_behind_{};  // up to here an earlier life had it confirmed
  EffectName last_taken_{};
  std::vector<FreshEffect> passing_;

  // The sink's thread.
  EffectName confirmed_{};
  EffectName remembered_{};
  std::uint64_t remembered_count_ = 0;
  Duration remembered_at_{};
  Duration wait_{};
  std::deque<FreshEffect> ready_;  // taken out of the line, not offered yet
  std::deque<Offered> offered_;    // not confirmed
  std::optional<UndeliverableKey> resent_behind_;
  std::optional<Undeliverable> next_held_;
  bool is_sending_again_ = false;
  std::size_t resending_ = 0;  // the sink's word is due

  std::atomic<bool> send_again_wanted_{false};
  std::atomic<Duration::rep> progress_at_{0};  // uptime: something was confirmed, or began to wait
  Counter taken_;                              // the outbox's thread, and so on
  Counter taken_bytes_;
  Counter skipped_;
  Counter acknowledged_;  // the sink's thread, and so on
  Counter acknowledged_bytes_;
  Histogram made_to_confirmed_{kSpanBounds};
  mutable Mutex trouble_mutex_;
  std::string trouble_ ABSL_GUARDED_BY(trouble_mutex_);
};

}  // namespace tocsin
