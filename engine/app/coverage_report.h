#pragma once

#include <string>
#include <vector>

#include "engine/model/json_writer.h"
#include "engine/story/story_run.h"
#include "rules/load.h"
#include "rules/tools/coverage.h"

namespace tocsin::app {

/// What the stories of one rule file reached.
struct CoverageReport {
  std::vector<rules::CoveragePoint> points;  // in order of the file
  rules::CoverageCount count;
  bool too_low = false;  // below what was asked for
};

/// Tells the stories of the last of `files` to rules that are watched: what they reach of that file. Requires: all
/// load.
CoverageReport run_covered(const std::vector<rules::SourceFile>& files, const std::vector<rules::Story>& stories,
                           rules::TableReader& tables, const BodyDecoder& decode);

/// "92.3 %".
std::string percent(const rules::CoverageCount& count);
/// What is missing at a point in words: "never held", "only true". "" when nothing is.
std::string missing_text(const rules::CoveragePoint& point);
/// For people: a line for each rule, below it what no test reached, and the sum.
std::string text_report(const CoverageReport& report);
/// One object: the sum, and all points with what was seen of each.
void append_json(JsonWriter& json, const std::string& file, const CoverageReport& report);

}  // namespace tocsin::app
