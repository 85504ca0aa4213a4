#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "connectors/config/config.h"
#include "connectors/http/bound_socket.h"
#include "engine/app/rule_source.h"
#include "engine/model/instant.h"
#include "engine/runtime/outbox/sink_teller.h"

namespace tocsin::app {

/// Why a server is not there.
struct StartFailure {
  int exit_code = 0;    // of command.h; kOk when begin_stop() ended the start
  std::string message;  // a sentence
};

/// The whole engine, wired: HTTP in, rules, journal, sinks. One thread makes, starts, stops and ends it, and may wait
/// long in that; what says "any thread" comes back at once and may be called from the constructor on. Who waits for
/// whom, and why not in a circle, is a table in engine/README.md.
class Server {
 public:
  /// `rules` that cannot be used (their findings say why) are well when the journal has a rule set: it goes on with
  /// that, and says so.
  Server(const Config& config, RulesOnDisk rules, std::vector<BoundSocket> sockets);
  ~Server();

  /// Start-up, one step after the other: open data folder and sinks, replay the journal, start the threads, listen.
  std::expected<void, StartFailure> start();
  /// Shut-down, the other way round; also after a start that failed. Sinks have the rest of the time that begin_stop()
  /// gave, none without it.
  void stop();

  /// Any thread: what is under way comes to its end soon, a start too. Nothing new is taken. `span` is for all of it.
  void begin_stop(Duration span);
  /// Any thread: what stop(), or a start that is to end, waits for now, for people; "" for nothing.
  std::string waits_for() const;

  // After start(), any thread.
  std::vector<std::string> addresses() const;
  /// The name of the rule set in force at the start.
  std::string rule_set() const;
  /// Reads the rule files again, soon; what comes of it is in the log.
  void reload();
  /// What is wrong now (rules that were not reloaded, a journal that cannot be written), a sentence each; empty when
  /// all is well. Of sinks see sink_news().
  std::vector<std::string> troubles() const;
  /// Nothing can be accepted any more before a restart.
  bool has_failed() const;

  /// After start(), one thread, about once a second: whether the data folder is still the one that was opened. When it
  /// is not, nothing is accepted any more.
  void look_at_the_folder();
  /// After start(), one thread, about once a second: what the log should say of the sinks now.
  std::vector<SinkTeller::Line> sink_news();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin::app
