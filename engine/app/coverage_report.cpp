#include "engine/app/coverage_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/model/check.h"
#include "engine/story/story_coverage.h"

namespace tocsin::app {

CoverageReport run_covered(const std::vector<rules::SourceFile>& files, const std::vector<rules::Story>& stories,
                           rules::TableReader& tables, const BodyDecoder& decode) {
  const rules::RuleText text(files.back());
  rules::Coverage coverage(text);
  const rules::Loaded loaded = rules::load_watched(files, tables, coverage);
  TOCSIN_CHECK(loaded.rules != nullptr, "files that load do so when they are watched");
  StoryCoverage observer(*loaded.rules, coverage);
  for (const rules::Story& story : stories) run_story(story, loaded.rules, decode, &observer);
  CoverageReport report;
  report.points = coverage.points();
  for (const rules::CoveragePoint& point : report.points) report.count.add(point);
  return report;
}

std::string percent(const rules::CoverageCount& count) {
  return fmt::format("{}.{} %", count.tenths() / 10, count.tenths() % 10);
}

std::string missing_text(const rules::CoveragePoint& point) {
  std::string missing;
  for (const rules::CoveragePoint::Outcome& outcome : point.outcomes) {
    if (!outcome.seen) ((missing += missing.empty() ? "never " : ", never ") += outcome.name);
  }
  return missing;
}

void append_json(JsonWriter& json, const std::string& file, const CoverageReport& report) {
  json.begin_object().field("file", file).field("seen", report.count.seen).field("of", report.count.of);
  json.key("percent").raw(fmt::format("{}.{}", report.count.tenths() / 10, report.count.tenths() % 10));
  json.key("points").begin_array();
  for (const rules::CoveragePoint& point : report.points) {
    json.begin_object().field("line", point.place.line).field("column", point.place.column);
    json.field("rule", point.rule).field("text", point.text).key("outcomes").begin_object();
    for (const rules::CoveragePoint::Outcome& outcome : point.outcomes) json.field(outcome.name, outcome.seen);
    json.end_object().end_object();
  }
  json.end_array().end_object();
}

std::string text_report(const CoverageReport& report) {
  struct Row {
    std::string rule;
    rules::CoverageCount count;
    std::string missing;
  };
  std::vector<Row> rows;
  for (const rules::CoveragePoint& point : report.points) {
    auto row = std::ranges::find(rows, point.rule, &Row::rule);
    if (row == rows.end()) row = rows.insert(rows.end(), Row{point.rule, {}, {}});
    row->count.add(point);
    if (const std::string missing = missing_text(point); !missing.empty()) {
      row->missing += fmt::format("    {}:{}:{}: `{}` {}\n", point.place.file, point.place.line, point.place.column,
                                  point.text, missing);
    }
  }
  std::size_t width = 4;
  for (const Row& row : rows) width = std::max(width, row.rule.size());
  std::string out = fmt::format("  {:<{}}  REACHED\n", "RULE", width);
  for (const Row& row : rows) {
    out += fmt::format("  {:<{}}  {} of {}\n{}", row.rule, width, row.count.seen, row.count.of, row.missing);
  }
  return out + fmt::format("coverage: {}, {} of {}{}\n", percent(report.count), report.count.seen, report.count.of,
                           report.too_low ? ": too low" : "");
}

}  // namespace tocsin::app
