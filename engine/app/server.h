#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/config/config.h"
#include "engine/model/refusal.h"
#include "rules/rule_set.h"

namespace tocsin::app {

/// The whole engine, wired: HTTP in, rules, journal, sinks. One thread uses it.
class Server {
 public:
  /// Opens data folder and sinks. The error's message is for people.
  static Result<std::unique_ptr<Server>> open(const Config& config, rules::RuleSetPtr rules);
  ~Server();

  /// Start-up, one step after the other: replay the journal, start the threads, listen.
  Result<void> start();
  std::vector<std::string> addresses() const;
  /// What is wrong now (a sink in trouble, a journal that cannot be written), a sentence each; empty when all is well.
  std::vector<std::string> troubles() const;
  /// Shut-down, the other way round.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin::app
