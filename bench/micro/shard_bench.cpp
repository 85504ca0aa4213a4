// The shard alone, on one core, without parsing and journal: a repeat, an alert never seen, and what the rules of the
// built-in set cost.
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/micro/alert_bodies.h"
#include "connectors/sources/decoders.h"
#include "engine/core/conditions/categorise.h"
#include "engine/core/shard.h"
#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "rules/load.h"
#include "rules/set/rule_index.h"

namespace tocsin {
namespace {

class NoTables : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

rules::RuleSetPtr builtin_rules() {
  NoTables tables;
  return rules::load({rules::builtin_rules()}, tables).rules;
}

const HashKey& key() {
  static const HashKey kKey{HashKey::Seed{}};
  return kKey;
}

constexpr std::size_t kBatch = 64;
constexpr Instant kStart = from_unix_ns(1'774'738'800'000'000'000);  // before the bodies' endsAt

/// `count` batches, each alert of an identity of its own.
std::vector<AlertBatch> batches_of_new_alerts(std::size_t count) {
  const auto decoders = make_decoders();
  SourceDecoder* decoder = decoders->find("alertmanager");
  std::vector<AlertBatch> batches(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bench::AlertBody body = bench::make_alert_body(kBatch, i * kBatch);
    batches[i].source = "alertmanager";
    if (!decoder->decode(body.view(), key(), batches[i])) std::abort();
  }
  return batches;
}

Input input_of(const AlertBatch& batch, std::uint64_t position) {
  Input input;
  input.position = Position{position};
  input.at = kStart + Duration{static_cast<std::int64_t>(position) * 1000};
  input.kind = InputKind::alerts;
  input.batch = &batch;
  return input;
}

/// A body of alerts that are all known: one look-up each.
void BM_DedupHit(benchmark::State& state) {
  const auto batches = batches_of_new_alerts(static_cast<std::size_t>(state.range(0)) / kBatch);
  Shard shard(builtin_rules(), key());
  std::vector<EffectPtr> effects;
  std::uint64_t position = 0;
  for (const AlertBatch& batch : batches) shard.apply(input_of(batch, ++position), effects);
  effects.clear();
  std::size_t next = 0;
  for (auto _ : state) {
    shard.apply(input_of(batches[next], ++position), effects);
    next = next + 1 == batches.size() ? 0 : next + 1;
  }
  if (!effects.empty()) state.SkipWithError("a repeat made an effect");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(BM_DedupHit)->Arg(64)->Arg(6'400)->Arg(640'000);

/// A body of alerts that were never seen: rules, memory, grouping, and the records of the incidents they join.
void BM_DedupMiss(benchmark::State& state) {
  const auto batches = batches_of_new_alerts(2'000);
  const rules::RuleSetPtr rules = builtin_rules();
  std::vector<EffectPtr> effects;
  std::size_t told = 0;
  while (state.KeepRunningBatch(static_cast<std::int64_t>(batches.size()))) {
    state.PauseTiming();
    auto shard = std::make_unique<Shard>(rules, key());
    state.ResumeTiming();
    std::uint64_t position = 0;
    for (const AlertBatch& batch : batches) {
      shard->apply(input_of(batch, ++position), effects);
      told += effects.size();
      effects.clear();
    }
    state.PauseTiming();
    shard.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  state.counters["records/alert"] =
      static_cast<double>(told) / static_cast<double>(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(BM_DedupMiss);

/// Phases normalise, severity and priority of the built-in rules on one alert after the other.
void BM_BuiltinRules(benchmark::State& state) {
  const auto batches = batches_of_new_alerts(16);
  rules::RuleMemo rules(builtin_rules());
  Arena scratch;
  CategorisedAlert categorised;
  std::size_t batch = 0;
  for (auto _ : state) {
    for (const Alert& alert : batches[batch].alerts) {
      scratch.clear();
      normalise(rules, alert, "alertmanager", "", kStart, kStart, scratch, categorised);
      categorise(rules, scratch, categorised);
      benchmark::DoNotOptimize(categorised.priority);
    }
    batch = (batch + 1) % batches.size();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(BM_BuiltinRules);

}  // namespace
}  // namespace tocsin
