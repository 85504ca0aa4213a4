#include "engine/app/start_checks.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "engine/app/command.h"
#include "engine/app/standard_files.h"
#include "engine/runtime/journal/data_folder.h"

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;

int exit_code_of(BindError::Kind kind) {
  switch (kind) {
    case BindError::Kind::not_an_address:
      return kMisuse;
    case BindError::Kind::in_use:
      return kTryAgain;
    case BindError::Kind::not_possible:
      break;
  }
  return kFindings;
}

int exit_code_of(FolderTrouble::Kind kind) {
  return kind == FolderTrouble::Kind::in_use || kind == FolderTrouble::Kind::full ? kTryAgain : kFindings;
}

bool may(const fs::path& path, int what) { return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0; }

/// The file is not opened: that would make it.
void look_at_events(const std::string& events, std::vector<StartFinding>& findings) {
  if (events.empty()) return;
  if (events == "-") {
    if (standard_output_was_closed())
      findings.push_back({kMisuse, "records are to go to standard output (events: -), which is closed"});
    return;
  }
  const std::string name = "the events file " + events;
  std::error_code error;
  if (fs::is_directory(events, error)) {
    findings.push_back({kMisuse, name + " is a folder"});
  } else if (fs::exists(events, error)) {
    if (!may(events, W_OK)) findings.push_back({kFindings, name + " cannot be written: " + std::strerror(errno)});
  } else {
    fs::path folder = fs::path(events).parent_path();
    if (folder.empty()) folder = ".";
    if (!may(folder, W_OK | X_OK))
      findings.push_back({kFindings, name + " cannot be made in " + folder.string() + ": " + std::strerror(errno)});
  }
}

}  // namespace

StartChecks check_start(const Config& config) {
  StartChecks checks;
  std::vector<BindError> errors;
  checks.sockets = bind_all(config.http.listen, errors);
  for (BindError& error : errors) checks.findings.push_back({exit_code_of(error.kind), std::move(error.message)});
  FolderLook folder = look_at_data_folder(config.data);
  for (FolderTrouble& one : folder.troubles)
    checks.findings.push_back({exit_code_of(one.kind), std::move(one.message)});
  look_at_events(config.events, checks.findings);
  checks.rules = read_rules_on_disk(config.rules);
  if (!checks.rules.reading.rules && !folder.has_journal)
    checks.findings.push_back({kMisuse, "the rules have errors; `tocsin check` shows them again"});
  return checks;
}

int exit_code_of(const std::vector<StartFinding>& findings) {
  const auto has = [&](int code) {
    return std::ranges::find(findings, code, &StartFinding::exit_code) != findings.end();
  };
  if (findings.empty()) return kOk;
  if (has(kMisuse)) return kMisuse;
  return has(kFindings) ? kFindings : kTryAgain;
}

}  // namespace tocsin::app
