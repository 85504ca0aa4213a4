#include <iostream>

#include <CLI/CLI.hpp>

#include "engine/app/command.h"
#include "rules/tools/editor_schema.h"

namespace tocsin::app {

void add_schema(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("schema", "print the JSON Schema of rule files, for editors");
  command->description(
      "Prints the JSON Schema of rule files: with it an editor completes keys, explains them and marks what is\n"
      "misspelt while you type. `tocsin check` knows more: expressions, severities, tables.\n"
      "\n"
      "  tocsin schema > ~/.config/tocsin.schema.json\n"
      "\n"
      "and as the first line of a rule file, for every editor with the YAML language server (VS Code, neovim, …):\n"
      "\n"
      "  # yaml-language-server: $schema=/home/ana/.config/tocsin.schema.json\n"
      "\n"
      "Exit code: 0.");
  command->callback([&action] {
    action = [] {
      std::cout << rules::editor_schema();
      return kOk;
    };
  });
}

}  // namespace tocsin::app
