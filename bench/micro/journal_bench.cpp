#include <filesystem>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/micro/alert_bodies.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/local_storage.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kAlertsPerBody = 64;

std::vector<std::string> make_packed_bodies(std::size_t count) {
  std::vector<std::string> packed;
  for (std::size_t i = 0; i < count; ++i)
    packed.push_back(pack_body(make_alert_body(kAlertsPerBody, i * kAlertsPerBody).view()));
  return packed;
}

/// One group of bodies of 64 alerts, made durable with one sync, in the folder that TMPDIR names. Packing, done on the
/// connectors' threads, is not in it.
void journal_commit(benchmark::State& state) {
  const auto bodies = make_packed_bodies(static_cast<std::size_t>(state.range(0)));
  const TemporaryFolder folder;
  auto storage = open_local_storage(folder.path());
  if (!storage) return state.SkipWithError(storage.error().message.c_str());
  std::vector<JournalEntry> group(bodies.size());
  std::size_t bytes = 0;
  for (auto step : state) {
    std::uint64_t position = storage->journal->last_position().value();
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      group[i] = {Position{++position}, Instant{}, InputKind::alerts, "alertmanager", "", bodies[i]};
      bytes += bodies[i].size();
    }
    if (!storage->journal->append(group)) return state.SkipWithError("the append failed");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(bodies.size() * kAlertsPerBody));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(journal_commit)->Arg(1)->Arg(16)->Arg(64)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// One commit of so many bytes, as one entry. CPU is that of the whole process: what other threads do for it counts.
void journal_commit_bytes(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  const TemporaryFolder folder;
  auto storage = open_local_storage(folder.path());
  if (!storage) return state.SkipWithError(storage.error().message.c_str());
  for (auto step : state) {
    const Position position{storage->journal->last_position().value() + 1};
    const JournalEntry group[] = {{position, Instant{}, InputKind::alerts, "alertmanager", "", payload}};
    if (!storage->journal->append(group)) return state.SkipWithError("the append failed");
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(journal_commit_bytes)
    ->Arg(300)
    ->Arg(2 << 10)
    ->Arg(64 << 10)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

/// LZ4 of one body: what a connector pays before it submits.
void pack_a_body(benchmark::State& state) {
  const AlertBody body = make_alert_body(kAlertsPerBody);
  std::size_t packed_bytes = 0;
  for (auto step : state) {
    const std::string packed = pack_body(body.view());
    packed_bytes = packed.size();
    benchmark::DoNotOptimize(packed.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kAlertsPerBody));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.body_bytes));
  state.counters["packed_share"] = static_cast<double>(packed_bytes) / static_cast<double>(body.body_bytes);
}
BENCHMARK(pack_a_body);

void unpack_a_body(benchmark::State& state) {
  const AlertBody body = make_alert_body(kAlertsPerBody);
  const std::string packed = pack_body(body.view());
  std::string buffer;
  for (auto step : state) benchmark::DoNotOptimize(unpack_body(packed, buffer));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kAlertsPerBody));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.body_bytes));
}
BENCHMARK(unpack_a_body);

}  // namespace
}  // namespace tocsin::bench
