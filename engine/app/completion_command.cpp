#include <iostream>

#include <CLI/CLI.hpp>

#include "engine/app/command.h"
#include "engine/app/completion.h"

namespace tocsin::app {

void add_completion(CLI::App& program, Action& action) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("completion", "print a completion script for a shell");
  command->description(
      "Prints a script that completes commands, flags and their values.\n"
      "\n"
      "  bash: source <(tocsin completion bash)\n"
      "  zsh:  tocsin completion zsh > \"${fpath[1]}/_tocsin\"\n"
      "  fish: tocsin completion fish > ~/.config/fish/completions/tocsin.fish\n"
      "\n"
      "Exit code: 0, 2 the shell is not known.");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([shell, &program, &action] {
    action = [shell, &program] {
      std::cout << completion_script(*shell, words_of(program));
      return kOk;
    };
  });
}

}  // namespace tocsin::app
