#include "bench/pipeline/restart.h"

#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "bench/pipeline/workload.h"
#include "connectors/sources/decoders.h"
#include "engine/model/json_writer.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/local_storage.h"
#include "engine/runtime/shard/core_shard.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kBodiesInACommit = 64;

std::chrono::nanoseconds read_clock(clockid_t which) {
  timespec now{};
  clock_gettime(which, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

Result<void> write_journal(const std::string& folder, std::size_t live, std::size_t batch) {
  auto storage = open_local_storage(folder);
  if (!storage) return std::unexpected(storage.error());
  BodyMaker maker(*find_workload("new_many"), 0, batch);
  std::vector<std::string> packed;
  std::vector<JournalEntry> group;
  std::uint64_t position = 0;
  for (std::size_t written = 0; written < live;) {
    packed.clear();
    group.clear();
    for (; packed.size() < kBodiesInACommit && written < live; written += batch)
      packed.push_back(pack_body(maker.next().view()));
    for (const std::string& body : packed) {
      ++position;
      const Instant at = kStart + kBetweenBodies * static_cast<std::int64_t>(position);
      group.push_back({Position{position}, at, InputKind::alerts, "alertmanager", "", body});
    }
    if (const auto appended = storage->journal->append(group); !appended) return appended;
  }
  return {};
}

}  // namespace

int run_restart(const std::string& folder, std::size_t live, std::size_t batch) {
  const auto failed = [](const Error& error) {
    std::fprintf(stderr, "pipeline: %s\n", error.message.c_str());
    return 1;
  };
  if (const auto written = write_journal(folder, live, batch); !written) return failed(written.error());
  const auto decoders = make_decoders({.knows_alerts = true});
  EngineOptions options;
  options.data_dir = folder;
  options.make_shard = [](const HashKey& key) { return make_core_shard(builtin_rules(), key); };
  options.decoders = decoders.get();
  const auto wall = read_clock(CLOCK_MONOTONIC);
  const auto cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  auto engine = Engine::open(std::move(options));
  if (!engine) return failed(engine.error());
  if (const auto recovered = (*engine)->recover({}); !recovered) return failed(recovered.error());
  const double wall_s = static_cast<double>((read_clock(CLOCK_MONOTONIC) - wall).count()) / 1e9;
  const double cpu_s = static_cast<double>((read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu).count()) / 1e9;

  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .field("workload", "restart")
      .field("batch", std::uint64_t{batch})
      .field("alerts", std::uint64_t{live});
  json.field("cpu_ns_per_alert", static_cast<std::uint64_t>(cpu_s * 1e9 / static_cast<double>(live)));
  json.field("alerts_per_s", static_cast<std::uint64_t>(static_cast<double>(live) / wall_s)).end_object();
  std::printf("%s\n", out.c_str());
  return 0;
}

}  // namespace tocsin::bench
