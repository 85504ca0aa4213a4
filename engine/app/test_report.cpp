#include "engine/app/test_report.h"

#include <algorithm>
#include <sstream>

#include "engine/model/json_writer.h"

namespace tocsin::app {
namespace {

void append_indented(std::string& out, const std::string& text, const char* indent) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) ((out += indent) += line) += '\n';
}

std::string place_of(const rules::Place& place) {
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

void append_text(std::string& out, const StoryFailure& failure) {
  out += "  " + place_of(failure.place) + ": " + failure.message + "\n";
  if (!failure.expected.empty()) out += "    expected: " + failure.expected + "\n";
  if (!failure.found.empty()) {
    out += "    found:\n";
    append_indented(out, failure.found, "      ");
  }
  if (!failure.because.empty()) {
    out += "    because:\n";
    append_indented(out, failure.because, "      ");
  }
}

void append_json(JsonWriter& json, const StoryResult& result) {
  json.begin_object().field("name", result.name).field("file", result.place.file).field("line", result.place.line);
  json.field("passed", result.passed()).key("failures").begin_array();
  for (const StoryFailure& failure : result.failures) {
    json.begin_object().field("line", failure.place.line).field("column", failure.place.column);
    json.field("message", failure.message).field("expected", failure.expected);
    json.field("found", failure.found).field("because", failure.because).end_object();
  }
  json.end_array().end_object();
}

/// Bytes of the character that begins `text` when XML 1.0 cannot hold it (§2.2), or 0.
std::size_t forbidden_length(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return 1;
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF") ? 3 : 0;
}

/// For content and for attributes in double quotes: there, white space must be written as references to be kept.
void append_xml(std::string& out, std::string_view text, bool is_attribute) {
  while (!text.empty()) {
    std::size_t length = forbidden_length(text);
    if (length > 0) {
      out += "\xEF\xBF\xBD";
    } else {
      length = 1;
      switch (text.front()) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':  // `]]>` must not stand in content
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        case '\r':
          out += "&#13;";
          break;
        case '\n':
        case '\t':
          out += !is_attribute ? text.substr(0, 1) : text.front() == '\n' ? "&#10;" : "&#9;";
          break;
        default:
          out += text.front();
      }
    }
    text.remove_prefix(length);
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  ((out += ' ') += name) += "=\"";
  append_xml(out, value, true);
  out += '"';
}

void append_attribute(std::string& out, std::string_view name, std::size_t value) {
  append_attribute(out, name, std::to_string(value));
}

/// `<TAG message="…">text</TAG>`.
void append_finding(std::string& out, const char* tag, const std::string& message, const std::string& text) {
  (out += "      <") += tag;
  append_attribute(out, "message", message);
  out += '>';
  append_xml(out, text, false);
  ((out += "</") += tag) += ">\n";
}

void append_case(std::string& out, const std::string& file, const StoryResult& result) {
  out += "    <testcase";
  append_attribute(out, "name", result.name);
  append_attribute(out, "classname", file);
  append_attribute(out, "file", result.place.file);
  append_attribute(out, "line", result.place.line);
  out += result.passed() ? "/>\n" : ">\n";
  if (result.passed()) return;
  for (const StoryFailure& failure : result.failures) {
    std::string text;
    append_text(text, failure);
    append_finding(out, "failure", failure.message, text);
  }
  out += "    </testcase>\n";
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;

  void add(const FileReport& report) {
    const std::size_t unreadable = report.errors.empty() ? 0 : 1;
    tests += report.stories.size() + unreadable;
    errors += unreadable;
    for (const StoryResult& result : report.stories) failures += result.passed() ? 0U : 1U;
    tests += (report.coverage ? 1U : 0U) + (report.mutants ? 1U : 0U);
    if (report.coverage && report.coverage->too_low) ++failures;
    if (report.mutants && !report.mutants->is_clean()) ++failures;
  }
  void append(std::string& out) const {
    append_attribute(out, "tests", tests);
    append_attribute(out, "failures", failures);
    append_attribute(out, "errors", errors);
  }
};

/// `<testcase name="NAME" …>findings</testcase>`.
void append_named_case(std::string& out, const std::string& file, const char* name, const std::string& findings) {
  out += "    <testcase";
  append_attribute(out, "name", name);
  append_attribute(out, "classname", file);
  (out += ">\n") += findings;
  out += "    </testcase>\n";
}

void append_coverage(std::string& out, const FileReport& report) {
  std::string findings;
  const std::string text = text_report(*report.coverage);
  if (report.coverage->too_low) {
    append_finding(findings, "failure", percent(report.coverage->count) + " is too low", text);
  } else {
    append_xml(findings += "      <system-out>", text, false);
    findings += "</system-out>\n";
  }
  append_named_case(out, report.file, "coverage", findings);
}

void append_mutants(std::string& out, const FileReport& report) {
  std::string findings;
  for (const rules::Mutant& mutant : report.mutants->survivors) {
    append_finding(findings, "failure", "`" + mutant.name + "` survived", place_of(mutant.place));
  }
  for (const MutationReport::Unused& unused : report.mutants->unused) {
    append_finding(findings, "failure", unused.message, place_of(unused.place));
  }
  append_named_case(out, report.file, "mutants", findings);
}

void append_suite(std::string& out, const FileReport& report) {
  Counts counts;
  counts.add(report);
  out += "  <testsuite";
  append_attribute(out, "name", report.file);
  counts.append(out);
  out += ">\n";
  if (!report.errors.empty()) {
    out += "    <testcase";
    append_attribute(out, "name", "the file loads");
    append_attribute(out, "classname", report.file);
    out += ">\n";
    for (const rules::Diagnostic& error : report.errors) {
      append_finding(out, "error", error.message, rules::to_text(error, false));
    }
    out += "    </testcase>\n";
  }
  for (const StoryResult& result : report.stories) append_case(out, report.file, result);
  if (report.coverage) append_coverage(out, report);
  if (report.mutants) append_mutants(out, report);
  out += "  </testsuite>\n";
}

}  // namespace

std::string text_report(const FileReport& report, bool colour) {
  std::string out;
  if (!report.errors.empty()) return out;
  out += report.file + "\n";
  for (const StoryResult& result : report.stories) {
    if (result.passed()) {
      out += colour ? "\033[32mpassed\033[0m" : "passed";
    } else {
      out += colour ? "\033[31mFAILED\033[0m" : "FAILED";
    }
    out += "  " + result.name + "\n";
    for (const StoryFailure& failure : result.failures) append_text(out, failure);
  }
  return out;
}

std::string json_report(const std::vector<FileReport>& reports) {
  std::string out;
  JsonWriter json(out);
  const bool has_coverage =
      std::ranges::any_of(reports, [](const FileReport& one) { return one.coverage.has_value(); });
  const bool has_mutants = std::ranges::any_of(reports, [](const FileReport& one) { return one.mutants.has_value(); });
  const bool has_more = has_coverage || has_mutants;
  if (has_more) json.begin_object().key("tests");
  json.begin_array();
  for (const FileReport& report : reports) {
    for (const StoryResult& result : report.stories) append_json(json, result);
  }
  json.end_array();
  if (has_coverage) {
    json.key("coverage").begin_array();
    for (const FileReport& report : reports) {
      if (report.coverage) append_json(json, report.file, *report.coverage);
    }
    json.end_array();
  }
  if (has_mutants) {
    json.key("mutants").begin_array();
    for (const FileReport& report : reports) {
      if (report.mutants) append_json(json, report.file, *report.mutants);
    }
    json.end_array();
  }
  if (has_more) json.end_object();
  return out + "\n";
}

std::string junit_report(const std::vector<FileReport>& reports) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"tocsin test\"";
  Counts counts;
  for (const FileReport& report : reports) counts.add(report);
  counts.append(out);
  out += ">\n";
  for (const FileReport& report : reports) append_suite(out, report);
  return out + "</testsuites>\n";
}

}  // namespace tocsin::app
