#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace tocsin::app {

/// Exit codes, the same for every command.
inline constexpr int kOk = 0;
inline constexpr int kFindings = 1;  // check found mistakes, a test failed, the engine could not go on
inline constexpr int kMisuse = 2;    // unknown flags, files that are not there
inline constexpr int kTryAgain =
    75;  // EX_TEMPFAIL of sysexits.h: it may work in a while, a supervisor should start again

/// What a subcommand does once its flags are read; gives the exit code.
using Action = std::function<int()>;

/// Each adds one subcommand with its flags to the program, and sets `action` when it is the one that was called.
void add_run(CLI::App& program, Action& action);
void add_check(CLI::App& program, Action& action);
void add_test(CLI::App& program, Action& action);
void add_eval(CLI::App& program, Action& action);
void add_fmt(CLI::App& program, Action& action);
void add_schema(CLI::App& program, Action& action);
void add_completion(CLI::App& program, Action& action);
void add_alerts(CLI::App& program, Action& action);
void add_incidents(CLI::App& program, Action& action);
void add_incident_commands(CLI::App& program, Action& action);
void add_silence(CLI::App& program, Action& action);
void add_audit(CLI::App& program, Action& action);
void add_storms(CLI::App& program, Action& action);
void add_sources(CLI::App& program, Action& action);
void add_rules(CLI::App& program, Action& action);
void add_journal(CLI::App& program, Action& action);
void add_undeliverable(CLI::App& program, Action& action);
void add_replay(CLI::App& program, Action& action);
void add_why(CLI::App& program, Action& action);
void add_why_not(CLI::App& program, Action& action);
void add_timeline(CLI::App& program, Action& action);
void add_version(CLI::App& program, Action& action);

}  // namespace tocsin::app
