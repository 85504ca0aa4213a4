#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "engine/app/command.h"
#include "engine/app/output_guard.h"
#include "engine/app/standard_files.h"
#include "engine/app/version.h"
#include "rules/yaml/suggest.h"

namespace {

constexpr const char* kAbout =
    "tocsin takes alerts from every monitoring tool and makes prioritised incidents of them.\n"
    "\n"
    "  tocsin run                       start the engine on built-in rules at 127.0.0.1:9099\n"
    "  tocsin incidents --watch         see the incidents as they change\n"
    "  tocsin alerts                    see what fires, in which incident or why in none\n"
    "  tocsin ack INCIDENT              say that you have it; also resolve, assign, note, snooze, silence\n"
    "  tocsin why INCIDENT              why it is there, and who is told\n"
    "  tocsin check rules/              find mistakes in rule files\n"
    "  tocsin test rules/               run the tests inside rule files\n"
    "  tocsin eval EXPR --alert FILE    try an expression on an alert\n"
    "  tocsin help COMMAND              everything about one command\n";

/// The first word is no command: says which there are, or the one that was meant.
void say_no_such_command(const CLI::App& program, const std::string& word) {
  std::vector<std::string_view> names;
  for (const CLI::App* command : program.get_subcommands({})) names.emplace_back(command->get_name());
  const std::string hint = tocsin::rules::suggestion(word, names);
  std::cerr << "tocsin: there is no command `" << word << "`; " << (hint.empty() ? "`tocsin help` lists them" : hint)
            << "\n";
}

bool is_command(const CLI::App& program, std::string_view word) {
  for (const CLI::App* command : program.get_subcommands({})) {
    if (command->get_name() == word) return true;
  }
  return false;
}

int run_program(int argc, char** argv);

}  // namespace

int main(int argc, char** argv) {
  using namespace tocsin::app;
  open_standard_files();
  OutputGuard errors(std::cerr, STDERR_FILENO);
  OutputGuard output(std::cout, STDOUT_FILENO);
  const int code = run_program(argc, argv);
  if (const int error = output.finish(); error != 0) {
    std::cerr << "tocsin: the output could not be written: " << std::strerror(error) << "\n";
    return code == kOk ? kFindings : code;
  }
  return code;
}

namespace {

int run_program(int argc, char** argv) {
  using namespace tocsin::app;
  CLI::App program{kAbout, "tocsin"};
  program.require_subcommand(0, 1);
  program.get_formatter()->column_width(34);
  Action action;
  add_run(program, action);
  add_incidents(program, action);
  add_alerts(program, action);
  add_incident_commands(program, action);
  add_silence(program, action);
  add_audit(program, action);
  add_storms(program, action);
  add_sources(program, action);
  add_rules(program, action);
  add_why(program, action);
  add_why_not(program, action);
  add_timeline(program, action);
  add_undeliverable(program, action);
  add_check(program, action);
  add_test(program, action);
  add_eval(program, action);
  add_fmt(program, action);
  add_schema(program, action);
  add_completion(program, action);
  add_replay(program, action);
  add_journal(program, action);
  add_version(program, action);

  std::string overview;
  std::string about;
  CLI::App* help = program.add_subcommand("help", "explain a command and its flags");
  help->add_option("COMMAND", about, "the command to explain");
  help->callback([&] {
    action = [&] {
      if (about.empty()) {
        std::cout << overview;
        return kOk;
      }
      for (const CLI::App* command : program.get_subcommands({})) {
        if (command->get_name() != about) continue;
        std::cout << command->help();
        return kOk;
      }
      say_no_such_command(program, about);
      return kMisuse;
    };
  });

  bool asks_version = false;
  program.add_flag("--version", asks_version, "print the version");

  overview = program.help();  // afterwards it would be that of the command that was called
  if (argc > 1 && argv[1][0] != '-' && !is_command(program, argv[1])) {
    say_no_such_command(program, argv[1]);
    return kMisuse;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error, std::cout, std::cerr) == 0 ? kOk : kMisuse;
  }
  if (asks_version) {
    std::cout << "tocsin " << kVersion << "\n";
    return kOk;
  }
  if (!action) {
    std::cerr << overview;
    return kMisuse;
  }
  return action();
}

}  // namespace
