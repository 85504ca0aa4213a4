#pragma once

#include <optional>
#include <string>

#include "bench/load/options.h"
#include "bench/load/process_cpu.h"
#include "bench/load/tally.h"

namespace tocsin {

/// What another process used in the measured window.
struct ServerUse {
  CpuTime cpu;
  std::uint64_t resident_bytes = 0;  // at the end of the window
};

/// All that a run has to say.
struct Measured {
  Tally tally;
  double mean_body_bytes = 0.0;
  CpuTime own_cpu;          // used in the window
  double own_wait_s = 0.0;  // in the window: ready to run, but others had the core
  std::optional<ServerUse> server;
};

/// One JSON object with the keys that bench/README.md documents.
std::string as_json(const Options& options, const Measured& measured);

/// The same for people.
std::string as_text(const Options& options, const Measured& measured);

}  // namespace tocsin
