#include "engine/app/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <mutex>
#include <string_view>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "connectors/commands/kafka_commands.h"
#include "connectors/http/http_metrics.h"
#include "connectors/http/http_server.h"
#include "connectors/sinks/kafka_sink.h"
#include "connectors/sinks/ndjson_sink.h"
#include "connectors/sources/decoders.h"
#include "engine/app/command.h"
#include "engine/app/explain_desk.h"
#include "engine/app/rule_watch.h"
#include "engine/app/version.h"
#include "engine/model/time_text.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/journal/data_folder.h"
#include "engine/runtime/journal/zone_data.h"
#include "engine/runtime/metrics.h"
#include "engine/runtime/reload/rule_reloader.h"
#include "engine/runtime/shard/core_shard.h"

namespace tocsin::app {
namespace {

Result<std::vector<std::unique_ptr<Sink>>> open_sinks(const Config& config) {
  // Kafka first: what is wrong with its options is found before the file is made.
  std::unique_ptr<Sink> kafka;
  if (!config.kafka.bootstrap.empty()) {
    KafkaSinkOptions options = config.kafka;
    if (!config.commands_topic.empty())
      options.also_topics.push_back(options.records.topic_prefix + config.commands_topic);
    auto sink = KafkaSink::open(std::move(options));
    if (!sink) return std::unexpected(sink.error());
    kafka = std::move(*sink);
  }
  std::vector<std::unique_ptr<Sink>> sinks;
  if (!config.events.empty()) {
    auto sink = NdjsonSink::open({.path = config.events, .records = config.kafka.records});
    if (!sink) return std::unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  if (kafka) sinks.push_back(std::move(kafka));
  return sinks;
}

std::string join(const std::vector<std::string>& sentences, std::string_view between) {
  return fmt::format("{}", fmt::join(sentences, between));
}

void add_sinks(HttpHooks& hooks, Engine& engine) {
  hooks.sinks = [&engine] { return engine.sinks(); };
  hooks.undeliverable = [&engine](std::string_view sink) { return engine.undeliverable(sink); };
  hooks.resend = [&engine](std::string_view sink) {
    auto count = engine.send_undeliverable_again(sink);
    if (count) spdlog::info("sink {}: {} undeliverable records are sent again because somebody asked", sink, *count);
    return count;
  };
  hooks.discard = [&engine](std::string_view sink) {
    auto count = engine.discard_undeliverable(sink);
    if (count) spdlog::warn("sink {}: {} undeliverable records are given up because somebody asked", sink, *count);
    return count;
  };
}

std::string list_of(const std::vector<std::string>& ids) {
  return ids.empty() ? "none" : fmt::format("{}", fmt::join(ids, ", "));
}

void log_reload(const ReloadOutcome& outcome) {
  for (const rules::Diagnostic& diagnostic : outcome.diagnostics) spdlog::warn("{}", rules::to_text(diagnostic, false));
  const rules::RuleChanges& changes = outcome.changes;
  switch (outcome.result) {
    case ReloadResult::switched:
      spdlog::info(
          "rules reloaded: {} ({}) from position {} on; kept {} rules and sections; reset: {}; new: {}; removed: {}",
          outcome.rule_set, digest_text(outcome.digest), outcome.position.value(), changes.kept.size(),
          list_of(changes.reset), list_of(changes.added), list_of(changes.removed));
      if (!changes.kept.empty()) spdlog::debug("rules kept: {}", list_of(changes.kept));
      return;
    case ReloadResult::unchanged:  // whoever asked is told
    case ReloadResult::refused:
    case ReloadResult::failed:
      return;  // it is among the troubles from now on
  }
}

StartFailure failure_of(const Error& error) {
  switch (error.code) {
    case Refusal::stopping:
      return {kOk, error.message};
    case Refusal::overloaded:
    case Refusal::storage_full:
      return {kTryAgain, error.message};
    default:
      return {kFindings, error.message};
  }
}

/// Where it is between the beginning and the end; what it waits for follows from that.
enum class Step { opening, replaying, starting, running, closing_connections, finishing, reloading, ended };

}  // namespace

struct Server::Parts {
  Config config;
  std::unique_ptr<DecoderSet> replay_decoders;
  std::vector<std::unique_ptr<DecoderSet>> decoders;  // one for each connector thread
  RulesOnDisk rules;                                  // as they were at the start
  std::vector<BoundSocket> sockets;
  rules::RuleSetPtr in_force;  // at the start
  WallClock clock;
  std::unique_ptr<DataFolderGuard> folder;
  SinkTeller teller;

  // Made by the starting thread, asked by begin_stop(): what is there by then hears of it from there, what comes later
  // when it is made.
  mutable std::mutex mutex;
  bool stopping = false;                   // guarded by mutex
  Duration drain{};                        // guarded by mutex
  std::unique_ptr<Engine> engine;          // set under mutex
  std::unique_ptr<RuleReloader> reloader;  // set under mutex
  std::unique_ptr<HttpServer> http;        // set under mutex
  std::unique_ptr<RuleWatch> watch;
  std::unique_ptr<ExplainDesk> desk;
  std::unique_ptr<KafkaCommands> commands;  // null: none are read
  std::atomic<Step> step{Step::opening};

  bool reads_commands() const { return !config.kafka.bootstrap.empty() && !config.commands_topic.empty(); }
  Result<void> begin_commands();
  std::expected<void, StartFailure> open();
  void listen_to_engine();
  Result<void> replay();
  bool find_rules_in_force();
  Result<void> begin_reloads();
  bool is_stopping() const;
  RuleReading read();
  HttpHooks hooks();
  std::vector<std::string> troubles() const;
  std::string sinks_waited_for() const;
};

Server::Server(const Config& config, RulesOnDisk rules, std::vector<BoundSocket> sockets)
    : parts_(std::make_unique<Parts>()) {
  parts_->config = config;
  // Requests get half of what there is, so that sinks have the other half at least.
  HttpLimits::Span& requests = parts_->config.http.limits.stop_span;
  requests = std::min(requests, std::chrono::duration_cast<HttpLimits::Span>(config.stop_span) / 2);
  parts_->rules = std::move(rules);
  parts_->sockets = std::move(sockets);
}

Server::~Server() { stop(); }

std::expected<void, StartFailure> Server::Parts::open() {
  auto sinks = open_sinks(config);
  if (!sinks) return std::unexpected(failure_of(sinks.error()));

  // The rules before the journal's first rule set. One that begins with a rule set never asks them.
  const rules::RuleSetPtr first = rules.reading.rules ? rules.reading.rules : read_rules_on_disk({}).reading.rules;
  EngineOptions options;
  options.data_dir = config.data;
  options.accept_loss = config.accept_loss;
  options.make_shard = [first](const HashKey& key) { return make_core_shard(first, key); };
  options.rules = {rules.reading.rules, std::move(rules.reading.packed)};
  replay_decoders = make_decoders({.knows_alerts = config.known_alerts});
  options.decoders = replay_decoders.get();
  options.sinks = std::move(*sinks);
  options.intakes = config.http_threads + (reads_commands() ? 1 : 0);
  options.version = kVersion;
  options.new_journal = config.new_journal;
  options.bytes_in_flight_max = config.bytes_in_flight_max;
  options.outbox = {config.outbox_memory_bytes_max, config.outbox_disk_bytes_max};
  auto opened = Engine::open(std::move(options));
  if (!opened) return std::unexpected(failure_of(opened.error()));
  for (const std::string& remark : (*opened)->remarks()) spdlog::warn("{}", remark);
  for (const std::string& note : (*opened)->notes()) spdlog::warn("{}", note);
  folder = std::make_unique<DataFolderGuard>(config.data);
  const std::lock_guard lock(mutex);
  engine = std::move(*opened);
  if (stopping) engine->begin_stop(drain);
  return {};
}

HttpHooks Server::Parts::hooks() {
  HttpHooks hooks;
  // Only what a restart can mend is a reason to restart; what keeps alerts out for a while is a reason to send none.
  hooks.unhealthy = [this] {
    const EngineHealth health = engine->health();
    return health.has_failed ? join(health.reasons, "; ") : std::string{};
  };
  hooks.unready = [this] {
    const EngineHealth health = engine->health();
    if (health.accepts) return std::string{};
    return health.reasons.empty() ? "the engine does not accept alerts" : join(health.reasons, "; ");
  };
  hooks.remark = [this] { return join(troubles(), "\n"); };
  hooks.metrics = [this] { return engine->metrics(); };
  desk = std::make_unique<ExplainDesk>(config.data);
  hooks.explain = [this](ExplainRequest request, ExplainDesk::Answer answer) {
    return desk->ask(std::move(request), std::move(answer));
  };
  hooks.reload = [this](RuleReloader::Answer answer) { reloader->request(std::move(answer)); };
  add_sinks(hooks, *engine);
  return hooks;
}

void Server::Parts::listen_to_engine() {
  std::vector<HttpThread> threads;
  for (std::size_t i = 0; i < config.http_threads; ++i) {
    decoders.push_back(make_decoders({.knows_alerts = config.known_alerts}));
    threads.push_back({&engine->intake(i), decoders.back().get()});
  }
  auto server = std::make_unique<HttpServer>(config.http, hooks(), engine->key(), std::move(threads));
  engine->on_effect([&http = *server](const EffectPtr& effect) { http.publish(effect); });
  engine->on_scrape([&http = *server](MetricsPage& page) { write_http_metrics(page, http.counts()); });
  const std::lock_guard lock(mutex);
  http = std::move(server);
}

Result<void> Server::Parts::replay() {
  const auto recovered = engine->recover([](const RecoveryProgress& progress) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.elapsed).count();
    spdlog::info("replaying the journal: {} of {} inputs after {} s", progress.position.value(), progress.last.value(),
                 seconds);
  });
  if (const std::string other = other_zone_data(); !other.empty()) {
    spdlog::warn(
        "rules of the journal were in force under the time zone data {}, this machine has {}: calendars and windows "
        "may "
        "turn at other instants than they did",
        other, zone_data_version());
  }
  return recovered;
}

/// False: the files cannot be used, and the journal has no rules either.
bool Server::Parts::find_rules_in_force() {
  in_force = rules.reading.rules ? rules.reading.rules : engine->replayed_rules();
  if (!in_force) return false;
  if (rules.reading.rules) return true;
  for (const rules::Diagnostic& diagnostic : rules.reading.diagnostics)
    spdlog::warn("{}", rules::to_text(diagnostic, false));
  spdlog::warn(
      "the rule files cannot be used; it goes on with the journal's last rules, {} ({}), until they are mended",
      in_force->name, digest_text(in_force->digest));
  return true;
}

bool Server::Parts::is_stopping() const {
  const std::lock_guard lock(mutex);
  return stopping;
}

std::expected<void, StartFailure> Server::start() {
  Parts& parts = *parts_;
  const StartFailure ended{kOk, "the start was ended"};
  if (auto opened = parts.open(); !opened) return opened;
  parts.listen_to_engine();
  parts.step = Step::replaying;
  if (const auto replayed = parts.replay(); !replayed) return std::unexpected(failure_of(replayed.error()));
  if (!parts.find_rules_in_force()) {
    for (const rules::Diagnostic& diagnostic : parts.rules.reading.diagnostics)
      spdlog::error("{}", rules::to_text(diagnostic, false));
    return std::unexpected(StartFailure{kMisuse,
                                        "the rules have errors, and the journal has none to go on with; "
                                        "`tocsin check` shows them again"});
  }
  if (parts.is_stopping()) return std::unexpected(ended);
  parts.step = Step::starting;
  if (const auto begun = parts.begin_reloads(); !begun) return std::unexpected(failure_of(begun.error()));
  if (parts.is_stopping()) return std::unexpected(ended);
  if (const auto reading = parts.begin_commands(); !reading) return std::unexpected(failure_of(reading.error()));
  if (const auto listening = parts.http->start(std::move(parts.sockets)); !listening)
    return std::unexpected(failure_of(listening.error()));
  parts.step = Step::running;
  return {};
}

Result<void> Server::Parts::begin_commands() {
  if (!reads_commands()) return {};
  auto opened = KafkaCommands::open({.bootstrap = config.kafka.bootstrap,
                                     .properties = config.kafka.properties,
                                     .topic = config.kafka.records.topic_prefix + config.commands_topic,
                                     .group = config.commands_group});
  if (!opened) return std::unexpected(std::move(opened.error()));
  commands = std::move(*opened);
  engine->on_scrape([&reader = *commands](MetricsPage& page) {
    page.counter("tocsin_kafka_commands_total", "Records of the commands topic, by what they were", reader.taken(),
                 {{"result", "taken"}});
    page.counter("tocsin_kafka_commands_total", "Records of the commands topic, by what they were", reader.refused(),
                 {{"result", "refused"}});
  });
  commands->start(engine->intake(config.http_threads));
  return {};
}

std::vector<std::string> Server::addresses() const { return parts_->http->addresses(); }

std::string Server::rule_set() const { return parts_->in_force->name; }

Result<void> Server::Parts::begin_reloads() {
  RuleReloader::Parts parts;
  parts.read = [this] { return read(); };
  parts.pass = [this](RuleSwitch next) { return engine->switch_rules(std::move(next)); };
  parts.position = [this] { return engine->rules_position(); };
  parts.tell = log_reload;
  parts.clock = &clock;
  parts.found = rules.reading.diagnostics;
  {
    auto made = std::make_unique<RuleReloader>(std::move(parts), in_force);
    const std::lock_guard lock(mutex);
    reloader = std::move(made);
    if (stopping) reloader->begin_stop();
  }
  engine->on_scrape([this](MetricsPage& page) { reloader->write(page); });
  if (auto started = engine->start(); !started) return started;
  if (!config.watch_rules || config.rules.empty()) return {};
  watch = std::make_unique<RuleWatch>([this] { reloader->request(); });
  std::string trouble;
  if (!watch->start(watch_list(config.rules, rules.tables), trouble)) spdlog::warn("{}", trouble);
  reloader->request();  // what changed while the journal was replayed
  return {};
}

/// On the reloader's thread.
RuleReading Server::Parts::read() {
  RulesOnDisk found = read_rules_on_disk(config.rules);
  // Also of files with mistakes: their correction is what is waited for.
  if (watch) watch->watch(watch_list(config.rules, found.tables));
  return std::move(found.reading);
}

void Server::reload() {
  parts_->reloader->request([](const ReloadOutcome& outcome) {
    if (outcome.result == ReloadResult::unchanged)
      spdlog::info("rules reloaded: {} ({}), nothing changed", outcome.rule_set, digest_text(outcome.digest));
  });
}

std::vector<std::string> Server::Parts::troubles() const {
  EngineHealth health = engine->health();
  std::vector<std::string> troubles = std::move(health.reasons);
  std::ranges::move(health.remarks, std::back_inserter(troubles));
  if (reloader) {
    if (std::string trouble = reloader->trouble(); !trouble.empty()) troubles.push_back(std::move(trouble));
  }
  return troubles;
}

std::vector<std::string> Server::troubles() const {
  std::vector<std::string> troubles = parts_->troubles();
  // Of sinks sink_news() tells, with figures that change.
  std::erase_if(troubles, [](const std::string& trouble) { return trouble.starts_with("sink "); });
  return troubles;
}

std::vector<SinkTeller::Line> Server::sink_news() {
  return parts_->teller.look(parts_->engine->sinks(), parts_->clock.uptime());
}

bool Server::has_failed() const { return parts_->engine->health().has_failed; }

void Server::look_at_the_folder() {
  if (has_failed()) return;  // said once is enough
  if (const std::string trouble = parts_->folder->look(); !trouble.empty()) parts_->engine->give_up(trouble);
}

void Server::begin_stop(Duration span) {
  Parts& parts = *parts_;
  const std::lock_guard lock(parts.mutex);
  if (!parts.stopping) {
    parts.stopping = true;
    parts.drain = span - std::min<Duration>(span / 4, std::chrono::seconds{1});  // what is left is for the last steps
  }
  if (parts.reloader) parts.reloader->begin_stop();
  if (parts.engine) parts.engine->begin_stop(parts.drain);
}

std::string Server::Parts::sinks_waited_for() const {
  std::vector<std::string> sinks;
  for (const SinkStatus& sink : engine->sinks())
    if (sink.effects_waiting > 0) sinks.push_back(sink.name + ": " + waiting_text(sink));
  return sinks.empty() ? "the journal" : join(sinks, ", ");
}

std::string Server::waits_for() const {
  const Parts& parts = *parts_;
  const std::lock_guard lock(parts.mutex);
  switch (parts.step) {
    case Step::opening:
      return "the data folder to be opened";
    case Step::replaying:
      return "the replay to end";
    case Step::starting:
      return "the start to end";
    case Step::running:
    case Step::closing_connections:
      return fmt::format("{} connections", parts.http->counts().connections_open);
    case Step::finishing:
      return parts.sinks_waited_for();
    case Step::reloading:
      return "a reload of the rules";
    case Step::ended:
      break;
  }
  return {};
}

// Each step ends what may wait for those after it, and waits itself only for what still runs or is bounded.
void Server::stop() {
  Parts& parts = *parts_;
  if (!parts.is_stopping()) begin_stop(Duration::zero());
  if (parts.watch) parts.watch->stop();
  if (parts.commands) parts.commands->stop();
  if (parts.http) {
    parts.step = Step::closing_connections;
    parts.http->stop();
  }
  parts.desk.reset();
  if (parts.engine) {
    parts.step = Step::finishing;
    parts.engine->stop(parts.drain);
  }
  // After the engine: a reload under way waits for it.
  if (parts.reloader) {
    parts.step = Step::reloading;
    parts.reloader->stop();
  }
  parts.step = Step::ended;
}

}  // namespace tocsin::app
