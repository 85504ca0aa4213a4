#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/app/coverage_report.h"
#include "engine/app/mutation_run.h"
#include "engine/story/story_run.h"
#include "rules/yaml/diagnostic.h"

namespace tocsin::app {

/// What `tocsin test` found in one rule file.
struct FileReport {
  std::string file;
  rules::Diagnostics errors;  // when there are any, no story was told
  std::vector<StoryResult> stories;
  std::optional<CoverageReport> coverage;  // when it was asked for
  std::optional<MutationReport> mutants;   // when they were asked for and all stories pass
};

/// For people: a line for each story, and below it what failed and how it came about.
std::string text_report(const FileReport& report, bool colour);
/// An array with an object for each story; with coverage or mutants, that array as `tests` of an object, and `coverage`
/// and `mutants` with an object for each file.
std::string json_report(const std::vector<FileReport>& reports);
/// JUnit's XML, as CI servers read it: a suite for each file, a case for each story, one for its coverage, one for its
/// mutants with a failure for each survivor. A file that does not load is a case with an error. What XML 1.0 cannot
/// hold is U+FFFD.
std::string junit_report(const std::vector<FileReport>& reports);

}  // namespace tocsin::app
