#include "engine/app/server.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "connectors/http/http_metrics.h"
#include "connectors/http/http_server.h"
#include "connectors/sinks/kafka_sink.h"
#include "connectors/sinks/ndjson_sink.h"
#include "connectors/sources/decoders.h"
#include "engine/app/rule_watch.h"
#include "engine/app/version.h"
#include "engine/model/time_text.h"
#include "engine/runtime/core_shard.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/rule_reloader.h"

namespace tocsin::app {
namespace {

constexpr auto kDrain = std::chrono::seconds{10};

Result<std::vector<std::unique_ptr<Sink>>> open_sinks(const Config& config) {
  std::vector<std::unique_ptr<Sink>> sinks;
  if (!config.events.empty()) {
    auto sink = NdjsonSink::open({.path = config.events, .records = config.kafka.records});
    if (!sink) return std::unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  if (!config.kafka.bootstrap.empty()) {
    auto sink = KafkaSink::open(config.kafka);
    if (!sink) return std::unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  return sinks;
}

std::string first_reason(const EngineHealth& health, bool good) {
  if (good) return {};
  return health.reasons.empty() ? "the engine does not accept alerts" : health.reasons.front();
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

}  // namespace

struct Server::Parts {
  Config config;
  std::unique_ptr<DecoderSet> replay_decoders = make_decoders();
  std::vector<std::unique_ptr<DecoderSet>> decoders;  // one for each connector thread
  RulesOnDisk rules;                                  // as they were at the start
  WallClock clock;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<RuleReloader> reloader;
  std::unique_ptr<RuleWatch> watch;
  std::unique_ptr<HttpServer> http;

  void begin_reloads();
  RuleReading read();
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::open(const Config& config, RulesOnDisk rules) {
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  auto sinks = open_sinks(config);
  if (!sinks) return std::unexpected(sinks.error());

  EngineOptions options;
  options.data_dir = config.data;
  options.accept_loss = config.accept_loss;
  options.make_shard = [first = rules.reading.rules](const HashKey& key) { return make_core_shard(first, key); };
  options.rules = {rules.reading.rules, std::move(rules.reading.packed)};
  options.decoders = parts->replay_decoders.get();
  options.sinks = std::move(*sinks);
  options.intakes = config.http_threads;
  options.version = kVersion;
  options.bytes_in_flight_max = config.bytes_in_flight_max;
  options.outbox = {config.outbox_memory_bytes_max, config.outbox_disk_bytes_max};
  auto engine = Engine::open(std::move(options));
  if (!engine) return std::unexpected(engine.error());
  parts->engine = std::move(*engine);
  for (const std::string& remark : parts->engine->remarks()) spdlog::warn("{}", remark);
  parts->rules = std::move(rules);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Result<void> Server::start() {
  Engine& engine = *parts_->engine;
  std::vector<HttpThread> threads;
  for (std::size_t i = 0; i < parts_->config.http_threads; ++i) {
    parts_->decoders.push_back(make_decoders());
    threads.push_back({&engine.intake(i), parts_->decoders.back().get()});
  }
  HttpHooks hooks;
  // A sink in trouble is no reason to restart the process or to send alerts elsewhere: what it says is in the metrics
  // and the log.
  hooks.unhealthy = [&engine] {
    const EngineHealth health = engine.health();
    return first_reason(health, health.accepts);
  };
  hooks.unready = hooks.unhealthy;
  hooks.metrics = [&engine] { return engine.metrics(); };
  hooks.remark = [this, &engine] {
    std::vector<std::string> remarks = engine.health().remarks;
    if (parts_->reloader) remarks.push_back(parts_->reloader->trouble());
    std::erase(remarks, "");
    return fmt::format("{}", fmt::join(remarks, "\n"));
  };
  hooks.reload = [this](RuleReloader::Answer answer) { parts_->reloader->request(std::move(answer)); };
  parts_->http = std::make_unique<HttpServer>(parts_->config.http, std::move(hooks), engine.key(), std::move(threads));
  HttpServer& http = *parts_->http;
  engine.on_effect([&http](const EffectPtr& effect) { http.publish(effect); });
  engine.on_scrape([&http](MetricsPage& page) { write_http_metrics(page, http.counts()); });

  const auto recovered = engine.recover([](const RecoveryProgress& progress) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(progress.elapsed).count();
    spdlog::info("replaying the journal: {} of {} inputs after {} s", progress.position.value(), progress.last.value(),
                 seconds);
  });
  if (!recovered) return recovered;
  parts_->begin_reloads();
  return http.start();
}

std::vector<std::string> Server::addresses() const { return parts_->http->addresses(); }

void Server::Parts::begin_reloads() {
  RuleReloader::Parts parts;
  parts.read = [this] { return read(); };
  parts.pass = [this](RuleSwitch next) { return engine->switch_rules(std::move(next)); };
  parts.position = [this] { return engine->rules_position(); };
  parts.tell = log_reload;
  parts.clock = &clock;
  reloader = std::make_unique<RuleReloader>(std::move(parts), rules.reading.rules);
  engine->on_scrape([this](MetricsPage& page) { reloader->write(page); });
  engine->start();
  if (!config.watch_rules || config.rules.empty()) return;
  watch = std::make_unique<RuleWatch>([this] { reloader->request(); });
  std::string trouble;
  if (!watch->start(watch_list(config.rules, rules.tables), trouble)) spdlog::warn("{}", trouble);
  reloader->request();  // what changed while the journal was replayed
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

std::vector<std::string> Server::troubles() const {
  EngineHealth health = parts_->engine->health();
  std::vector<std::string> troubles = std::move(health.reasons);
  std::ranges::move(health.remarks, std::back_inserter(troubles));
  if (std::string trouble = parts_->reloader->trouble(); !trouble.empty()) troubles.push_back(std::move(trouble));
  return troubles;
}

void Server::stop() {
  if (parts_->watch) parts_->watch->stop();
  if (parts_->http) parts_->http->stop();
  if (parts_->reloader) parts_->reloader->stop();
  if (parts_->engine) parts_->engine->stop(kDrain);
}

}  // namespace tocsin::app
