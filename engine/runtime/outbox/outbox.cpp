#include "engine/runtime/outbox/outbox.h"

#include <algorithm>
#include <thread>

#include "engine/runtime/thread_name.h"

namespace tocsin {
namespace {

constexpr std::size_t kEffectsAtOnce = 1024;
constexpr std::size_t kReplayTailBytes = 1 << 20;  // more is moved to disk at once, so that a replay needs no memory
constexpr Duration kKeepAgainMin = std::chrono::milliseconds{20};
constexpr Duration kKeepAgainMax = std::chrono::seconds{1};

/// Moves tails to disk until there is nothing to move or the disk takes nothing. True: something was moved.
bool keep_all(const std::vector<std::unique_ptr<SinkQueue>>& queues) {
  bool moved = false;
  for (const auto& queue : queues) {
    if (!queue->keep_some()) continue;
    moved = true;
    queue->wake();
  }
  return moved;
}

}  // namespace

Outbox::Outbox(std::vector<std::unique_ptr<Sink>> sinks, OutboxStore& store, const OutboxLimits& limits,
               EffectFeed& feed, Doorbell& shard_bell, Gate& gate, Clock& clock)
    : store_(store), feed_(feed), shard_bell_(shard_bell), clock_(clock) {
  for (auto& sink : sinks) queues_.push_back(std::make_unique<SinkQueue>(std::move(sink), store, limits, gate, clock));
}

Result<void> Outbox::begin(Position last, JournalLife life, bool new_journal) {
  for (const auto& queue : queues_) {
    const Told told = queue->ask_what_it_was_told();
    if (!told.is_known)
      notes_.push_back("what the sink \"" + queue->name() + "\" was told before is not known: " + told.why);
    if (auto compared = compare(*queue, told, last, life, new_journal); !compared) return compared;
  }
  return store_.clear_kept();
}

Result<void> Outbox::compare(SinkQueue& queue, const Told& told, Position last, JournalLife life, bool new_journal) {
  const std::string sink = "the sink \"" + queue.name() + "\"";
  const EffectName remembered = queue.begun_behind();
  if (last == Position{0}) {
    if (remembered.position == Position{0} && told.highest.empty()) return {};
    const EffectName known = told.highest.empty() ? remembered : told.highest.back();
    if (new_journal) return queue.forget_confirmed();
    return refuse(Refusal::storage_failed,
                  "the journal is empty, but " + sink + " was told of effects up to " + to_text(known) +
                      " by another journal or by one that is lost: what is open there would never be closed. Is this "
                      "the right data folder? To begin a new journal all the same: --new-journal");
  }
  // What another journal told says nothing of this one; nor does a mark of another journal.
  const auto is_ours = [life](const EffectName& name) { return name.life.journal == life.journal; };
  const bool mark_is_old = remembered.life.epoch == 0;  // from before there were lives: always of this folder
  if (remembered.position > Position{0} && !mark_is_old && !is_ours(remembered))
    return refuse(Refusal::storage_failed, "the mark of what " + sink + " has confirmed, " + to_text(remembered) +
                                               ", is of another journal: parts of two data folders were mixed");
  if (remembered.position > last)
    return refuse(Refusal::storage_failed, sink + " has confirmed effects up to journal position " +
                                               std::to_string(remembered.position.value()) +
                                               ", but the journal ends at " + std::to_string(last.value()) +
                                               ": a part of the journal is lost, or it is another journal");
  for (const EffectName& name : told.highest) {
    if (!is_ours(name) || name.position <= last) continue;
    return refuse(Refusal::storage_failed, sink + " was told of effects up to " + to_text(name) +
                                               ", but the journal ends at position " + std::to_string(last.value()) +
                                               ": a part of the journal is lost, or this is an older copy of it. Put "
                                               "the newest copy of the data folder in its place, or start with "
                                               "--accept-loss: it then goes on above that position, under a new epoch");
  }
  return {};
}

Position Outbox::awaited_from() const {
  Position from{UINT64_MAX};
  for (const auto& queue : queues_) from = std::min(from, queue->begun_behind().position);
  return from;
}

void Outbox::take_replayed(const EffectPtr& effect) {
  const FreshEffect fresh{effect, Duration{-1}};
  for (const auto& queue : queues_) {
    const bool has_tail = queue->take({&fresh, 1});
    // What the disk does not take stays in memory, and the keeper tries again.
    if (has_tail && queue->tail_bytes() >= kReplayTailBytes) queue->keep_some();
  }
}

void Outbox::run() {
  std::vector<std::thread> threads;
  for (const auto& queue : queues_) {
    threads.emplace_back([&queue] {
      name_this_thread("sink");
      queue->run();
    });
  }
  std::thread keeper([this] {
    name_this_thread("keeper");
    keep_tails();
  });
  for (;;) {
    // acquire: pairs with the shard's release; read before the ring, so that empty means drained
    const bool ended = feed_.ended.load(std::memory_order_acquire);
    if (take_some()) continue;
    if (ended) break;
    feed_.outbox_bell.wait();
  }
  for (const auto& queue : queues_) queue->end_input();
  for (std::thread& thread : threads) thread.join();
  keeper_ends_.store(true, std::memory_order_release);  // pairs with keep_tails()' acquire
  keeper_bell_.ring();
  keeper.join();
}

void Outbox::stop(Duration drain) {
  const Duration end = clock_.uptime() + std::max(drain, Duration::zero());
  Duration::rep before = close_by_.load(std::memory_order_relaxed);
  // release: pairs with the acquire in is_time_up()
  while (end.count() < before &&
         !close_by_.compare_exchange_weak(before, end.count(), std::memory_order_release, std::memory_order_relaxed)) {
  }
  for (const auto& queue : queues_) queue->close_by(end);
}

bool Outbox::is_time_up() const { return clock_.uptime() >= Duration{close_by_.load(std::memory_order_acquire)}; }

Duration Outbox::time_left() const {
  const Duration end{close_by_.load(std::memory_order_acquire)};
  return end == Duration::max() ? Duration::zero() : std::max(end - clock_.uptime(), Duration::zero());
}

bool Outbox::take_some() {
  batch_.clear();
  FreshEffect fresh;
  while (batch_.size() < kEffectsAtOnce && feed_.ring.pop(fresh)) batch_.push_back(std::move(fresh));
  if (batch_.empty()) return false;
  feed_.room.serve(shard_bell_);
  for (const FreshEffect& one : batch_) {
    for (const Listener& listener : listeners_) listener(one.effect);
  }
  if (is_time_up()) return true;  // the sinks' threads end or have ended: the rest is left to the next start
  bool keeper_has_work = false;
  for (const auto& queue : queues_) keeper_has_work |= queue->take(batch_);
  if (keeper_has_work) keeper_bell_.ring();
  return true;
}

/// The keeper's thread.
void Outbox::keep_tails() {
  Duration again = kKeepAgainMin;
  while (!keeper_ends_.load(std::memory_order_acquire)) {
    if (keep_all(queues_)) {
      again = kKeepAgainMin;
      continue;
    }
    const bool refused =
        std::any_of(queues_.begin(), queues_.end(), [](const auto& queue) { return queue->has_tail(); });
    if (!refused) {
      again = kKeepAgainMin;
      keeper_bell_.wait();
      continue;
    }
    keeper_bell_.wait_for(again);
    again = std::min(2 * again, kKeepAgainMax);
  }
}

std::vector<SinkStatus> Outbox::sinks() const {
  std::vector<SinkStatus> all;
  for (const auto& queue : queues_) all.push_back(queue->status());
  return all;
}

SinkQueue* Outbox::find(std::string_view sink) const {
  const auto found =
      std::find_if(queues_.begin(), queues_.end(), [sink](const auto& queue) { return queue->name() == sink; });
  return found == queues_.end() ? nullptr : found->get();
}

}  // namespace tocsin
