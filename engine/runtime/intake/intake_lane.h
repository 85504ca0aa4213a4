#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/runtime/intake/intake.h"
#include "engine/runtime/shard/feeds.h"
#include "engine/runtime/spsc_ring.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {

/// A submission with what the engine notes of it.
struct Waiting {
  Submission submission;
  Duration received{};
  std::size_t cost_bytes = 0;
};

/// The engine's implementation of Intake: five rings between one connector thread, the sequencer and the shard.
/// Receipts and answers never meet a full ring: no more is let in than their rings have slots.
class IntakeLane final : public Intake {
 public:
  IntakeLane(Gate& gate, ShardFeed& feed, Clock& clock);

  // The connector's thread.
  bool submit(Submission&& submission) override;
  bool ask(Query&& query) override;
  bool next_receipt(Receipt& receipt) override;
  bool next_answer(QueryAnswer& answer) override;
  void on_ready(std::function<void()> wake) override { wake_ = std::move(wake); }
  std::optional<Refusal> refusing() const override;
  std::unique_ptr<AlertBatch> fresh_batch() override;

  // The sequencer's thread.
  bool take(Waiting& waiting) { return submissions_.pop(waiting); }
  bool has_waiting() { return !submissions_.empty(); }
  /// The connector is not woken before wake_for_receipts().
  void give(Receipt&& receipt);
  void wake_for_receipts();

  // The shard's thread.
  bool take(Query& query) { return queries_.pop(query); }
  void give(QueryAnswer&& answer);
  /// A batch that was applied, for the connector to fill again.
  void give_back(std::unique_ptr<AlertBatch> batch);

 private:
  /// One wake-up for all that comes until the connector has looked.
  class Wakeup {
   public:
    void wake(const std::function<void()>& wake) {
      // acq_rel: pairs with looking(); if the connector's look came first it sees our item, else we see that it looked
      if (!pending_.exchange(true, std::memory_order_acq_rel) && wake) wake();
    }
    void looking() { pending_.exchange(false, std::memory_order_acq_rel); }

   private:
    std::atomic<bool> pending_{false};
  };

  Gate& gate_;
  ShardFeed& feed_;
  Clock& clock_;
  std::function<void()> wake_;
  std::size_t receipts_due_ = 0;  // the connector's thread only
  std::size_t answers_due_ = 0;   // the connector's thread only

  SpscRing<Waiting> submissions_;
  SpscRing<Receipt> receipts_;
  SpscRing<Query> queries_;
  SpscRing<QueryAnswer> answers_;
  SpscRing<std::unique_ptr<AlertBatch>> used_batches_;
  Wakeup receipts_wakeup_;
  Wakeup answers_wakeup_;
};

}  // namespace tocsin
