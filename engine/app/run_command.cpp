#include <algorithm>
#include <ctime>
#include <iostream>

#include <CLI/CLI.hpp>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "engine/app/command.h"
#include "engine/app/rule_source.h"
#include "engine/app/run_flags.h"
#include "engine/app/server.h"

namespace tocsin::app {
namespace {

/// SIGTERM, SIGINT and SIGHUP are waited for, not caught: they are blocked in every thread that begins after this.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A sink or a client that goes away is an error of a write, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// Waits for SIGTERM or SIGINT; meanwhile reloads the rules at SIGHUP, and says what goes wrong and what is well again,
/// once each.
void wait_for_the_end(Server& server, const sigset_t& signals) {
  constexpr timespec kLookEvery{.tv_sec = 1, .tv_nsec = 0};
  std::vector<std::string> told;
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &kLookEvery);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) server.reload();
    std::vector<std::string> troubles = server.troubles();
    for (const std::string& trouble : troubles) {
      if (std::ranges::find(told, trouble) == told.end()) spdlog::warn("{}", trouble);
    }
    for (const std::string& trouble : told) {
      if (std::ranges::find(troubles, trouble) == troubles.end()) spdlog::info("no longer: {}", trouble);
    }
    told = std::move(troubles);
  }
}

/// Who can reach the port can close incidents and open others.
void warn_of_open_doors(const Config& config) {
  if (!config.http.tokens.empty()) return;
  for (const std::string& address : config.http.listen) {
    if (address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("localhost")) continue;
    spdlog::warn("{} can be reached from other machines and asks for no token; see http.token_file", address);
  }
}

int run(const RunFlags& flags) {
  // Standard output belongs to the ready line and to --events -; everything else goes to standard error.
  spdlog::set_default_logger(spdlog::stderr_color_mt("tocsin"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  const auto config = make_config(flags);
  if (!config) return kMisuse;
  RulesOnDisk rules = read_rules_on_disk(config->rules);
  if (!tell_findings(rules.reading, "run")) return kMisuse;
  const std::string rule_set = rules.reading.rules->name;

  warn_of_open_doors(*config);
  const sigset_t signals = block_signals();
  auto server = Server::open(*config, std::move(rules));
  if (!server) {
    std::cerr << "tocsin run: " << server.error().message << "\n";
    return kFindings;
  }
  if (const auto started = (*server)->start(); !started) {
    std::cerr << "tocsin run: " << started.error().message << "\n";
    return kFindings;
  }
  std::string line = "tocsin is ready:";
  for (const std::string& address : (*server)->addresses()) line += " http://" + address;
  line += " (rules: " + rule_set + ", data: " + config->data;
  if (!config->kafka.bootstrap.empty()) line += ", kafka: " + config->kafka.bootstrap;
  if (!config->events.empty()) line += ", events: " + config->events;
  line += ")";
  // Where standard output carries the records, the line for people goes beside it.
  (config->events == "-" ? std::cerr : std::cout) << line << std::endl;

  wait_for_the_end(**server, signals);
  spdlog::info("ending: what was accepted is finished first");
  (*server)->stop();
  return kOk;
}

}  // namespace

void add_run(CLI::App& program, Action& action) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command = program.add_subcommand("run", "start the engine");
  command->description(
      "Starts the engine: alerts in over HTTP, prioritised incidents out.\n"
      "Without any flag it runs on built-in rules and is asked through its API only.\n"
      "Prints one line when it is ready. SIGTERM or Ctrl-C ends it; what it answered 2xx to is kept.\n"
      "Rules are reloaded when their files or tables change, on SIGHUP and on POST /-/reload: all or nothing. Files "
      "with\n"
      "mistakes leave the old rules in force; the log, the answer and the metrics say so.\n"
      "Exit code: 0 ended by a signal, 1 it could not start, 2 flags, configuration or rules are wrong.");
  declare(*flags, *command);
  command->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace tocsin::app
