#include <algorithm>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "connectors/sources/decoders.h"
#include "engine/app/command.h"
#include "engine/app/rule_files.h"
#include "engine/core/story_run.h"
#include "engine/model/json_writer.h"

namespace tocsin::app {
namespace {

struct TestFlags {
  std::vector<std::string> paths;
  std::string format = "text";
  std::string only;
};

void print_indented(const std::string& text, const char* indent) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) std::cout << indent << line << "\n";
}

void print(const StoryResult& result, bool colour) {
  const char* good = colour ? "\033[32mpassed\033[0m" : "passed";
  const char* bad = colour ? "\033[31mFAILED\033[0m" : "FAILED";
  std::cout << (result.passed() ? good : bad) << "  " << result.name << "\n";
  for (const StoryFailure& failure : result.failures) {
    std::cout << "  " << failure.place.file << ":" << failure.place.line << ":" << failure.place.column << ": "
              << failure.message << "\n";
    if (!failure.expected.empty()) std::cout << "    expected: " << failure.expected << "\n";
    if (!failure.found.empty()) {
      std::cout << "    found:\n";
      print_indented(failure.found, "      ");
    }
    if (!failure.because.empty()) {
      std::cout << "    because:\n";
      print_indented(failure.because, "      ");
    }
  }
}

void append_json(std::string& out, const StoryResult& result) {
  JsonWriter json(out);
  json.begin_object().field("name", result.name).field("file", result.place.file).field("line", result.place.line);
  json.field("passed", result.passed()).key("failures").begin_array();
  for (const StoryFailure& failure : result.failures) {
    json.begin_object().field("line", failure.place.line).field("column", failure.place.column);
    json.field("message", failure.message).field("expected", failure.expected);
    json.field("found", failure.found).field("because", failure.because).end_object();
  }
  json.end_array().end_object();
}

/// One file with its own rules: a file's tests speak of that file.
rules::Loaded load_alone(const rules::SourceFile& file) {
  TableFiles tables;
  return rules::load({file}, tables);
}

int test(const TestFlags& flags) {
  std::vector<rules::SourceFile> files;
  std::string trouble;
  if (!read_rule_files(flags.paths, files, trouble)) {
    std::cerr << "tocsin test: " << trouble << "\n";
    return kMisuse;
  }
  const bool json = flags.format == "json";
  const bool colour = wants_colour(STDOUT_FILENO);
  const auto decoders = make_decoders();
  const BodyDecoder decode = [&](std::string_view source, std::string_view body, const HashKey& key,
                                 AlertBatch& batch) -> Result<void> {
    SourceDecoder* decoder = decoders->find(source);
    if (decoder == nullptr) return refuse(Refusal::unknown_source, "no source is called `" + std::string(source) + "`");
    return decoder->decode(body, key, batch);
  };

  std::size_t passed = 0;
  std::size_t failed = 0;
  bool unreadable = false;
  std::string report = "[";
  for (const rules::SourceFile& file : files) {
    const rules::Loaded loaded = load_alone(file);
    for (const rules::Diagnostic& diagnostic : loaded.diagnostics) {
      if (diagnostic.level != rules::DiagnosticLevel::error) continue;
      unreadable = true;
      std::cerr << rules::to_text(diagnostic, wants_colour(STDERR_FILENO)) << "\n";
    }
    if (!loaded.rules) continue;
    if (!json) std::cout << file.name << "\n";
    for (const rules::Story& story : loaded.stories) {
      if (!flags.only.empty() && story.name.find(flags.only) == std::string::npos) continue;
      const StoryResult result = run_story(story, loaded.rules, decode);
      ++(result.passed() ? passed : failed);
      if (json) {
        report += report.size() == 1 ? "\n" : ",\n";
        append_json(report, result);
      } else {
        print(result, colour);
      }
    }
  }
  if (json) {
    std::cout << report << "\n]\n";
  } else {
    std::cout << passed << " passed, " << failed << " failed\n";
  }
  return failed == 0 && !unreadable ? kOk : kFindings;
}

}  // namespace

void add_test(CLI::App& program, Action& action) {
  auto flags = std::make_shared<TestFlags>();
  CLI::App* command = program.add_subcommand("test", "run the tests inside rule files");
  command->description(
      "Tells each story under `tests:` to the rules of its file on a virtual clock; nothing sleeps.\n"
      "A failure names the step, what was expected, what was there, and how it came about.\n"
      "Exit code: 0 all passed, 1 a test failed or a file has errors, 2 a file cannot be read.");
  command->add_option("PATH", flags->paths, "rule files, or folders of them")->required();
  command->add_option("--format", flags->format, "text for people, json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_option("--only", flags->only, "only tests whose name holds this text");
  command->callback([flags, &action] { action = [flags] { return test(*flags); }; });
}

}  // namespace tocsin::app
