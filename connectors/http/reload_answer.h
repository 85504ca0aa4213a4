#pragma once

#include <string>

#include "engine/runtime/reload/rule_reloader.h"

namespace tocsin {

/// The status that a reload is answered with: 200, 400 for rules with mistakes, 503 when the journal cannot be written.
int status_of(const ReloadOutcome& outcome);

/// `{"reloaded":true,"changed":…,"rule_set":…,"digest":…,"position":…,"kept":[…],"reset":[…],"new":[…],"removed":[…],
/// "diagnostics":[…]}`; for rules with mistakes `{"reloaded":false,"error":{…},…,"diagnostics":[…]}`. Rule set, digest
/// and position are those in force afterwards.
std::string reload_body(const ReloadOutcome& outcome);

}  // namespace tocsin
