#pragma once

#include <string>
#include <string_view>

#include "engine/app/http_get.h"
#include "engine/model/command.h"

namespace tocsin::app {

/// What every command of a person has.
struct SenderFlags {
  EngineAddress engine;
  std::string by;          // default: the user
  std::string command_id;  // of the sender, so that it may be sent twice
};

/// The name of who runs the program.
std::string this_user();

/// Posts the command to `path`, says what became of it, and gives the exit code: 0 done, 1 refused or not sent.
int send_command(std::string_view name, const SenderFlags& flags, const std::string& path, Command command);

}  // namespace tocsin::app
