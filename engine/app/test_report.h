#pragma once

#include <string>
#include <vector>

#include "engine/core/story_run.h"
#include "rules/diagnostic.h"

namespace tocsin::app {

/// What `tocsin test` found in one rule file.
struct FileReport {
  std::string file;
  rules::Diagnostics errors;  // when there are any, no story was told
  std::vector<StoryResult> stories;
};

/// For people: a line for each story, and below it what failed and how it came about.
std::string text_report(const FileReport& report, bool colour);
/// An array with an object for each story.
std::string json_report(const std::vector<FileReport>& reports);
/// JUnit's XML, as CI servers read it: a suite for each file, a case for each story. A file that does not load is a
/// case with an error. What XML 1.0 cannot hold is U+FFFD.
std::string junit_report(const std::vector<FileReport>& reports);

}  // namespace tocsin::app
