#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <signal.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "engine/app/command.h"
#include "engine/app/run_flags.h"
#include "engine/app/run_life.h"
#include "engine/app/server.h"
#include "engine/app/signal_queue.h"
#include "engine/app/standard_files.h"
#include "engine/app/terminal_text.h"

namespace tocsin::app {
namespace {

/// Lines for people and for files: labels and file names of strangers may be in them, which steer no terminal.
class PlainFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    spdlog::memory_buf_t line;
    lines_.format(message, line);
    std::string text = without_hidden_controls({line.data(), line.size()});
    std::ranges::replace_if(text, [](char c) { return c == '\033' || c == '\r' || c == '\b'; }, '?');
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<PlainFormatter>(); }

 private:
  spdlog::pattern_formatter lines_{"%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc};
};

/// Who can reach the port can close incidents and open others.
void warn_of_open_doors(const Config& config) {
  if (!config.http.tokens.empty()) return;
  for (const std::string& address : config.http.listen) {
    if (address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("localhost")) continue;
    spdlog::warn("{} can be reached from other machines and asks for no token; see http.token_file", address);
  }
}

std::string ready_line(const Config& config, const Server& server) {
  std::string line = "tocsin is ready:";
  for (const std::string& address : server.addresses()) line += " http://" + address;
  line += " (rules: " + server.rule_set() + ", data: " + config.data;
  if (!config.kafka.bootstrap.empty()) line += ", kafka: " + config.kafka.bootstrap;
  if (!config.events.empty()) line += ", events: " + config.events;
  return line + ")";
}

/// The thread that waits for signals. It never waits for another one.
class Watchman {
 public:
  explicit Watchman(const Config& config) : config_(config), life_(config, [this] { signals_.ring(); }) {}

  int watch() {
    while (life_.phase() != RunLife::Phase::over) {
      switch (signals_.wait(kLookEvery)) {
        case SignalQueue::Event::end:
          end();
          break;
        case SignalQueue::Event::reload:
          reloads_ = true;
          break;
        case SignalQueue::Event::rung:
        case SignalQueue::Event::nothing:
          break;
      }
      if (end_by_) {
        say_what_is_waited_for();
      } else if (life_.phase() == RunLife::Phase::ready) {
        look();
      }
    }
    return life_.exit_code();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLookEvery{1};

  void end() {
    const RunLife::Phase phase = life_.phase();
    if (phase == RunLife::Phase::over) return;
    if (end_by_) end_at_once("a second signal: it ends at once");
    if (phase == RunLife::Phase::checking) end_at_once("it ends before anything was written");
    const bool is_ready = phase == RunLife::Phase::ready;
    spdlog::info("ending within {} s: {}", seconds_of(config_.stop_span),
                 is_ready ? "what was accepted is finished first" : "the start is given up");
    end_by_ = Clock::now() + config_.stop_span;
    said_at_ = Clock::now();
    life_.begin_stop(config_.stop_span);
  }

  /// Safe at any moment, as a kill is: what was answered with 2xx is in the journal, and nothing is open that the next
  /// start could not read.
  [[noreturn]] static void end_at_once(const char* why) {
    spdlog::warn("{}; nothing that was accepted is lost, what sinks have not confirmed is told after the next start",
                 why);
    _exit(kOk);
  }

  void say_what_is_waited_for() {
    const auto now = Clock::now();
    if (life_.phase() == RunLife::Phase::over || now - said_at_ < kLookEvery) return;
    said_at_ = now;
    const std::string waits_for = life_.server().waits_for();
    if (now >= *end_by_) end_at_once(("the time is up, still waiting for " + waits_for).c_str());
    spdlog::info("ending: waiting for {}; {} s left", waits_for, seconds_of(*end_by_ - now));
  }

  /// Says what goes wrong and what is well again, once each.
  void look() {
    Server& server = life_.server();
    if (!is_told_) {
      warn_of_open_doors(config_);
      // Where standard output carries the records, the line for people goes beside it.
      (config_.events == "-" || standard_output_was_closed() ? std::cerr : std::cout)
          << ready_line(config_, server) << std::endl;
      is_told_ = true;
    }
    if (std::exchange(reloads_, false)) server.reload();
    server.look_at_the_folder();
    std::vector<std::string> troubles = server.troubles();
    for (const std::string& trouble : troubles) {
      if (std::ranges::find(told_, trouble) == told_.end()) spdlog::warn("{}", trouble);
    }
    for (const std::string& trouble : told_) {
      if (std::ranges::find(troubles, trouble) == troubles.end()) spdlog::info("no longer: {}", trouble);
    }
    told_ = std::move(troubles);
    for (const SinkTeller::Line& line : server.sink_news())
      spdlog::log(line.is_bad ? spdlog::level::warn : spdlog::level::info, "{}", line.text);
  }

  template <typename Span>
  static std::int64_t seconds_of(Span span) {
    return std::chrono::ceil<std::chrono::seconds>(span).count();
  }

  const Config& config_;
  SignalQueue signals_;  // before the life: its thread has the signals blocked
  RunLife life_;
  std::optional<Clock::time_point> end_by_;  // once a signal came
  Clock::time_point said_at_{};
  bool is_told_ = false;
  bool reloads_ = false;
  std::vector<std::string> told_;
};

int run(const RunFlags& flags) {
  // Standard output belongs to the ready line and to --events -; everything else goes to standard error.
  spdlog::set_default_logger(spdlog::stderr_color_mt("tocsin"));
  spdlog::set_formatter(std::make_unique<PlainFormatter>());
  const auto config = make_config(flags);
  if (!config) return kMisuse;
  // A sink or a client that goes away is an error of a write, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  return Watchman(*config).watch();
}

}  // namespace

void add_run(CLI::App& program, Action& action) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* command = program.add_subcommand("run", "start the engine");
  command->description(
      "Starts the engine: alerts in over HTTP, prioritised incidents out.\n"
      "Without any flag it runs on built-in rules and is asked through its API only.\n"
      "Start: addresses, data folder, free space, events file and rules are looked at before anything is written, and\n"
      "all that is wrong is said at once. One line on standard output says that it is ready. Rule files with mistakes "
      "do\n"
      "not keep an engine from starting that has a journal: it goes on with the journal's last rules, and says so.\n"
      "A journal that is damaged is refused with what is missing and what to do; --accept-loss goes on without it.\n"
      "End: SIGTERM or Ctrl-C; within stop_span (10 s) what was accepted is finished and sinks are told; each second "
      "it\n"
      "says what it waits for. A second signal ends it at once. Nothing that was answered 2xx is lost either way.\n"
      "Rules are reloaded when their files or tables change, on SIGHUP and on POST /-/reload: all or nothing. Files\n"
      "with mistakes leave the old rules in force; the log, the answer and the metrics say so.\n"
      "When the data folder is deleted or replaced while it runs, nothing is accepted any more (503).\n"
      "Exit code: 0 ended by a signal; 1 it cannot start, or could not go on; 2 flags, configuration or rules are "
      "wrong;\n"
      "75 it may start in a while: a full disk, an address or a data folder that another process has.");
  declare(*flags, *command);
  command->callback([flags, &action] { action = [flags] { return run(*flags); }; });
}

}  // namespace tocsin::app
