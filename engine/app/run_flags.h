#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/config/config.h"

namespace CLI {
class App;
}

namespace tocsin::app {

/// The flags of `tocsin run` as they were given; empty ones were not.
struct RunFlags {
  std::string config_file;
  std::vector<std::string> rules;
  bool does_not_watch = false;
  bool knows_no_alerts = false;
  std::string data;
  bool new_journal = false;
  std::vector<std::string> listen;
  std::string events;
  std::string kafka;
  bool accepts_loss = false;
};

/// Declares the flags on `command`.
void declare(RunFlags& flags, CLI::App& command);

/// The configuration: defaults, then the file, then the flags. Nothing, with everything that is wrong printed on
/// standard error, when it cannot be.
std::unique_ptr<Config> make_config(const RunFlags& flags);

}  // namespace tocsin::app
