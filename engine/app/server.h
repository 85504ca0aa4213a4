#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/config/config.h"
#include "engine/app/rule_source.h"
#include "engine/model/refusal.h"

namespace tocsin::app {

/// The whole engine, wired: HTTP in, rules, journal, sinks. One thread uses it.
class Server {
 public:
  /// Opens data folder and sinks. The error's message is for people. Requires: `rules` can be used.
  static Result<std::unique_ptr<Server>> open(const Config& config, RulesOnDisk rules);
  ~Server();

  /// Start-up, one step after the other: replay the journal, start the threads, listen.
  Result<void> start();
  std::vector<std::string> addresses() const;
  /// Reads the rule files again, soon; what comes of it is in the log. After start().
  void reload();
  /// What is wrong now (rules that were not reloaded, a sink in trouble, a journal that cannot be written), a sentence
  /// each; empty when all is well.
  std::vector<std::string> troubles() const;
  /// Shut-down, the other way round.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin::app
