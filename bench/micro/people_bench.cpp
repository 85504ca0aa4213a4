// What people cost the shard, on one core, without HTTP and journal: new alerts under their silences, a silence among
// alerts that fire, a command and a page of a query among open incidents.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/core/shard.h"
#include "engine/core/telling/query.h"
#include "engine/model/alert.h"
#include "engine/model/command.h"
#include "engine/model/hash.h"
#include "engine/model/identity.h"
#include "rules/load.h"

namespace tocsin {
namespace {

class NoTables : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

constexpr const char* kRules = R"(
tocsin: 1
ruleset: bench
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.instance, level: labels.severity}}]
defaults: {max_keys: 1000000}
storm: {mode: off}
correlate: [{id: per-host, kind: group, by: [host]}]
route: [{id: rest, topic: all}]
)";

const HashKey& key() {
  static const HashKey kKey{HashKey::Seed{}};
  return kKey;
}

rules::RuleSetPtr rules() {
  static const rules::RuleSetPtr kLoaded = [] {
    NoTables tables;
    return rules::load({{"bench.yaml", kRules}}, tables).rules;
  }();
  return kLoaded;
}

rules::RuleSetPtr builtin() {
  NoTables tables;
  return rules::load({rules::builtin_rules(), {"quiet.yaml", "tocsin: 1\nruleset: quiet\nstorm: {mode: off}\n"}},
                     tables)
      .rules;
}

constexpr std::size_t kBatch = 64;
constexpr Instant kStart = from_unix_ns(1'774'738'800'000'000'000);

/// Alerts `first` … of hosts of their own: ten names, a hundred services.
void fill(AlertBatch& batch, std::size_t first, std::size_t count) {
  batch.source = "alertmanager";
  batch.label_pool.reserve(count * 4);
  std::string scratch;
  for (std::size_t n = first; n < first + count; ++n) {
    const std::size_t at = batch.label_pool.size();
    batch.label_pool.push_back({"alertname", batch.arena.keep("Alert" + std::to_string(n % 10))});
    batch.label_pool.push_back({"instance", batch.arena.keep("host-" + std::to_string(n) + ":9100")});
    batch.label_pool.push_back({"service", batch.arena.keep("service-" + std::to_string(n % 100))});
    batch.label_pool.push_back({"severity", "critical"});
    Alert alert;
    alert.labels = Labels{batch.label_pool}.subspan(at, 4);
    alert.starts_at = kStart;
    seal(alert, batch.tenant, batch.source, key(), scratch);
    batch.alerts.push_back(alert);
  }
}

/// A shard with its clock.
class Bench {
 public:
  explicit Bench(rules::RuleSetPtr set) : shard(std::move(set), key()) {}

  void apply(Input input) {
    input.position = Position{++position_};
    input.at = kStart + Duration{static_cast<std::int64_t>(position_) * 1000};
    shard.apply(input, effects_);
    effects_.clear();
  }
  void send(const AlertBatch& batch) {
    Input input;
    input.kind = InputKind::alerts;
    input.batch = &batch;
    apply(input);
  }
  void obey(const Command& command) {
    Input input;
    input.kind = InputKind::command;
    input.command = &command;
    apply(input);
  }
  void open(std::size_t count) {
    for (std::size_t n = 0; n < count; n += 1000) {
      AlertBatch batch;
      fill(batch, n, 1000);
      send(batch);
    }
  }
  void silence(std::vector<std::string> matchers) {
    Command command;
    command.kind = CommandKind::silence;
    command.matchers = std::move(matchers);
    command.span = std::chrono::hours{100};
    obey(command);
  }

  Shard shard;

 private:
  std::uint64_t position_ = 0;
  std::vector<EffectPtr> effects_;
};

/// Alerts that were never seen under so many silences of others: of one name, each of another host.
void under_silences(benchmark::State& state, const char* before, const char* after) {
  std::vector<AlertBatch> batches(400);
  for (std::size_t i = 0; i < batches.size(); ++i) fill(batches[i], i * kBatch, kBatch);
  const rules::RuleSetPtr set = builtin();
  while (state.KeepRunningBatch(static_cast<std::int64_t>(batches.size()))) {
    state.PauseTiming();
    auto bench = std::make_unique<Bench>(set);
    for (std::int64_t i = 0; i < state.range(0); ++i)
      bench->silence({R"(alertname="Alert1")", before + std::to_string(i) + after});
    state.ResumeTiming();
    for (const AlertBatch& batch : batches) bench->send(batch);
    state.PauseTiming();
    bench.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
void BM_DedupMissUnderSilences(benchmark::State& state) { under_silences(state, R"(instance="other-)", R"(:9100")"); }
BENCHMARK(BM_DedupMissUnderSilences)->Arg(0)->Arg(100)->Arg(10'000);
/// The same by patterns.
void BM_DedupMissUnderPatterns(benchmark::State& state) { under_silences(state, R"(instance=~"other-)", R"(:.*")"); }
BENCHMARK(BM_DedupMissUnderPatterns)->Arg(0)->Arg(10'000);

/// A new silence of one host while so many alerts fire.
void BM_NewSilence(benchmark::State& state) {
  Bench bench(rules());
  bench.open(static_cast<std::size_t>(state.range(0)));
  bench.silence({R"(alertname="Alert1")", R"(instance="elsewhere")"});
  bench.silence({R"(alertname="Alert2")", R"(instance="elsewhere")"});
  std::size_t n = 0;
  for (auto _ : state) {
    const std::string host = std::to_string(n++ % static_cast<std::size_t>(state.range(0)));
    bench.silence({R"(alertname="Alert1")", R"(instance="host-)" + host + R"(:9100")"});
    state.PauseTiming();
    Command end;
    end.kind = CommandKind::expire_silence;
    end.silence = std::to_string(n + 2);
    bench.obey(end);
    state.ResumeTiming();
  }
}
BENCHMARK(BM_NewSilence)->Arg(1'000)->Arg(100'000);

/// A command on one of so many open incidents, its revision and audit record included.
void BM_Command(benchmark::State& state) {
  Bench bench(rules());
  bench.open(static_cast<std::size_t>(state.range(0)));
  std::size_t n = 0;
  for (auto _ : state) {
    Command note;
    note.kind = CommandKind::note;
    note.incident = std::to_string(1 + (n * 7919) % static_cast<std::size_t>(state.range(0)));
    note.by = "ana";
    note.text = "looking at it";
    note.command_id = "bench-" + std::to_string(n++);
    bench.obey(note);
  }
}
BENCHMARK(BM_Command)->Arg(1'000)->Arg(100'000);

/// A page of open incidents of which none matches: as much as a page may look at.
void page_of(benchmark::State& state, std::vector<std::pair<std::string, std::string>> filters) {
  Bench bench(rules());
  bench.open(static_cast<std::size_t>(state.range(0)));
  Query query;
  query.kind = QueryKind::incidents;
  query.limit = 100;
  query.filters = std::move(filters);
  for (auto _ : state) benchmark::DoNotOptimize(answer(bench.shard, query));
}
void BM_PageByFact(benchmark::State& state) { page_of(state, {{"priority", "P5"}}); }
BENCHMARK(BM_PageByFact)->Arg(1'000)->Arg(100'000);
void BM_PageByText(benchmark::State& state) { page_of(state, {{"service", "none"}}); }
BENCHMARK(BM_PageByText)->Arg(1'000)->Arg(100'000);
void BM_PagePressing(benchmark::State& state) { page_of(state, {{"service", "none"}, {"order", "pressing"}}); }
BENCHMARK(BM_PagePressing)->Arg(1'000)->Arg(100'000);
void BM_PageOfOne(benchmark::State& state) { page_of(state, {{"host", "host-17:9100"}}); }
BENCHMARK(BM_PageOfOne)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace tocsin
