#include "engine/app/server.h"

#include <chrono>

#include <spdlog/spdlog.h>

#include "connectors/http/http_metrics.h"
#include "connectors/http/http_server.h"
#include "connectors/sinks/kafka_sink.h"
#include "connectors/sinks/ndjson_sink.h"
#include "connectors/sources/decoders.h"
#include "engine/app/version.h"
#include "engine/model/time_text.h"
#include "engine/runtime/core_shard.h"
#include "engine/runtime/engine.h"

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

}  // namespace

struct Server::Parts {
  Config config;
  std::unique_ptr<DecoderSet> replay_decoders = make_decoders();
  std::vector<std::unique_ptr<DecoderSet>> decoders;  // one for each connector thread
  std::unique_ptr<Engine> engine;
  std::unique_ptr<HttpServer> http;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::open(const Config& config, rules::RuleSetPtr rules) {
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  auto sinks = open_sinks(config);
  if (!sinks) return std::unexpected(sinks.error());

  EngineOptions options;
  options.data_dir = config.data;
  options.make_shard = [rules](const HashKey& key) { return make_core_shard(rules, key); };
  options.decoders = parts->replay_decoders.get();
  options.sinks = std::move(*sinks);
  options.intakes = config.http_threads;
  options.version = kVersion;
  options.bytes_in_flight_max = config.bytes_in_flight_max;
  options.outbox = {config.outbox_memory_bytes_max, config.outbox_disk_bytes_max};
  auto engine = Engine::open(std::move(options));
  if (!engine) return std::unexpected(engine.error());
  parts->engine = std::move(*engine);
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
  engine.start();
  return http.start();
}

std::vector<std::string> Server::addresses() const { return parts_->http->addresses(); }

std::vector<std::string> Server::troubles() const { return parts_->engine->health().reasons; }

void Server::stop() {
  if (parts_->http) parts_->http->stop();
  if (parts_->engine) parts_->engine->stop(kDrain);
}

}  // namespace tocsin::app
