// Bytes in, effects out: what a connector thread, the sequencer's packing and the shard do for each body, one after the
// other in one thread, without sockets and disk. Prints one line of JSON for each workload.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "bench/pipeline/restart.h"
#include "bench/pipeline/workload.h"
#include "connectors/sources/decoders.h"
#include "connectors/sources/json_reader.h"
#include "engine/core/shard.h"
#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "engine/model/json_writer.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/log/piece_form.h"

// By name what a profiler is told to count, and nothing else (bench/instructions): not inlined, of C's naming.
extern "C" [[gnu::noinline]] void stage_decode(tocsin::SourceDecoder& decoder, std::string_view body,
                                               const tocsin::HashKey& key, tocsin::AlertBatch& batch) {
  batch.clear();
  if (!decoder.decode(body, key, batch)) std::abort();
}

extern "C" [[gnu::noinline]] void stage_pack(tocsin::PieceBook& book, const tocsin::AlertBatch& batch,
                                             std::string_view body, std::string& packed) {
  if (batch.known_body.is_there()) {
    packed.clear();
    book.begin_group();
    book.append(batch.known_body, packed);
  } else {
    packed = tocsin::pack_body(body);
  }
}

extern "C" [[gnu::noinline]] void stage_apply(tocsin::Shard& shard, const tocsin::Input& input,
                                              std::vector<tocsin::EffectPtr>& effects) {
  effects.clear();
  shard.apply(input, effects);
}

namespace tocsin::bench {
namespace {

std::chrono::nanoseconds cpu_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// The pieces in a row, with their memory kept from body to body.
class Pipeline {
 public:
  Pipeline(rules::RuleSetPtr rules, bool knows)
      : decoders_(make_decoders({.knows_alerts = knows})),
        decoder_(*decoders_->find("alertmanager")),
        shard_(std::move(rules), key_) {
    batch_.source = "alertmanager";
  }

  void take(const AlertBody& body) {
    const auto began = now();
    stage_decode(decoder_, body.view(), key_, batch_);
    const auto decoded = now();
    stage_pack(book_, batch_, body.view(), packed_);
    const auto packed = now();
    Input input;
    input.position = Position{++position_};
    input.at = kStart + kBetweenBodies * static_cast<std::int64_t>(position_);
    input.kind = InputKind::alerts;
    input.batch = &batch_;
    stage_apply(shard_, input, effects_);
    spent_.decode += decoded - began;
    spent_.pack += packed - decoded;
    spent_.apply += now() - packed;
    packed_bytes_ += packed_.size();
    body_bytes_ += body.body_bytes;
    for (const EffectPtr& effect : effects_) effect_bytes_ += effect->value.size();
  }

  /// CPU of each stage, when it is asked for: reading the clock costs some nanoseconds an alert.
  struct Spent {
    std::chrono::nanoseconds decode{};
    std::chrono::nanoseconds pack{};
    std::chrono::nanoseconds apply{};
  };
  void time_stages(bool wanted) { times_stages_ = wanted; }
  const Spent& spent() const { return spent_; }
  void forget_figures() {
    spent_ = {};
    packed_bytes_ = body_bytes_ = effect_bytes_ = 0;
  }
  std::uint64_t packed_bytes() const { return packed_bytes_; }
  std::uint64_t body_bytes() const { return body_bytes_; }
  std::uint64_t effect_bytes() const { return effect_bytes_; }
  const Shard& shard() const { return shard_; }

 private:
  std::chrono::nanoseconds now() const { return times_stages_ ? cpu_now() : std::chrono::nanoseconds{}; }

  bool times_stages_ = false;
  Spent spent_;
  const HashKey key_{HashKey::Seed{}};
  std::unique_ptr<DecoderSet> decoders_;
  SourceDecoder& decoder_;
  Shard shard_;
  AlertBatch batch_;
  PieceBook book_;  // as if a segment had no end
  std::string packed_;
  std::vector<EffectPtr> effects_;
  std::uint64_t position_ = 0;
  std::uint64_t packed_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t effect_bytes_ = 0;
};

/// How much of what there is.
struct Sizes {
  std::size_t alerts = 200'000;  // sent in the measured part
  std::size_t before = 0;        // that were never sent, before it
  std::size_t live = 20'000;     // that repeat
  std::size_t batch = 64;        // a body
  std::size_t rules = 0;         // besides the built-in ones
  bool inhibits = false;
  bool knows = true;  // alerts by their bytes
  bool times_stages = false;
};

/// Memory that the process has, as the kernel counts it.
std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// What no server that reads JSON is below: simdjson's tree of each body, and nothing else.
void run_parser(const Workload& workload, const Sizes& sizes) {
  BodyMaker maker(workload, sizes.live, sizes.batch);
  JsonReader reader;
  std::chrono::nanoseconds spent{};
  std::size_t sent = 0;
  for (; sent < sizes.alerts; sent += sizes.batch) {
    const AlertBody body = maker.next();
    const auto began = cpu_now();
    if (!reader.read(body.view())) std::abort();
    spent += cpu_now() - began;
  }
  std::printf("{\"workload\":\"parse_only\",\"cpu_ns_per_alert\":%llu}\n",
              static_cast<unsigned long long>(static_cast<std::uint64_t>(spent.count()) / sent));
}

/// Bodies are made in portions between the measured parts, so that memory stays bounded.
void run(const Workload& workload, const Sizes& sizes) {
  const auto& [alerts, before_it, live, batch, rules, inhibits, knows, times_stages] = sizes;
  constexpr std::size_t kBodiesAtOnce = 256;
  const bool is_repeating = workload.new_per_thousand < 1000;
  BodyMaker maker(workload, is_repeating ? live : 0, batch);
  const std::uint64_t empty_bytes = resident_bytes();
  Pipeline pipeline(rules > 0 || inhibits ? more_rules(rules, inhibits) : builtin_rules(), knows);
  pipeline.time_stages(times_stages);
  // Three times, so that what is known by its bytes is.
  for (int round = 0; round < 3; ++round) {
    for (const AlertBody& body : maker.opening()) pipeline.take(body);
  }
  for (std::size_t sent = 0; sent < before_it; sent += batch) pipeline.take(maker.next_new());
  pipeline.forget_figures();
  const ShardCounts before = pipeline.shard().counts();

  std::chrono::nanoseconds spent{};
  std::vector<AlertBody> bodies;
  for (std::size_t sent = 0; sent < alerts;) {
    bodies.clear();
    for (; bodies.size() < kBodiesAtOnce && sent < alerts; sent += batch) bodies.push_back(maker.next());
    const auto began = cpu_now();
    for (const AlertBody& body : bodies) pipeline.take(body);
    spent += cpu_now() - began;
  }

  const ShardCounts& after = pipeline.shard().counts();
  const std::uint64_t taken = after.alerts_taken - before.alerts_taken;
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("workload", workload.name).field("batch", std::uint64_t{batch});
  json.field("alerts", taken).field("repeated", after.alerts_repeated - before.alerts_repeated);
  json.field("opened", after.alerts_opened - before.alerts_opened);
  json.field("effects", after.effects - before.effects);
  json.field("cpu_ns_per_alert", static_cast<std::uint64_t>(spent.count()) / taken);
  json.field("alerts_per_cpu_s",
             static_cast<std::uint64_t>(static_cast<double>(taken) * 1e9 / static_cast<double>(spent.count())));
  json.field("body_bytes_per_alert", pipeline.body_bytes() / taken);
  json.field("journal_bytes_per_alert", pipeline.packed_bytes() / taken);
  json.field("effect_bytes_per_alert", pipeline.effect_bytes() / taken);
  if (times_stages) {
    const Pipeline::Spent& of = pipeline.spent();
    json.field("decode_ns_per_alert", static_cast<std::uint64_t>(of.decode.count()) / taken);
    json.field("pack_ns_per_alert", static_cast<std::uint64_t>(of.pack.count()) / taken);
    json.field("shard_ns_per_alert", static_cast<std::uint64_t>(of.apply.count()) / taken);
  }
  json.field("known", after.alerts_known);
  json.field("resident_bytes_per_known_alert", (resident_bytes() - empty_bytes) / after.alerts_known).end_object();
  std::printf("%s\n", out.c_str());
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  using namespace tocsin::bench;
  CLI::App app("Bytes in, effects out: the CPU of an alert in one thread, without sockets and disk");
  std::vector<std::string> names;
  Sizes sizes;
  app.add_option("--workload", names, "repeats, mostly_repeats, new_one, new_few, new_many; all when not given");
  app.add_option("--alerts", sizes.alerts, "how many are sent in the measured part")->check(CLI::PositiveNumber);
  app.add_option("--live", sizes.live, "alerts that repeat")->check(CLI::PositiveNumber);
  app.add_option("--before", sizes.before, "alerts that were never sent, before the measured part");
  app.add_option("--rules", sizes.rules, "rules besides the built-in ones")->check(CLI::Range(0, 20000));
  app.add_flag("--inhibits", sizes.inhibits, "every alert is an inhibitor");
  bool parses_only = false;
  app.add_flag("--parse-only", parses_only, "the parser alone: what there is no way around");
  std::string restart;
  app.add_flag("--by-stage", sizes.times_stages, "the CPU of each stage, too");
  bool is_plain = false;
  app.add_flag("--no-known-alerts", is_plain, "decode every alert, as the engine does with this flag");
  app.add_option("--restart", restart,
                 "an empty folder: instead, a journal of --live alerts is made there and replayed");
  app.add_option("--batch", sizes.batch, "alerts a body")->check(CLI::Range(std::size_t{1}, std::size_t{5000}));
  CLI11_PARSE(app, argc, argv);
  if (!restart.empty()) return run_restart(restart, sizes.live, sizes.batch);
  sizes.knows = !is_plain;
  if (names.empty())
    for (const Workload& workload : workloads()) names.emplace_back(workload.name);
  for (const std::string& name : names) {
    const Workload* workload = find_workload(name);
    if (workload == nullptr) {
      std::fprintf(stderr, "pipeline: there is no workload \"%s\"\n", name.c_str());
      return 64;
    }
    if (parses_only) {
      run_parser(*workload, sizes);
      return 0;
    }
    run(*workload, sizes);
  }
  return 0;
}
