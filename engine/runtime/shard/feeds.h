#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/model/alert.h"
#include "engine/model/command.h"
#include "engine/model/effect.h"
#include "engine/model/input.h"
#include "engine/model/limits.h"
#include "engine/model/refusal.h"
#include "engine/runtime/doorbell.h"
#include "engine/runtime/reload/rule_lane.h"
#include "engine/runtime/spsc_ring.h"

namespace tocsin {

/// An input on its way from the sequencer to the shard; durable.
struct ShardInput {
  Position position{};
  Instant at{};
  Instant wall = kUnset;
  JournalLife life{};
  InputKind kind = InputKind::time_passed;
  std::unique_ptr<AlertBatch> batch;
  std::unique_ptr<Command> command;
  Duration queue_age{};
  std::string source;
  std::string tenant;
  std::string payload;  // packed; kept only where a dead letter may need it
  rules::RuleSetPtr rules;
  Error error;
  std::size_t cost_bytes = 0;  // of the bound on bytes in flight; given back once applied
  Duration received{};         // uptime when the connector handed it over
  std::uint32_t lane = 0;      // whose it was
};

/// Takes what waits for the shard on the caller's thread, if nobody else does just now; see ShardRunner::help.
class ShardHelp {
 public:
  virtual ~ShardHelp() = default;
  virtual void help() = 0;
};

/// From the sequencer (writer) to the shard (reader), and the shard's deadline back. When the ring is full, or the
/// oldest input in it has waited for longer than Sequencer::kShardBehindMax, the sequencer takes nothing more from the
/// intakes.
struct ShardFeed {
  SpscRing<ShardInput> ring{limits::kSubmissionRingSlots};
  RoomRequest room;
  Doorbell shard_bell;
  Doorbell sequencer_bell;
  RuleLane rules;
  ShardHelp* help = nullptr;              // set before the threads start; null: the shard's own thread does all
  std::atomic<std::uint64_t> applied{0};  // inputs taken out of the ring, written by the shard
  std::atomic<bool> ended{false};         // written by the sequencer: nothing more comes
  std::atomic<std::int64_t> next_deadline_ns{to_unix_ns(kNever)};  // written by the shard
};

/// An effect on its way from the shard to the outbox.
struct FreshEffect {
  EffectPtr effect;
  Duration made{};  // uptime when the shard made it
};

/// From the shard (writer) to the outbox (reader). When the ring is full the shard takes no more inputs.
struct EffectFeed {
  SpscRing<FreshEffect> ring{limits::kEffectRingSlots};
  RoomRequest room;
  Doorbell outbox_bell;
  std::atomic<bool> ended{false};  // written by the shard: nothing more comes
};

/// What all intakes share with the engine.
struct Gate {
  static constexpr int kOpen = -1;
  std::atomic<std::int64_t> bytes_in_flight{0};  // intakes add, the shard takes off; bounded
  std::int64_t bytes_in_flight_max = limits::kBytesInFlightMax;
  std::atomic<int> refusing{kOpen};  // a Refusal: storage_failed, storage_full (by the sequencer), stopping
  std::atomic<int> full_sinks{0};    // by the sinks' queues

  void refuse_all(Refusal why) {
    // release: pairs with refused()'s acquire, so who is refused also sees what led to it
    refusing.store(static_cast<int>(why), std::memory_order_release);
  }
  int refused() const {
    const int why = refusing.load(std::memory_order_acquire);
    if (why != kOpen) return why;
    // relaxed: a bound, nothing hangs on its order
    return full_sinks.load(std::memory_order_relaxed) > 0 ? static_cast<int>(Refusal::sink_full) : kOpen;
  }
};

}  // namespace tocsin
