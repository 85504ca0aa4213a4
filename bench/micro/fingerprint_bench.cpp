#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/model/hash.h"
#include "engine/model/label.h"

namespace tocsin::bench {
namespace {

/// `count` labels as alerts have them, 28 bytes each.
std::vector<std::string> make_texts(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    texts.push_back("label_" + std::to_string(100 + i));
    texts.push_back("value-of-a-label-" + std::to_string(100 + i));
  }
  return texts;
}

std::vector<Label> make_labels(const std::vector<std::string>& texts) {
  std::vector<Label> labels;
  for (std::size_t i = 0; i < texts.size(); i += 2) labels.push_back({texts[i], texts[i + 1]});
  return labels;
}

/// Alertmanager's, shown to people: FNV-1a, a byte after the other.
void alertmanager_fingerprint(benchmark::State& state) {
  const auto texts = make_texts(static_cast<std::size_t>(state.range(0)));
  const auto labels = make_labels(texts);
  for (auto step : state) benchmark::DoNotOptimize(fingerprint_of(labels));
}
BENCHMARK(alertmanager_fingerprint)->Arg(1)->Arg(10)->Arg(64);

/// Ours, over as many bytes.
void keyed_hash(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)) * 31, 'x');
  for (auto step : state) benchmark::DoNotOptimize(published_key().hash(bytes));
}
BENCHMARK(keyed_hash)->Arg(1)->Arg(10)->Arg(64);

void look_up_label(benchmark::State& state) {
  const auto texts = make_texts(static_cast<std::size_t>(state.range(0)));
  const auto labels = make_labels(texts);
  for (auto step : state) benchmark::DoNotOptimize(value_of(labels, "label_101"));
}
BENCHMARK(look_up_label)->Arg(1)->Arg(10)->Arg(64);

}  // namespace
}  // namespace tocsin::bench
