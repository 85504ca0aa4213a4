#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace tocsin::app {

/// A flag of a command, as completion needs it.
struct FlagWords {
  std::string name;   // "--format"
  std::string about;  // one line
  bool takes_value = false;
  std::vector<std::string> choices;  // of its value; empty: any, files are offered
};

struct CommandWords {
  std::string name;
  std::string about;                 // one line
  std::vector<std::string> choices;  // of what stands without a flag; empty: files
  std::vector<FlagWords> flags;
};

/// All commands with their flags, read off the program itself, so that it cannot be out of date.
std::vector<CommandWords> words_of(const CLI::App& program);

/// The script for `shell`: bash, zsh or fish.
std::string completion_script(std::string_view shell, const std::vector<CommandWords>& commands);

}  // namespace tocsin::app
