#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "bench/micro/alert_bodies.h"
#include "connectors/sources/alertmanager_v2.h"
#include "connectors/sources/json_fault.h"
#include "connectors/sources/json_reader.h"
#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "engine/model/identity.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin::bench {
namespace {

void count(benchmark::State& state, const AlertBody& body) {
  const auto alerts = static_cast<double>(state.iterations() * state.range(0));
  state.counters["alerts/s"] = benchmark::Counter(alerts, benchmark::Counter::kIsRate);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.body_bytes));
}

/// The whole of a connector thread's work on a body that lies in memory, with a batch that is warm.
void decode_alertmanager_v2(benchmark::State& state) {
  const AlertBody body = make_alert_body(static_cast<std::size_t>(state.range(0)));
  JsonReader reader;
  const auto decoder = make_alertmanager_v2(reader);
  AlertBatch batch;
  batch.source = decoder->name();
  for (auto step : state) {
    batch.clear();
    if (!decoder->decode(body.view(), published_key(), batch)) state.SkipWithError("refused");
  }
  count(state, body);
}
BENCHMARK(decode_alertmanager_v2)->Arg(1)->Arg(64)->Arg(1000);

/// The same with a batch of its own for each body, as a submission has it.
void decode_into_a_new_batch(benchmark::State& state) {
  const AlertBody body = make_alert_body(static_cast<std::size_t>(state.range(0)));
  JsonReader reader;
  const auto decoder = make_alertmanager_v2(reader);
  for (auto step : state) {
    const auto batch = std::make_unique<AlertBatch>();
    batch->source = decoder->name();
    if (!decoder->decode(body.view(), published_key(), *batch)) state.SkipWithError("refused");
  }
  count(state, body);
}
BENCHMARK(decode_into_a_new_batch)->Arg(1)->Arg(64)->Arg(1000);

/// The stages of it: the document tree alone, and the hashes alone.
void parse_document(benchmark::State& state) {
  const AlertBody body = make_alert_body(static_cast<std::size_t>(state.range(0)));
  JsonReader reader;
  for (auto step : state) benchmark::DoNotOptimize(reader.read(body.view()).has_value());
  count(state, body);
}
BENCHMARK(parse_document)->Arg(64);

void walk_document(benchmark::State& state) {
  const AlertBody body = make_alert_body(static_cast<std::size_t>(state.range(0)));
  JsonReader reader;
  const auto document = reader.read(body.view());
  for (auto step : state) {
    std::size_t bytes = 0;
    for (const auto alert : document->get_array()) {
      for (const auto field : alert.get_object()) {
        bytes += field.key.size();
        simdjson::dom::object inner;
        if (field.value.get(inner) != simdjson::SUCCESS) continue;
        for (const auto label : inner) bytes += label.key.size() + label.value.get_string().value_unsafe().size();
      }
    }
    benchmark::DoNotOptimize(bytes);
  }
  count(state, body);
}
BENCHMARK(walk_document)->Arg(64);

void seal_alerts(benchmark::State& state) {
  const AlertBody body = make_alert_body(static_cast<std::size_t>(state.range(0)));
  JsonReader reader;
  const auto decoder = make_alertmanager_v2(reader);
  AlertBatch batch;
  batch.source = decoder->name();
  if (!decoder->decode(body.view(), published_key(), batch)) state.SkipWithError("refused");
  std::string scratch;
  for (auto step : state) {
    for (Alert& alert : batch.alerts) seal(alert, batch.tenant, batch.source, published_key(), scratch);
  }
  count(state, body);
}
BENCHMARK(seal_alerts)->Arg(64);

/// What a refused body costs: the slow judge reads it from the start.
void find_fault(benchmark::State& state) {
  const AlertBody body = make_alert_body(static_cast<std::size_t>(state.range(0)));
  for (auto step : state) benchmark::DoNotOptimize(find_json_fault(body.view()).has_value());
  count(state, body);
}
BENCHMARK(find_fault)->Arg(64);

}  // namespace
}  // namespace tocsin::bench
