#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/model/command.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// Reads a command from JSON: the one form of HTTP bodies, the commands topic, the journal and stories. `kind`,
/// `incident` and `silence` are what is known already (from a path); else the body says it. A body that names
/// others is refused, so are keys that no command has: a misspelt `if_revision` must not be passed over. Matchers are
/// read, so that a silence that holds back everything or cannot be read is refused here. Errors have a pointer.
Result<Command> parse_command(std::string_view json, std::optional<CommandKind> kind = std::nullopt,
                              std::string_view incident = {}, std::string_view silence = {});

/// Appends what parse_command reads back as the same, on one line: what is journaled.
void write_command(const Command& command, std::string& out);

}  // namespace tocsin
