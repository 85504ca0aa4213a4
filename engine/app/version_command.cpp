#include <iostream>

#include <CLI/CLI.hpp>

#include "engine/app/command.h"
#include "engine/app/version.h"

namespace tocsin::app {

void add_version(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("version", "print the version");
  command->callback([&action] {
    action = [] {
      std::cout << "tocsin " << kVersion << "\n";
      return kOk;
    };
  });
}

}  // namespace tocsin::app
