#include "engine/app/completion.h"

#include <CLI/CLI.hpp>

namespace tocsin::app {
namespace {

/// In single quotes for any of the shells: those of the text itself are left out, and so is all that a description for
/// zsh or fish would take for a sign of its own.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\n') break;
    if (c != '\'' && c != '\\' && c != '[' && c != ']' && c != ':' && c != '`') out += c;
  }
  return out + "'";
}

/// `TEXT:{a,b}` → a, b: CLI11 writes the choices of an option into the name of its type.
std::vector<std::string> choices_in(std::string_view type) {
  std::vector<std::string> choices;
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return choices;
  for (std::size_t at = open + 1; at < close;) {
    const std::size_t end = std::min(type.find(',', at), close);
    choices.emplace_back(type.substr(at, end - at));
    at = end + 1;
  }
  return choices;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) (out += out.empty() ? "" : " ") += word;
  return out;
}

std::string flags_of(const CommandWords& command) {
  std::vector<std::string> names;
  for (const FlagWords& flag : command.flags) names.push_back(flag.name);
  return joined(names);
}

std::string bash(const std::vector<CommandWords>& commands) {
  std::string names;
  std::string cases;
  for (const CommandWords& command : commands) {
    (names += names.empty() ? "" : " ") += command.name;
    cases += "    " + command.name + ") flags='" + flags_of(command) + "'; words='" + joined(command.choices) + "';;\n";
    for (const FlagWords& flag : command.flags) {
      if (!flag.takes_value) continue;
      cases += "    " + command.name + flag.name + ") values='" + joined(flag.choices) + "'; takes=1;;\n";
    }
  }
  return "# bash completion for tocsin: source <(tocsin completion bash)\n"
         "_tocsin() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local command=\"${COMP_WORDS[1]}\" flags='' words='' values='' takes='' key\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -le 1 ]; then\n"
         "    COMPREPLY=( $(compgen -W '" +
         names +
         "' -- \"$current\") )\n"
         "    return\n"
         "  fi\n"
         "  for key in \"$command\" \"$command$before\"; do\n"
         "    case \"$key\" in\n" +
         cases +
         "    esac\n"
         "  done\n"
         "  if [ -n \"$takes\" ]; then\n"
         "    if [ -n \"$values\" ]; then COMPREPLY=( $(compgen -W \"$values\" -- \"$current\") )\n"
         "    else COMPREPLY=( $(compgen -f -- \"$current\") ); fi\n"
         "  elif [ \"${current:0:1}\" = '-' ]; then COMPREPLY=( $(compgen -W \"$flags\" -- \"$current\") )\n"
         "  elif [ -n \"$words\" ]; then COMPREPLY=( $(compgen -W \"$words\" -- \"$current\") )\n"
         "  else COMPREPLY=( $(compgen -f -- \"$current\") ); fi\n"
         "}\n"
         "complete -o filenames -F _tocsin tocsin\n";
}

std::string zsh(const std::vector<CommandWords>& commands) {
  std::string names;
  std::string cases;
  for (const CommandWords& command : commands) {
    names += "    " + in_quotes(command.name + "\x01" + command.about) + "\n";
    cases += "    " + command.name + ") _arguments";
    for (const FlagWords& flag : command.flags) {
      std::string about = in_quotes(flag.about);
      about = about.substr(1, about.size() - 2);
      cases += " \\\n      '*" + flag.name + "[" + about + "]";
      if (flag.takes_value) cases += flag.choices.empty() ? ":value:_files" : ":value:(" + joined(flag.choices) + ")";
      cases += "'";
    }
    cases += " \\\n      '*:argument:" + (command.choices.empty() ? "_files" : "(" + joined(command.choices) + ")") +
             "' ;;\n";
  }
  for (char& c : names) c = c == '\x01' ? ':' : c;
  return "#compdef tocsin\n"
         "# zsh completion for tocsin: tocsin completion zsh > \"${fpath[1]}/_tocsin\"\n"
         "_tocsin() {\n"
         "  local -a commands\n"
         "  commands=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
         "  local command=$words[2]\n"
         "  shift words; (( CURRENT-- ))\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "}\n"
         "# called by name when it is in fpath, read as a whole when it is sourced\n"
         "if [ \"${funcstack[1]}\" = _tocsin ]; then _tocsin \"$@\"; else compdef _tocsin tocsin; fi\n";
}

std::string fish(const std::vector<CommandWords>& commands) {
  std::string out = "# fish completion for tocsin: tocsin completion fish > ~/.config/fish/completions/tocsin.fish\n";
  for (const CommandWords& command : commands) {
    out +=
        "complete -c tocsin -f -n __fish_use_subcommand -a " + command.name + " -d " + in_quotes(command.about) + "\n";
    const std::string when = " -n '__fish_seen_subcommand_from " + command.name + "'";
    if (!command.choices.empty()) out += "complete -c tocsin -f" + when + " -a '" + joined(command.choices) + "'\n";
    for (const FlagWords& flag : command.flags) {
      out += "complete -c tocsin" + when + " -l " + flag.name.substr(2) + " -d " + in_quotes(flag.about);
      if (flag.takes_value) out += flag.choices.empty() ? " -r -F" : " -x -a '" + joined(flag.choices) + "'";
      out += "\n";
    }
  }
  return out;
}

}  // namespace

std::vector<CommandWords> words_of(const CLI::App& program) {
  std::vector<CommandWords> commands;
  const auto all = program.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* app : all) {
    CommandWords& command = commands.emplace_back();
    command.name = app->get_name();
    const std::string about = app->get_description();
    command.about = about.substr(0, about.find('\n'));
    for (const CLI::Option* option : app->get_options()) {
      const bool takes_value = option->get_items_expected_max() > 0;
      const auto choices = takes_value ? choices_in(option->get_type_name()) : std::vector<std::string>{};
      if (option->get_positional() && !choices.empty()) command.choices = choices;
      for (const std::string& name : option->get_lnames()) {
        command.flags.push_back({"--" + name, option->get_description(), takes_value, choices});
      }
    }
    if (command.name != "help") continue;
    for (const CLI::App* other : all) command.choices.push_back(other->get_name());
  }
  return commands;
}

std::string completion_script(std::string_view shell, const std::vector<CommandWords>& commands) {
  return shell == "bash" ? bash(commands) : shell == "zsh" ? zsh(commands) : fish(commands);
}

}  // namespace tocsin::app
