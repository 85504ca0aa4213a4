#include "engine/runtime/outbox.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr int kEffectsBetweenPolls = 1024;
constexpr std::uint64_t kRememberEffects = 1000;
constexpr Duration kRememberSpan = std::chrono::seconds{1};
// While a sink owes its word, nothing wakes us but ourselves: delivery reports come by polling.
constexpr Duration kPollSpanMin = std::chrono::milliseconds{1};
constexpr Duration kPollSpanMax = std::chrono::milliseconds{50};
constexpr Duration kIdlePollSpan = std::chrono::seconds{1};

}  // namespace

Outbox::Outbox(std::vector<std::unique_ptr<Sink>> sinks, OutboxStore& store, const OutboxLimits& limits,
               EffectFeed& feed, Doorbell& shard_bell, Clock& clock)
    : store_(store), feed_(feed), shard_bell_(shard_bell), clock_(clock) {
  for (auto& sink : sinks) queues_.push_back(std::make_unique<SinkQueue>(std::move(sink), store, limits, clock));
}

Result<void> Outbox::begin(Position last) {
  for (const auto& queue : queues_) {
    if (queue->confirmed().position <= last) continue;
    return refuse(Refusal::storage_failed,
                  "the sink \"" + queue->name() + "\" has confirmed effects up to journal position " +
                      std::to_string(queue->confirmed().position.value()) + ", but the journal ends at " +
                      std::to_string(last.value()) + ": a part of the journal is lost, or it is another journal");
  }
  return store_.clear_kept();
}

void Outbox::take_replayed(const EffectPtr& effect) {
  for (const auto& queue : queues_) queue->take({effect, Duration{-1}});
}

void Outbox::run() {
  for (;;) {
    if (!closing_) {
      // acquire: pairs with stop()'s release
      const Duration drain{drain_.load(std::memory_order_acquire)};
      if (drain != kNotStopping) {
        closing_ = true;
        close_by_ = clock_.uptime() + drain;
      }
    }
    // acquire: pairs with the shard's release; read before the ring, so that empty means drained
    const bool ended = feed_.ended.load(std::memory_order_acquire);
    bool moved = take_some();
    moved |= pump_all();
    remember();
    if (moved) {
      wait_ = kPollSpanMin;
      continue;
    }
    if (closing_ && ended && feed_.ring.empty() && (!is_waiting() || time_left() <= Duration::zero())) break;
    wait();
  }
  close_all();
}

void Outbox::stop(Duration drain) {
  // release: pairs with the acquire in run()
  drain_.store(std::max(drain, Duration::zero()).count(), std::memory_order_release);
  feed_.outbox_bell.ring();
}

bool Outbox::take_some() {
  FreshEffect fresh;
  int taken = 0;
  while (taken < kEffectsBetweenPolls) {
    if (is_full()) {
      if (!closing_) break;
      tail_left_ = true;  // the shard must come to its end
    }
    if (!feed_.ring.pop(fresh)) break;
    ++taken;
    for (const Listener& listener : listeners_) listener(fresh.effect);
    if (tail_left_) continue;
    for (const auto& queue : queues_) queue->take(FreshEffect(fresh));
  }
  if (taken > 0) feed_.room.serve(shard_bell_);
  return taken > 0;
}

bool Outbox::pump_all() {
  bool moved = false;
  for (const auto& queue : queues_) moved |= queue->pump();
  return moved;
}

bool Outbox::is_full() const {
  return std::any_of(queues_.begin(), queues_.end(), [](const auto& queue) { return queue->is_full(); });
}

bool Outbox::is_waiting() const {
  return std::any_of(queues_.begin(), queues_.end(), [](const auto& queue) { return queue->is_waiting(); });
}

void Outbox::remember() {
  const Duration now = clock_.uptime();
  const bool due = now - remembered_at_ >= kRememberSpan;
  for (const auto& queue : queues_) queue->remember(due ? 0 : kRememberEffects);
  if (due) remembered_at_ = now;
}

void Outbox::wait() {
  if (queues_.empty()) return feed_.outbox_bell.wait();
  if (!is_waiting()) {
    wait_ = kPollSpanMin;
    return feed_.outbox_bell.wait_for(kIdlePollSpan);
  }
  feed_.outbox_bell.wait_for(wait_);
  wait_ = std::clamp(2 * wait_, kPollSpanMin, kPollSpanMax);
}

void Outbox::close_all() {
  for (const auto& queue : queues_) queue->close(std::max(time_left(), Duration::zero()));
}

Duration Outbox::time_left() { return close_by_ - clock_.uptime(); }

}  // namespace tocsin
