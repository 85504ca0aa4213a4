// What rules that see patterns in time cost an alert, and a key.
//
// Expected beside measured, the machine shared with others, so as ratios of CPU of runs that take turns
// (--benchmark_enable_random_interleaving=true --benchmark_repetitions=5):
//   patterns_that_never_begin/10 → /10000: at most 1.3 times; the index passes over them
//   patterns_one_in_a_thousand/0 → /1000: at most 1.5 times; each alert is counted by one of them, and none fires
//   keys_of_a_threshold: at most 64 bytes a key beyond the values of `by`, which are not kept
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "engine/core/correlation/threshold.h"
#include "engine/core/shard.h"
#include "engine/model/alert.h"
#include "engine/model/identity.h"
#include "rules/load.h"

namespace tocsin {
namespace {

constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kAlerts = 20'000;
constexpr Instant kStart = from_unix_ns(1'790'000'000'000'000'000);

class NoTables : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

/// The fifth of the kinds whose turn it is, of alerts called `name`.
std::string temporal_rule(std::size_t i, const std::string& name) {
  const std::string id = "{id: t" + std::to_string(i) + ", by: [service], within: 2m, ";
  const std::string when = "'name == \"" + name + "\"'";
  const std::string emit = ", emit: {severity: error}}\n";
  switch (i % 5) {
    case 0:
      return id + "kind: threshold, count: 500, when: " + when + emit;
    case 1:
      return id + "kind: distinct, field: host, count: 500, when: " + when + emit;
    case 2:
      return id + "kind: sequence, steps: [{as: a, when: " + when + "}, {as: b, when: 'name == \"Never\"'}]" + emit;
    case 3:
      return id + "kind: all, steps: [{as: a, when: " + when + "}, {as: b, when: 'name == \"Never\"'}]" + emit;
    default:
      return id + "kind: absence, start: " + when + ", expect: 'name == \"Never\"'" + emit;
  }
}

rules::RuleSetPtr rules_with(std::size_t others, std::size_t temporal, const std::string& prefix) {
  // Two files: one has a bound of a mebibyte.
  std::string first =
      "tocsin: 1\nruleset: bench\nnormalise:\n"
      "  - {id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: "
      "labels.severity}}\n";
  for (std::size_t i = 0; i < others; ++i) {
    const std::string n = std::to_string(i);
    first += "  - {id: n" + n + ", when: 'labels.alertname == \"Zz" + n + "\"', set: {team: '\"t" + n + "\"'}}\n";
  }
  std::string second =
      "tocsin: 1\ncorrelate:\n  - {id: group, kind: group, when: severity >= critical, by: [service]}\n";
  for (std::size_t i = 0; i < temporal; ++i) second += "  - " + temporal_rule(i, prefix + std::to_string(i));
  NoTables tables;
  return rules::load({{"first.yaml", first}, {"second.yaml", second}}, tables).rules;
}

/// New alerts: a thousand names, each on hosts of its own.
std::vector<AlertBatch> alerts(const HashKey& key) {
  std::vector<AlertBatch> batches(kAlerts / kBatch);
  std::string scratch;
  for (std::size_t n = 0; n < batches.size(); ++n) {
    AlertBatch& batch = batches[n];
    batch.source = "alertmanager";
    batch.label_pool.reserve(4 * kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) {
      const std::size_t first = batch.label_pool.size();
      batch.label_pool.push_back({"alertname", batch.arena.keep("A" + std::to_string(i))});
      batch.label_pool.push_back({"host", batch.arena.keep("h" + std::to_string(n))});
      batch.label_pool.push_back({"service", batch.arena.keep("s" + std::to_string(i % 50))});
      batch.label_pool.push_back({"severity", "warning"});
      Alert alert;
      alert.labels = Labels{batch.label_pool}.subspan(first, 4);
      alert.starts_at = kStart + std::chrono::seconds(n);
      seal(alert, batch.tenant, batch.source, key, scratch);
      batch.alerts.push_back(alert);
    }
  }
  return batches;
}

void tell(benchmark::State& state, const rules::RuleSetPtr& rules) {
  if (rules == nullptr) return state.SkipWithError("the rules have a mistake");
  const HashKey key{HashKey::Seed{}};
  const std::vector<AlertBatch> batches = alerts(key);
  std::vector<EffectPtr> effects;
  while (state.KeepRunningBatch(static_cast<std::int64_t>(kAlerts))) {
    state.PauseTiming();
    auto shard = std::make_unique<Shard>(rules, key);
    state.ResumeTiming();
    std::uint64_t position = 0;
    for (const AlertBatch& batch : batches) {
      Input input;
      input.kind = InputKind::alerts;
      input.position = Position{++position};
      input.at = batch.alerts.back().starts_at;
      input.batch = &batch;
      shard->apply(input, effects);
      effects.clear();
    }
    state.PauseTiming();
    shard.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
}

void patterns_that_never_begin(benchmark::State& state) {
  const std::size_t half = static_cast<std::size_t>(state.range(0)) / 2;
  tell(state, rules_with(half, half, "Yy"));
}
BENCHMARK(patterns_that_never_begin)->Arg(10)->Arg(10'000);

void patterns_one_in_a_thousand(benchmark::State& state) {
  tell(state, rules_with(5, static_cast<std::size_t>(state.range(0)), "A"));
}
BENCHMARK(patterns_one_in_a_thousand)->Arg(0)->Arg(1'000);

void keys_of_a_threshold(benchmark::State& state) {
  constexpr std::size_t kKeys = 1'000'000;
  rules::TemporalRule rule;
  rule.count = 5;
  rule.within = std::chrono::minutes{2};
  double bytes = 0;
  for (auto _ : state) {
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    ThresholdKind kind(rule);
    KeyBound bound{.max = kKeys};
    for (std::size_t i = 0; i < kKeys; ++i) {
      Sighting seen;
      seen.key = Hash128{i * 0x9e3779b97f4a7c15ULL, i};
      seen.at = seen.now = kStart;
      benchmark::DoNotOptimize(kind.see(seen, bound));
    }
    bytes = static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd - before);
  }
  state.counters["bytes/key"] = bytes / static_cast<double>(kKeys);
}
BENCHMARK(keys_of_a_threshold)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tocsin
