#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/hash.h"
#include "engine/model/ids.h"
#include "engine/model/refusal.h"
#include "engine/runtime/intake/intake.h"
#include "engine/runtime/intake/source_decoder.h"
#include "engine/runtime/journal/local_storage.h"
#include "engine/runtime/outbox/sink.h"
#include "engine/runtime/outbox/sink_queue.h"
#include "engine/runtime/reload/rule_lane.h"
#include "engine/runtime/shard/shard_port.h"
#include "engine/runtime/time/clock.h"

namespace tocsin {

class MetricsPage;

/// What an engine is made of. Everything is used until the engine ends.
struct EngineOptions {
  /// Either the folder of the local storage, or storage of the caller's.
  std::filesystem::path data_dir;
  /// Of the local storage: go on without what is damaged.
  bool accept_loss = false;
  Storage storage;

  /// Makes the shard, with the journal's key, which outlives it: see make_core_shard.
  std::function<std::unique_ptr<ShardPort>(const HashKey& key)> make_shard;
  /// The rules that are to be in force from start() on. When the journal's last rule set is another, or it has none,
  /// they become its next input: the first of a new journal. Null rules (tests): those that make_shard has.
  RuleSwitch rules;
  /// For the replay; null when the journal holds no bodies (tests). Borrowed during recover().
  DecoderSet* decoders = nullptr;
  std::vector<std::unique_ptr<Sink>> sinks;
  std::size_t intakes = 1;  // connector threads
  /// Who applies what was made durable. helped: the sequencer's thread too, see ShardRunner; answers wait for it then.
  enum class ShardWork : std::uint8_t { own_thread, helped };
  ShardWork shard_work = ShardWork::own_thread;
  Clock* clock = nullptr;    // borrowed; null: the machine's
  std::string version;       // for tocsin_build_info
  bool new_journal = false;  // an empty journal beside sinks that were told of another one is meant

  std::size_t bytes_in_flight_max = limits::kBytesInFlightMax;
  OutboxLimits outbox;
};

/// How far the replay at the start is, for people.
struct RecoveryProgress {
  Position position{};
  Position last{};
  Duration elapsed{};
};

/// For /-/healthy and /-/ready.
struct EngineHealth {
  bool accepts = false;              // bodies are accepted now: started, not stopping, the journal can be written,
                                     // no sink is full
  bool has_failed = false;           // nothing can be accepted any more before a restart
  bool is_well = false;              // accepts, and no sink has trouble
  std::vector<std::string> reasons;  // why nothing is accepted, a sentence each
  std::vector<std::string> remarks;  // what is wrong besides: of sinks, of the clock
};

/// What stop() waits for.
struct StopProgress {
  std::vector<SinkStatus> sinks{};  // that have not confirmed all
  Duration left{};                  // until it is no longer waited for
};

/// The machine in one piece: intakes → sequencer → journal → shard → outbox → sinks; four threads and one for each sink
/// besides the connectors'. Use: open, recover, start; connectors use intake(i); stop. One thread calls these; what
/// says "any thread" may be called by others from the return of open() on.
class Engine {
 public:
  /// Opens the journal and asks the sinks what they were told; storage_failed when the first cannot be or the two do
  /// not fit.
  static Result<std::unique_ptr<Engine>> open(EngineOptions options);
  /// Stops when that was not done.
  ~Engine();

  /// What the opening of the storage found or did that an operator should know, a sentence each.
  const std::vector<std::string>& remarks() const;

  /// The key that decoders hash identities with.
  const HashKey& key() const;

  /// After open(): what could not be found out there, a sentence each.
  const std::vector<std::string>& notes() const;

  /// Before recover(): `listener` gets every effect made after start(), on the outbox's thread; it must be quick and
  /// only hand on.
  void on_effect(std::function<void(const EffectPtr&)> listener);
  /// Before start(): `writer` adds its own families to every scrape, on the scraping thread.
  void on_scrape(std::function<void(MetricsPage&)> writer);

  /// Replays the journal into the shard; what sinks have not confirmed waits for them. `progress` may be empty; it is
  /// called at times and at the end. Stops the process when a journaled body no longer decodes. Stopping, when
  /// begin_stop() was called meanwhile.
  Result<void> recover(const std::function<void(const RecoveryProgress&)>& progress);

  /// The last rule set that was replayed: in force from start() on when EngineOptions::rules has none. Null when the
  /// journal has none, or when something was seen before its first one: then only the caller knows by which rules.
  /// After recover().
  rules::RuleSetPtr replayed_rules() const;

  /// Starts the threads. Requires: recover() succeeded. storage_full, storage_failed, stopping: the rules that are to
  /// be in force could not be made durable; then stop().
  Result<void> start();

  /// Switches to other rules at the next position, and returns when that is durable and applied; storage_failed or
  /// stopping when it cannot be. Between start() and stop(); any thread but the engine's and the connectors'.
  Result<Position> switch_rules(RuleSwitch next);
  /// Position of the rule set in force; any thread.
  Position rules_position() const;

  /// The way in of connector thread `index`, for its use alone; valid until the engine ends.
  Intake& intake(std::size_t index);

  /// Any thread: accepts nothing from now on and until a restart, because of `why`; what was accepted is still told to
  /// the sinks, queries are answered. For what the journal does not notice itself. Nothing before start().
  void give_up(std::string why);

  /// Any thread, at any time: begins what stop() does, and returns at once. A replay under way ends early; from now on
  /// nothing new is taken and nobody inside waits for a sink, so whoever waits for the engine (a request, a reload, a
  /// start) is on its way. The sinks' `drain` counts from here; of several calls the earliest end counts, so that zero
  /// ends all waiting, also a stop() under way. Nothing is lost: what is not confirmed is told after the next start.
  void begin_stop(Duration drain);
  /// Refuses what comes, finishes what was taken, lets sinks flush for at most `drain` in all, ends the threads. Also
  /// after a failure of the storage. What sinks did not confirm is offered again after the next start. `progress` may
  /// be empty; it is called once a second. False: a thread has not come back from the disk or a destination two seconds
  /// after the time was up. Then the process may end as it is, losing nothing; the engine's end waits for the thread.
  bool stop(Duration drain = std::chrono::seconds{5}, const std::function<void(const StopProgress&)>& progress = {});

  /// Any thread.
  EngineHealth health() const;
  std::vector<SinkStatus> sinks() const;

  // What a sink's destination does not take; any thread, after recover(). not_found: there is no such sink.
  /// The first limits::kUndeliverableListMax of it.
  Result<std::vector<HeldRecord>> undeliverable(std::string_view sink) const;
  /// Each record is tried once more, soon; how many there are.
  Result<std::uint64_t> send_undeliverable_again(std::string_view sink);
  /// They are given up; how many there were.
  Result<std::uint64_t> discard_undeliverable(std::string_view sink);
  /// Any thread: the scrape's text.
  std::string metrics() const;

 private:
  struct Parts;
  explicit Engine(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin
