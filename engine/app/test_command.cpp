#include <algorithm>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "connectors/sources/decoders.h"
#include "engine/app/command.h"
#include "engine/app/rule_files.h"
#include "engine/app/test_report.h"
#include "engine/core/story_run.h"

namespace tocsin::app {
namespace {

struct TestFlags {
  std::vector<std::string> paths;
  std::string format = "text";
  std::string only;
};

/// One file with its own rules: a file's tests speak of that file.
FileReport test_alone(const rules::SourceFile& file, const TestFlags& flags, const BodyDecoder& decode) {
  TableFiles tables;
  const rules::Loaded loaded = rules::load({file}, tables);
  FileReport report;
  report.file = file.name;
  if (!loaded.rules) {
    std::ranges::copy_if(loaded.diagnostics, std::back_inserter(report.errors),
                         [](const rules::Diagnostic& d) { return d.level == rules::DiagnosticLevel::error; });
    return report;
  }
  for (const rules::Story& story : loaded.stories) {
    if (!flags.only.empty() && story.name.find(flags.only) == std::string::npos) continue;
    report.stories.push_back(run_story(story, loaded.rules, decode));
  }
  return report;
}

int test(const TestFlags& flags) {
  std::vector<rules::SourceFile> files;
  std::string trouble;
  if (!read_rule_files(flags.paths, files, trouble)) {
    std::cerr << "tocsin test: " << trouble << "\n";
    return kMisuse;
  }
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
  std::vector<FileReport> reports;
  for (const rules::SourceFile& file : files) {
    const FileReport& report = reports.emplace_back(test_alone(file, flags, decode));
    for (const rules::Diagnostic& error : report.errors) {
      std::cerr << rules::to_text(error, wants_colour(STDERR_FILENO)) << "\n";
    }
    unreadable |= !report.errors.empty();
    for (const StoryResult& result : report.stories) ++(result.passed() ? passed : failed);
    if (flags.format == "text") std::cout << text_report(report, wants_colour(STDOUT_FILENO));
  }
  if (flags.format == "json") {
    std::cout << json_report(reports);
  } else if (flags.format == "junit") {
    std::cout << junit_report(reports);
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
  command->add_option("--format", flags->format, "text for people, json for programs, junit for CI servers")
      ->check(CLI::IsMember({"text", "json", "junit"}))
      ->capture_default_str();
  command->add_option("--only", flags->only, "only tests whose name holds this text");
  command->callback([flags, &action] { action = [flags] { return test(*flags); }; });
}

}  // namespace tocsin::app
