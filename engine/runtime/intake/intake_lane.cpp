#include "engine/runtime/intake/intake_lane.h"

#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

constexpr std::size_t kUsedBatchSlots = 64;

}  // namespace

IntakeLane::IntakeLane(Gate& gate, ShardFeed& feed, Clock& clock)
    : gate_(gate),
      feed_(feed),
      clock_(clock),
      submissions_(limits::kSubmissionRingSlots),
      receipts_(limits::kSubmissionRingSlots),
      queries_(limits::kQueryRingSlots),
      answers_(limits::kQueryRingSlots),
      used_batches_(kUsedBatchSlots) {}

bool IntakeLane::submit(Submission&& submission) {
  if (refusing()) return false;
  const std::size_t cost = submission.body_bytes + submission.payload.size() +
                           (submission.batch == nullptr ? 0 : submission.batch->cost_bytes());
  // relaxed: a bound on memory, nothing hangs on its order; it may be passed by one body for each intake
  gate_.bytes_in_flight.fetch_add(static_cast<std::int64_t>(cost), std::memory_order_relaxed);
  const bool pushed = submissions_.push(Waiting{std::move(submission), clock_.uptime(), cost});
  TOCSIN_CHECK(pushed, "no more are let in than there are slots");
  ++receipts_due_;
  feed_.sequencer_bell.ring();
  return true;
}

bool IntakeLane::ask(Query&& query) {
  if (gate_.refused() == static_cast<int>(Refusal::stopping)) return false;
  if (answers_due_ == answers_.capacity()) return false;
  const bool pushed = queries_.push(std::move(query));
  TOCSIN_CHECK(pushed, "no more are let in than there are slots");
  ++answers_due_;
  feed_.shard_bell.ring();
  return true;
}

bool IntakeLane::next_receipt(Receipt& receipt) {
  if (!receipts_.pop(receipt)) {
    receipts_wakeup_.looking();
    if (!receipts_.pop(receipt)) return false;
  }
  --receipts_due_;
  return true;
}

bool IntakeLane::next_answer(QueryAnswer& answer) {
  if (!answers_.pop(answer)) {
    answers_wakeup_.looking();
    if (!answers_.pop(answer)) return false;
  }
  --answers_due_;
  return true;
}

std::optional<Refusal> IntakeLane::refusing() const {
  if (const int refused = gate_.refused(); refused != Gate::kOpen) return static_cast<Refusal>(refused);
  const bool slots_full = receipts_due_ == receipts_.capacity();
  // relaxed: see submit()
  const bool bytes_full = gate_.bytes_in_flight.load(std::memory_order_relaxed) >= gate_.bytes_in_flight_max;
  if (slots_full || bytes_full) return Refusal::overloaded;
  return std::nullopt;
}

std::unique_ptr<AlertBatch> IntakeLane::fresh_batch() {
  std::unique_ptr<AlertBatch> batch;
  if (!used_batches_.pop(batch)) return std::make_unique<AlertBatch>();
  batch->clear();
  return batch;
}

void IntakeLane::give(Receipt&& receipt) {
  TOCSIN_CHECK(receipts_.push(std::move(receipt)), "every submission has one receipt, and its slot");
}

void IntakeLane::wake_for_receipts() { receipts_wakeup_.wake(wake_); }

void IntakeLane::give(QueryAnswer&& answer) {
  TOCSIN_CHECK(answers_.push(std::move(answer)), "every query has one answer, and its slot");
  answers_wakeup_.wake(wake_);
}

void IntakeLane::give_back(std::unique_ptr<AlertBatch> batch) {
  used_batches_.push(std::move(batch));  // when that is full, this one is freed by its owner, the caller's argument
}

}  // namespace tocsin
