#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "bench/load/body_pool.h"
#include "bench/load/check.h"
#include "bench/load/driver.h"
#include "bench/load/options.h"
#include "bench/load/report.h"
#include "bench/load/rule_shape.h"
#include "bench/load/sink.h"
#include "bench/load/stop.h"

namespace tocsin {
namespace {

int complain(const std::string& about) {
  fmt::print(stderr, "load: {}\n", about);
  return 1;
}

bool went_on(const Tally& tally) {
  return tally.ending == Ending::duration || tally.ending == Ending::requests || tally.ending == Ending::primed;
}

/// The measured window between two readings of the CPU clocks.
Measured measure(const Options& options, Driver& driver) {
  Measured measured;
  const auto server_before = cpu_of(options.cpu_of);
  const CpuTime own_before = own_cpu();
  const double wait_before = own_core_wait();
  measured.tally = driver.run({.seconds = options.duration_s, .requests = options.requests});
  const CpuTime own_after = own_cpu();
  measured.own_wait_s = own_core_wait() - wait_before;
  const auto server_after = cpu_of(options.cpu_of);
  measured.own_cpu = {own_after.user - own_before.user, own_after.system - own_before.system};
  if (server_before && server_after) {
    measured.server =
        ServerUse{.cpu = {server_after->user - server_before->user, server_after->system - server_before->system},
                  .resident_bytes = resident_bytes(options.cpu_of)};
  }
  return measured;
}

int drive(const Options& options, const std::vector<RuleShape>& rules) {
  if (options.cpu_of > 0) {
    if (const auto readable = cpu_of(options.cpu_of); !readable) return complain(readable.error());
  }
  auto pool = BodyPool::render(rules, {.host = options.target.text,
                                       .path = options.path,
                                       .batch = options.batch,
                                       .alerts_live = options.alerts_live,
                                       .bodies_min = options.connections + 1,
                                       .services = options.services,
                                       .seed = options.shape_seed,
                                       .duplicates = options.duplicates,
                                       .resolve_share = options.resolve_share});
  if (!pool) return complain(pool.error());
  auto driver = Driver::connect({.target = options.target,
                                 .connections = options.connections,
                                 .pipeline = options.pipeline,
                                 .batch = options.batch,
                                 .alerts_per_second = options.rate,
                                 .answer_wait_seconds = options.answer_wait_s},
                                *pool);
  if (!driver) return complain(driver.error());

  const PhaseLimits warmup{
      .seconds = options.warmup_s, .requests = options.warmup_requests, .until_primed = options.duplicates > 0.0};
  if (warmup.seconds > 0.0 || warmup.requests > 0 || warmup.until_primed) {
    const Tally warm = driver->run(warmup);
    if (warm.ending == Ending::signal) return complain("stopped during the warm-up: nothing was measured");
    if (!went_on(warm)) return complain(fmt::format("the warm-up failed: {}", word_of(warm.ending)));
  }
  Measured measured = measure(options, *driver);
  measured.mean_body_bytes = pool->mean_body_bytes();
  fmt::print("{}", options.format == Format::json ? as_json(options, measured) : as_text(options, measured));
  const bool answered = measured.tally.ending != Ending::no_answer && measured.tally.ending != Ending::no_connection;
  return measured.tally.alerts_accepted > 0 && answered ? 0 : 1;
}

int run(int argc, char** argv) {
  int exit_code = 0;
  const auto options = read_options(argc, argv, exit_code);
  if (!options) return exit_code;
  mark_stop_signals();
  if (options->mode == Mode::sink) return run_sink(options->target);
  std::expected<std::vector<RuleShape>, std::string> rules = builtin_rules();
  if (!options->catalog.empty()) rules = read_catalog(options->catalog);
  if (!rules) return complain(rules.error());
  return options->mode == Mode::check ? run_check(*options, *rules) : drive(*options, *rules);
}

}  // namespace
}  // namespace tocsin

int main(int argc, char** argv) { return tocsin::run(argc, argv); }
