#include <atomic>
#include <cstdint>
#include <thread>

#include <benchmark/benchmark.h>

#include "engine/runtime/doorbell.h"
#include "engine/runtime/spsc_ring.h"

namespace tocsin::bench {
namespace {

/// One item from a thread to another that polls: the ring's own cost, with a core for each side.
void ring_between_two_threads(benchmark::State& state) {
  SpscRing<std::uint64_t> ring(static_cast<std::size_t>(state.range(0)));
  std::atomic<bool> ended{false};
  std::thread consumer([&] {
    std::uint64_t item = 0;
    std::uint64_t sum = 0;
    // relaxed: nothing hangs on the moment of the end
    while (!ended.load(std::memory_order_relaxed))
      while (ring.pop(item)) sum += item;
    benchmark::DoNotOptimize(sum);
  });
  std::uint64_t next = 0;
  for (auto _ : state) {
    std::uint64_t item = next++;
    while (!ring.push(std::move(item))) std::this_thread::yield();
  }
  ended.store(true, std::memory_order_relaxed);
  consumer.join();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ring_between_two_threads)->Arg(64)->Arg(1024)->UseRealTime();

/// There and back through two doorbells, both sides asleep in between: what a wake-up costs.
void doorbell_there_and_back(benchmark::State& state) {
  Doorbell there;
  Doorbell back;
  std::atomic<bool> ended{false};
  std::thread other([&] {
    for (;;) {
      there.wait();
      const bool last = ended.load(std::memory_order_relaxed);  // relaxed: the bell orders it
      back.ring();
      if (last) return;
    }
  });
  for (auto _ : state) {
    there.ring();
    back.wait();
  }
  ended.store(true, std::memory_order_relaxed);
  there.ring();
  other.join();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(doorbell_there_and_back)->UseRealTime();

/// A ring of a bell whose owner is awake: what a producer pays for each group.
void doorbell_rung_while_awake(benchmark::State& state) {
  Doorbell bell;
  for (auto _ : state) bell.ring();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(doorbell_rung_while_awake);

}  // namespace
}  // namespace tocsin::bench
