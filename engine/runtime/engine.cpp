#include "engine/runtime/engine.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "engine/model/check.h"
#include "engine/model/time_text.h"
#include "engine/runtime/engine_metrics.h"
#include "engine/runtime/guarded.h"
#include "engine/runtime/intake/intake_lane.h"
#include "engine/runtime/intake/sequencer.h"
#include "engine/runtime/journal/recovery.h"
#include "engine/runtime/metrics.h"
#include "engine/runtime/outbox/outbox.h"
#include "engine/runtime/shard/feeds.h"
#include "engine/runtime/shard/shard_runner.h"
#include "engine/runtime/thread_name.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kEntriesBetweenProgress = 256;
constexpr Duration kProgressSpan = std::chrono::milliseconds{200};
constexpr Duration kStopProgressSpan = std::chrono::seconds{1};
constexpr Duration kStopGrace = std::chrono::seconds{2};

std::vector<std::unique_ptr<IntakeLane>> make_lanes(std::size_t count, Gate& gate, ShardFeed& feed, Clock& clock) {
  std::vector<std::unique_ptr<IntakeLane>> lanes;
  for (std::size_t i = 0; i < count; ++i) lanes.push_back(std::make_unique<IntakeLane>(gate, feed, clock));
  return lanes;
}

enum class Stage : int { opened, recovered, started, stopped };

}  // namespace

/// In the order of the journey; each part borrows from those above it.
struct Engine::Parts {
  Parts(Storage kept, EngineOptions options)
      : storage(std::move(kept)),
        clock(options.clock != nullptr ? *options.clock : wall_clock),
        decoders(options.decoders),
        version(std::move(options.version)),
        rules(std::move(options.rules)),
        lanes(make_lanes(options.intakes, gate, feed, clock)),
        shard(options.make_shard(storage.journal->key())),
        runner(*shard, feed, effects, gate, lanes, clock),
        outbox(std::move(options.sinks), *storage.outbox, options.outbox, effects, feed.shard_bell, gate, clock) {
    if (options.shard_work == EngineOptions::ShardWork::helped) feed.help = &runner;
    gate.bytes_in_flight_max = static_cast<std::int64_t>(options.bytes_in_flight_max);
  }

  Storage storage;
  WallClock wall_clock;
  Clock& clock;
  DecoderSet* decoders;
  std::string version;
  RuleSwitch rules;                      // of the options, until start()
  std::optional<Hash128> journal_rules;  // digest of its last rule set
  rules::RuleSetPtr replayed_rules;
  bool began_with_rules = false;  // the first input of the journal is a rule set
  Gate gate;
  ShardFeed feed;
  EffectFeed effects;
  std::vector<std::unique_ptr<IntakeLane>> lanes;
  std::unique_ptr<Sequencer> sequencer;  // from the end of the replay on: it begins where the journal ends
  std::unique_ptr<ShardPort> shard;
  ShardRunner runner;
  Outbox outbox;
  std::vector<std::function<void(MetricsPage&)>> writers;

  std::atomic<Stage> stage{Stage::opened};
  std::atomic<bool> stopping{false};  // written under stop_mutex
  std::mutex stop_mutex;              // begin_stop() and the end of start(): one of the two tells the outbox
  Duration drain{};                   // guarded by stop_mutex; once stopping
  bool stop_begun = false;            // guarded by stop_mutex: gate and outbox know
  Mutex ends_mutex;
  std::condition_variable_any thread_ended;
  int threads_running ABSL_GUARDED_BY(ends_mutex) = 0;
  std::thread sequencer_thread;
  std::thread shard_thread;
  std::thread outbox_thread;

  /// Starts a thread whose end can be waited for with a bound.
  std::thread run(const char* name, std::function<void()> function) {
    {
      const Lock lock(ends_mutex);
      ++threads_running;
    }
    return std::thread([this, name, function = std::move(function)] {
      name_this_thread(name);
      function();
      const Lock lock(ends_mutex);
      --threads_running;
      thread_ended.notify_all();
    });
  }
  /// True: all threads have ended; false: not within `wait`.
  bool wait_for_threads(Duration wait) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock lock(ends_mutex);
    return thread_ended.wait_for(lock, wait, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return threads_running == 0; });
  }

  void reach(Stage next) { stage.store(next, std::memory_order_release); }
  // acquire: pairs with reach()'s release, so what the stage made is there
  Stage reached() const { return stage.load(std::memory_order_acquire); }

  /// Requires: stop_mutex is held.
  void tell_of_stop() {
    if (!stopping || stop_begun || reached() != Stage::started) return;
    stop_begun = true;
    gate.refuse_all(Refusal::stopping);  // nothing new
    outbox.stop(drain);                  // from now on nobody waits for a sink that is down
  }
};

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Engine::~Engine() {
  stop(Duration::zero());
  for (std::thread* thread : {&parts_->sequencer_thread, &parts_->shard_thread, &parts_->outbox_thread}) {
    if (thread->joinable()) thread->join();
  }
}

Result<std::unique_ptr<Engine>> Engine::open(EngineOptions options) {
  Storage storage = std::move(options.storage);
  const bool new_journal = options.new_journal;
  const std::string folder = options.data_dir.string();
  if (!storage.journal) {
    StorageOptions how{.accept_loss = options.accept_loss};
    // Before it is decided where a journal that lost something goes on.
    if (how.accept_loss) {
      for (const auto& sink : options.sinks)
        for (const EffectName& name : sink->told().highest) how.told.push_back({std::string(sink->name()), name});
    }
    auto opened = open_local_storage(options.data_dir, how);
    if (!opened) return std::unexpected(std::move(opened.error()));
    storage = std::move(*opened);
  }
  std::unique_ptr<Engine> engine(new Engine(std::make_unique<Parts>(std::move(storage), std::move(options))));
  Parts& parts = *engine->parts_;
  const Journal& journal = *parts.storage.journal;
  if (auto begun = parts.outbox.begin(journal.last_position(), journal.life(), new_journal); !begun) {
    Error& error = begun.error();
    if (!folder.empty()) error.message = "the data folder " + folder + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  return engine;
}

const std::vector<std::string>& Engine::remarks() const { return parts_->storage.remarks; }

const HashKey& Engine::key() const { return parts_->storage.journal->key(); }

const std::vector<std::string>& Engine::notes() const { return parts_->outbox.notes(); }

void Engine::on_effect(std::function<void(const EffectPtr&)> listener) {
  parts_->outbox.on_effect(std::move(listener));
}

void Engine::on_scrape(std::function<void(MetricsPage&)> writer) { parts_->writers.push_back(std::move(writer)); }

Result<void> Engine::recover(const std::function<void(const RecoveryProgress&)>& progress) {
  Parts& parts = *parts_;
  TOCSIN_CHECK(parts.reached() == Stage::opened, "the replay comes once, after open()");
  Journal& journal = *parts.storage.journal;
  const Duration began = parts.clock.uptime();
  Duration told = began;
  const Position awaited_from = parts.outbox.awaited_from();
  std::vector<EffectPtr> effects;
  Instant last_wall = kUnset;
  bool is_first = true;

  if (journal.last_position() > Position{0}) {
    TOCSIN_CHECK(parts.decoders != nullptr, "a journal with inputs is replayed with decoders");
    const auto replayed = replay_inputs(journal, Position{1}, *parts.decoders, [&](const Input& input) {
      // relaxed: it is looked at again and again
      if (parts.stopping.load(std::memory_order_relaxed)) return false;
      parts.runner.replay(input, input.position >= awaited_from, effects);
      last_wall = input.wall_clock();
      if (input.rules) {
        parts.journal_rules = input.rules->digest;
        parts.replayed_rules = input.rules;
      }
      if (is_first) parts.began_with_rules = input.rules != nullptr;
      is_first = false;
      for (const EffectPtr& effect : effects) parts.outbox.take_replayed(effect);
      if (progress && input.position.value() % kEntriesBetweenProgress == 0) {
        const Duration now = parts.clock.uptime();
        if (now - told >= kProgressSpan) {
          told = now;
          progress({input.position, journal.last_position(), now - began});
        }
      }
      return true;
    });
    if (!replayed) return replayed;
  }
  if (parts.stopping.load(std::memory_order_relaxed))
    return refuse(Refusal::stopping, "the start was ended while the journal was replayed");
  parts.runner.end_replay();
  if (progress) progress({journal.last_position(), journal.last_position(), parts.clock.uptime() - began});
  parts.sequencer = std::make_unique<Sequencer>(journal, parts.lanes, parts.feed, parts.gate, parts.clock, last_wall);
  parts.reach(Stage::recovered);
  return {};
}

rules::RuleSetPtr Engine::replayed_rules() const { return parts_->began_with_rules ? parts_->replayed_rules : nullptr; }

Result<void> Engine::start() {
  Parts& parts = *parts_;
  TOCSIN_CHECK(parts.reached() == Stage::recovered, "start() comes once, after recover()");
  // From the far end on, so that each finds its reader there.
  parts.outbox_thread = parts.run("outbox", [&parts] { parts.outbox.run(); });
  parts.shard_thread = parts.run("shard", [&parts] { parts.runner.run(); });
  parts.sequencer_thread = parts.run("sequencer", [&parts] { parts.sequencer->run(); });
  {
    const std::lock_guard lock(parts.stop_mutex);
    parts.reach(Stage::started);
    parts.tell_of_stop();
  }
  // Before any connector: the first input of a new journal is its rule set.
  if (parts.rules.rules && parts.journal_rules != parts.rules.rules->digest)
    if (const auto switched = switch_rules(std::move(parts.rules)); !switched) return std::unexpected(switched.error());
  return {};
}

Result<Position> Engine::switch_rules(RuleSwitch next) {
  return parts_->feed.rules.pass(std::move(next), parts_->feed.sequencer_bell);
}

Position Engine::rules_position() const { return parts_->feed.rules.position(); }

Intake& Engine::intake(std::size_t index) {
  TOCSIN_CHECK(index < parts_->lanes.size(), "there is an intake for each connector thread");
  return *parts_->lanes[index];
}

void Engine::give_up(std::string why) {
  if (parts_->reached() == Stage::started) parts_->sequencer->give_up(std::move(why));
}

void Engine::begin_stop(Duration drain) {
  Parts& parts = *parts_;
  const std::lock_guard lock(parts.stop_mutex);
  parts.drain = parts.stopping ? std::min(parts.drain, drain) : drain;
  parts.stopping = true;
  parts.tell_of_stop();
  if (parts.stop_begun) parts.outbox.stop(drain);  // the earliest end of several counts
}

bool Engine::stop(Duration drain, const std::function<void(const StopProgress&)>& progress) {
  Parts& parts = *parts_;
  if (parts.reached() != Stage::started) return true;
  begin_stop(drain);        // 1. nothing new, and nobody waits for a sink
  parts.sequencer->stop();  // 2. what was submitted becomes durable and gets its receipt, then what is durable is
                            // applied, then sinks flush, what they confirmed is remembered
  Duration over{};          // the time is up since so long
  while (!parts.wait_for_threads(kStopProgressSpan)) {
    StopProgress now{{}, parts.outbox.time_left()};
    if (now.left == Duration{0} && (over += kStopProgressSpan) > kStopGrace) return false;
    for (SinkStatus& sink : parts.outbox.sinks())
      if (sink.effects_waiting > 0) now.sinks.push_back(std::move(sink));
    if (progress) progress(now);
  }
  parts.sequencer_thread.join();
  parts.shard_thread.join();
  parts.outbox_thread.join();
  parts.reach(Stage::stopped);
  return true;
}

EngineHealth Engine::health() const {
  const Parts& parts = *parts_;
  EngineHealth health;
  switch (parts.reached()) {
    case Stage::opened:
    case Stage::recovered:
      health.reasons.push_back("the journal is being replayed");
      break;
    case Stage::stopped:
      health.reasons.push_back("stopped");
      break;
    case Stage::started: {
      const int refused = parts.gate.refused();
      health.accepts = refused == Gate::kOpen;
      if (const std::string failure = parts.sequencer->failure(); !failure.empty()) {
        health.has_failed = true;
        health.reasons.push_back("nothing can be accepted since " + to_rfc3339(parts.sequencer->failed_at()) +
                                 " and until a restart: " + failure);
      }
      if (const std::string shortage = parts.sequencer->shortage(); !shortage.empty())
        health.reasons.push_back(
            "nothing can be accepted while the journal has no space; this is looked at every second: " + shortage);
      if (refused == static_cast<int>(Refusal::stopping)) health.reasons.push_back("stopping");
      health.remarks = parts.sequencer->timekeeper().remarks();
      break;
    }
  }
  for (const SinkStatus& sink : parts.outbox.sinks()) {
    if (sink.full_since != kUnset) health.reasons.push_back(full_text(sink));
    if (sink.is_unwell()) health.remarks.push_back(unwell_text(sink));
    if (sink.undeliverable > 0) health.remarks.push_back(undeliverable_text(sink));
  }
  health.is_well = health.accepts && health.reasons.empty() && health.remarks.empty();
  return health;
}

std::vector<SinkStatus> Engine::sinks() const { return parts_->outbox.sinks(); }

namespace {

std::unexpected<Error> no_such_sink() { return refuse(Refusal::not_found, "there is no sink of this name"); }

}  // namespace

Result<std::vector<HeldRecord>> Engine::undeliverable(std::string_view sink) const {
  const SinkQueue* queue = parts_->outbox.find(sink);
  if (queue == nullptr) return no_such_sink();
  return queue->held().list(limits::kUndeliverableListMax);
}

Result<std::uint64_t> Engine::send_undeliverable_again(std::string_view sink) {
  SinkQueue* queue = parts_->outbox.find(sink);
  if (queue == nullptr) return no_such_sink();
  queue->send_held_again();
  return queue->held().count();
}

Result<std::uint64_t> Engine::discard_undeliverable(std::string_view sink) {
  SinkQueue* queue = parts_->outbox.find(sink);
  if (queue == nullptr) return no_such_sink();
  return queue->discard_held();
}

std::string Engine::metrics() const {
  const Parts& parts = *parts_;
  MetricsPage page;
  page.gauge("tocsin_build_info", "1; the version is a label", 1, {{"version", parts.version}});
  page.gauge("tocsin_uptime_seconds", "Since the start of the process",
             static_cast<double>(parts.clock.uptime().count()) / 1e9);
  write_shard_metrics(page, parts.runner);
  write_outbox_metrics(page, parts.outbox, parts.runner);
  if (parts.reached() >= Stage::recovered) write_journal_metrics(page, *parts.sequencer, parts.gate);
  for (const auto& writer : parts.writers) writer(page);
  return page.text();
}

}  // namespace tocsin
