#include <cstdio>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "engine/app/command.h"
#include "engine/app/standard_files.h"

namespace {

constexpr const char* kAbout =
    "tocsin takes alerts from every monitoring tool and makes prioritised incidents of them.\n"
    "\n"
    "  tocsin run                       start the engine on built-in rules at 127.0.0.1:9099\n"
    "  tocsin incidents --watch         see the incidents as they change\n"
    "  tocsin check rules/              find mistakes in rule files\n"
    "  tocsin test rules/               run the tests inside rule files\n"
    "  tocsin eval EXPR --alert FILE    try an expression on an alert\n"
    "  tocsin help COMMAND              everything about one command\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace tocsin::app;
  open_standard_files();
  CLI::App program{kAbout, "tocsin"};
  program.require_subcommand(0, 1);
  program.get_formatter()->column_width(34);
  Action action;
  add_run(program, action);
  add_incidents(program, action);
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
      std::cerr << "tocsin: there is no command `" << about << "`; `tocsin help` lists them\n";
      return kMisuse;
    };
  });

  overview = program.help();  // afterwards it would be that of the command that was called
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error, std::cout, std::cerr) == 0 ? kOk : kMisuse;
  }
  if (!action) {
    std::cerr << overview;
    return kMisuse;
  }
  return action();
}
