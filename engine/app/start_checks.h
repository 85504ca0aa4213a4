#pragma once

#include <string>
#include <vector>

#include "connectors/config/config.h"
#include "connectors/http/bound_socket.h"
#include "engine/app/rule_source.h"

namespace tocsin::app {

/// Something that a start cannot do without.
struct StartFinding {
  int exit_code = 0;  // of command.h, if it were the only one
  std::string message;
};

/// What was looked at before a start writes anything, and what it needs further on.
struct StartChecks {
  std::vector<BoundSocket> sockets;
  RulesOnDisk rules;  // when they cannot be used and there is no finding, the journal's last ones may do
  std::vector<StartFinding> findings;
};

/// Looks at everything, in the order addresses, data folder, space, events file, rules, so that all that is wrong is
/// said at once. Writes nothing.
StartChecks check_start(const Config& config);

/// Of the process: a restart mends only what is all temporary, and flags are to be corrected before anything else.
int exit_code_of(const std::vector<StartFinding>& findings);

}  // namespace tocsin::app
