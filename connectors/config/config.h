#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/http_options.h"
#include "connectors/sinks/kafka_options.h"
#include "engine/model/limits.h"
#include "rules/yaml/diagnostic.h"

namespace tocsin {

/// Everything that an operator can set; the defaults run without a file. Each flag of `tocsin run` is a key of the same
/// name.
struct Config {
  HttpOptions http;  // `listen`, `http:`
  std::size_t http_threads = 1;
  std::vector<std::string> rules;    // files and folders; empty: the built-in rules
  bool watch_rules = true;           // reload them when their files change
  bool known_alerts = true;          // recognise alerts that are repeated byte for byte (off: for comparison)
  std::string data = "tocsin-data";  // folder of the journal
  bool accept_loss = false;          // by the flag only: it is for one start
  std::string events;                // NDJSON file, `-` for standard output, empty for none
  KafkaSinkOptions kafka;            // no sink while `bootstrap` is empty
  /// Where commands are read from while `kafka.bootstrap` is set, without the prefix; "" for nowhere.
  std::string commands_topic = "tocsin.commands";
  std::string commands_group = "tocsin-commands";  // of its consumers; two engines on one cluster need two
  std::string token_file;                          // bearer tokens, one a line; empty: none is asked for
  std::size_t bytes_in_flight_max = limits::kBytesInFlightMax;
  std::size_t outbox_memory_bytes_max = limits::kOutboxMemoryBytesMax;
  std::chrono::milliseconds stop_span = std::chrono::seconds{10};  // from SIGTERM to the end, at most
  std::uint64_t outbox_disk_bytes_max = std::uint64_t{8} << 30;
  bool new_journal = false;  // a flag only: what is meant once must not be in a file
};

/// Reads a configuration file (YAML, connectors/README.md) over the defaults in `config`. `file` is its name for
/// diagnostics; relative paths in it are relative to where the engine runs, as on the command line. Never throws.
rules::Diagnostics read_config(std::string_view file, std::string_view bytes, Config& config);

}  // namespace tocsin
