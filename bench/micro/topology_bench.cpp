// A storm over a topology of 100,000 nodes and 300,000 edges: an alert on each node, in no order, within three minutes.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/core/shard.h"
#include "engine/model/alert.h"
#include "engine/model/identity.h"
#include "rules/load.h"

namespace tocsin {
namespace {

constexpr std::size_t kNodes = 100'000;
constexpr std::size_t kEdges = 300'000;
constexpr std::size_t kBatch = 1'000;
constexpr Instant kStart = from_unix_ns(1'790'000'000'000'000'000);

/// splitmix64.
class Draw {
 public:
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % bound;
  }

 private:
  std::uint64_t state_ = 1;
};

std::string name_of_node(std::size_t node) { return "service-" + std::to_string(node); }

class OneTable : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string& bytes) override {
    bytes = "from,to\n";
    Draw draw;
    for (std::size_t edge = 0; edge < kEdges; ++edge) {
      // Who depends has the higher number: layers, as services have. A third depend on one of a thousand that are
      // shared.
      const std::size_t from = 1 + draw.below(kNodes - 1);
      const std::size_t to = draw.below(3) == 0 ? draw.below(std::min<std::size_t>(from, 1'000)) : draw.below(from);
      bytes += name_of_node(from) + "," + name_of_node(to) + "\n";
    }
    return true;
  }
};

rules::RuleSetPtr rules_of(rules::TableReader& table, bool topology) {
  return rules::load({{"bench.yaml", std::string(R"(
tocsin: 1
ruleset: bench
tables: {dep: {file: dep.csv, edges: [from, to]}}
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
storm: {mode: off}
correlate:
  - {id: per-service, kind: group, by: [service]}
)") + (topology ? "  - {id: reach, kind: topology, graph: dep, hops: 2, within: 5m}\n" : "")}},
                     table)
      .rules;
}

rules::RuleSetPtr rules_with(bool topology) {
  OneTable table;
  return rules_of(table, topology);
}

/// An alert on each node, in this order, within three minutes.
std::vector<AlertBatch> batches_of(const std::vector<std::size_t>& order, const HashKey& key) {
  std::vector<AlertBatch> batches(order.size() / kBatch);
  std::string scratch;
  for (std::size_t n = 0; n < batches.size(); ++n) {
    AlertBatch& batch = batches[n];
    batch.source = "alertmanager";
    batch.label_pool.reserve(3 * kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) {
      const std::size_t first = batch.label_pool.size();
      batch.label_pool.push_back({"alertname", "ErrorRateHigh"});
      batch.label_pool.push_back({"service", batch.arena.keep(name_of_node(order[n * kBatch + i]))});
      batch.label_pool.push_back({"severity", "error"});
      Alert alert;
      alert.labels = Labels{batch.label_pool}.subspan(first, 3);
      alert.status = AlertStatus::by_end;
      alert.starts_at = kStart + std::chrono::milliseconds{(n * kBatch + i) * 180'000 / order.size()};
      seal(alert, batch.tenant, batch.source, key, scratch);
      batch.alerts.push_back(alert);
    }
  }
  return batches;
}

std::vector<AlertBatch> storm(const HashKey& key) {
  std::vector<std::size_t> order(kNodes);
  for (std::size_t node = 0; node < kNodes; ++node) order[node] = node;
  Draw draw;
  for (std::size_t at = kNodes; at > 1; --at) std::swap(order[at - 1], order[draw.below(at)]);
  return batches_of(order, key);
}

void run_storm(benchmark::State& state, bool topology) {
  const HashKey key{HashKey::Seed{}};
  const rules::RuleSetPtr rules = rules_with(topology);
  if (rules == nullptr) return state.SkipWithError("the rules have a mistake");
  const std::vector<AlertBatch> batches = storm(key);
  std::vector<EffectPtr> effects;
  std::size_t told = 0;
  std::uint64_t open = 0;
  while (state.KeepRunningBatch(static_cast<std::int64_t>(kNodes))) {
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
      told += effects.size();
      effects.clear();
    }
    open = shard->counts().incidents_open;
    state.PauseTiming();
    shard.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["incidents"] = static_cast<double>(open);
  state.counters["records/alert"] = static_cast<double>(told) / static_cast<double>(state.iterations());
}

void BM_TopologyStorm(benchmark::State& state) { run_storm(state, true); }
BENCHMARK(BM_TopologyStorm)->Unit(benchmark::kMillisecond);
/// The same alerts without the topology: an incident each.
void BM_TopologyStormGrouped(benchmark::State& state) { run_storm(state, false); }
BENCHMARK(BM_TopologyStormGrouped)->Unit(benchmark::kMillisecond);

/// A chain that fires in every second place, and then from its far end in between: what has grown behind joins an older
/// one each time. Costs as much an alert at any length when the shorter list moves.
void BM_TopologyChainTowardsItsOldest(benchmark::State& state) {
  const HashKey key{HashKey::Seed{}};
  const auto nodes = static_cast<std::size_t>(state.range(0));
  class Chain : public rules::TableReader {
   public:
    explicit Chain(std::size_t nodes) : nodes_(nodes) {}
    bool read(std::string_view, std::string_view, std::string& bytes) override {
      bytes = "from,to\n";
      for (std::size_t node = 0; node + 1 < nodes_; ++node)
        bytes += name_of_node(node) + "," + name_of_node(node + 1) + "\n";
      return true;
    }

   private:
    std::size_t nodes_;
  } table(nodes);
  const rules::RuleSetPtr rules = rules_of(table, true);
  if (rules == nullptr) return state.SkipWithError("the rules have a mistake");
  std::vector<std::size_t> order;
  for (std::size_t node = 0; node < nodes; node += 2) order.push_back(node);
  for (std::size_t node = nodes - 1; node < nodes && node > 0; node -= 2) order.push_back(node);
  const std::vector<AlertBatch> batches = batches_of(order, key);
  while (state.KeepRunningBatch(static_cast<std::int64_t>(order.size()))) {
    auto shard = std::make_unique<Shard>(rules, key);
    std::vector<EffectPtr> effects;
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
    state.counters["incidents"] = static_cast<double>(shard->counts().incidents_open);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TopologyChainTowardsItsOldest)->RangeMultiplier(4)->Range(2'000, 32'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tocsin
