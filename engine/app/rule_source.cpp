#include "engine/app/rule_source.h"

#include <iostream>

#include <unistd.h>

#include "engine/app/rule_files.h"

namespace tocsin::app {
namespace {

/// "PATH: what is wrong" as a finding.
rules::Diagnostic not_readable(const std::string& trouble) {
  const std::size_t colon = trouble.rfind(": ");
  rules::Diagnostic diagnostic;
  diagnostic.file = trouble.substr(0, colon);
  diagnostic.code = "file_not_readable";
  diagnostic.message = colon == std::string::npos ? trouble : trouble.substr(colon + 2);
  return diagnostic;
}

}  // namespace

RulesOnDisk read_rules_on_disk(const std::vector<std::string>& paths) {
  RulesOnDisk found;
  std::vector<rules::SourceFile> files;
  std::string trouble;
  if (!read_rule_files(paths, files, trouble)) {
    found.reading.diagnostics.push_back(not_readable(trouble));
    return found;
  }
  TableFiles tables;
  found.reading = read_rules(std::move(files), tables);
  found.tables = tables.looked_for();
  return found;
}

void tell_diagnostics(const RuleReading& reading) {
  for (const rules::Diagnostic& diagnostic : reading.diagnostics) {
    std::cerr << rules::to_text(diagnostic, wants_colour(STDERR_FILENO)) << "\n";
  }
}

bool tell_findings(const RuleReading& reading, std::string_view command) {
  tell_diagnostics(reading);
  if (!reading.rules) std::cerr << "tocsin " << command << ": the rules have errors; `tocsin check` shows them again\n";
  return reading.rules != nullptr;
}

}  // namespace tocsin::app
