#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/load/net.h"

namespace tocsin {

enum class Mode : std::uint8_t { drive, sink, check };
enum class Format : std::uint8_t { text, json };

/// What the command line asks for, checked.
struct Options {
  Mode mode = Mode::drive;
  LoopbackAddress target;  // drive: the server; sink: where to listen
  std::string path = "/api/v2/alerts";
  std::uint32_t connections = 16;
  std::uint32_t pipeline = 1;
  std::uint32_t batch = 64;
  std::uint32_t alerts_live = 20000;
  std::uint32_t services = 48;
  std::uint64_t shape_seed = 1;
  double duplicates = 0.0;
  double resolve_share = 0.0;
  double rate = 0.0;           // alerts a second; 0: as fast as answers come
  double duration_s = 0.0;     // 0: no limit of time
  std::uint64_t requests = 0;  // 0: no limit of number
  double warmup_s = 0.0;
  std::uint64_t warmup_requests = 0;
  double answer_wait_s = 30.0;
  int cpu_of = 0;       // 0: nobody's
  std::string catalog;  // empty: the built-in rules
  Format format = Format::text;
};

/// Reads the command line. Nothing when the process is to end with `exit_code`: after help, or after misuse (2), which
/// was reported on standard error.
std::optional<Options> read_options(int argc, char** argv, int& exit_code);

}  // namespace tocsin
