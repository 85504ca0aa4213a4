#pragma once

#include <string>
#include <string_view>

#include "engine/model/command.h"
#include "engine/model/instant.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// The command of a story's step: `name` and its arguments as JSON, as everywhere; and instants may be given as how
/// long after the start of the story they are, `until: 30m`.
Result<Command> read_story_command(std::string_view name, std::string_view arguments, Instant start);

}  // namespace tocsin
