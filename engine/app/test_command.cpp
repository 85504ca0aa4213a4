#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "connectors/sources/decoders.h"
#include "engine/app/command.h"
#include "engine/app/rule_files.h"
#include "engine/app/test_report.h"
#include "engine/story/story_run.h"

namespace tocsin::app {
namespace {

struct TestFlags {
  std::vector<std::string> paths;
  std::vector<std::string> with;
  std::string format = "text";
  std::string only;
  bool coverage = false;
  unsigned coverage_min = 0;  // percent
  bool mutate = false;
};

/// Tells on standard error how far the mutants are, once that takes over a second, and once a second from then on.
class Progress {
 public:
  explicit Progress(std::string file) : file_(std::move(file)) {}

  void operator()(std::size_t done, std::size_t of, std::size_t survived) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < std::chrono::seconds{1}) return;
    told_ = now;
    std::cerr << file_ << ": " << done << " of " << of << " mutants, " << survived << " survived\n";
  }

 private:
  std::string file_;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

/// One file with its own rules, after those of `before`: a file's tests speak of that file.
FileReport test_alone(const std::vector<rules::SourceFile>& before, const rules::SourceFile& file,
                      const TestFlags& flags, const BodyDecoder& decode) {
  TableFiles tables;
  std::vector<rules::SourceFile> files = before;
  files.push_back(file);
  const rules::Loaded loaded = rules::load(files, tables);
  FileReport report;
  report.file = file.name;
  if (!loaded.rules) {
    std::ranges::copy_if(loaded.diagnostics, std::back_inserter(report.errors),
                         [](const rules::Diagnostic& d) { return d.level == rules::DiagnosticLevel::error; });
    return report;
  }
  std::vector<rules::Story> told;
  for (const rules::Story& story : loaded.stories) {
    if (story.place.file != file.name) continue;
    if (!flags.only.empty() && story.name.find(flags.only) == std::string::npos) continue;
    StoryResult result = run_story(story, loaded.rules, decode);
    if (!result.passed()) result = explain_story(story, loaded.rules, decode);
    report.stories.push_back(std::move(result));
    told.push_back(story);
  }
  if (flags.coverage) {
    report.coverage = run_covered(files, told, tables, decode);
    report.coverage->too_low = report.coverage->count.tenths() < std::size_t{flags.coverage_min} * 10;
  }
  const bool passed = std::ranges::all_of(report.stories, &StoryResult::passed);
  if (flags.mutate && passed) report.mutants = run_mutants(files, told, tables, decode, Progress(file.name));
  return report;
}

int test(const TestFlags& flags) {
  std::vector<rules::SourceFile> files;
  std::vector<rules::SourceFile> before;
  std::string trouble;
  if (!read_rule_files(flags.paths, files, trouble) ||
      (!flags.with.empty() && !read_rule_files(flags.with, before, trouble))) {
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
  bool survived = false;
  bool uncovered = false;
  std::vector<FileReport> reports;
  for (const rules::SourceFile& file : files) {
    const FileReport& report = reports.emplace_back(test_alone(before, file, flags, decode));
    for (const rules::Diagnostic& error : report.errors) {
      std::cerr << rules::to_text(error, wants_colour(STDERR_FILENO)) << "\n";
    }
    unreadable |= !report.errors.empty();
    for (const StoryResult& result : report.stories) ++(result.passed() ? passed : failed);
    if (report.coverage) uncovered |= report.coverage->too_low;
    if (report.mutants) survived |= !report.mutants->is_clean();
    if (flags.format != "text") continue;
    std::cout << text_report(report, wants_colour(STDOUT_FILENO));
    if (report.coverage) std::cout << text_report(*report.coverage);
    if (report.mutants) std::cout << text_report(*report.mutants, file, wants_colour(STDOUT_FILENO));
  }
  if (!flags.only.empty() && passed + failed == 0 && !unreadable) {
    std::cerr << "tocsin test: no test has `" << flags.only << "` in its name\n";
    return kMisuse;
  }
  if (flags.format == "json") {
    std::cout << json_report(reports);
  } else if (flags.format == "junit") {
    std::cout << junit_report(reports);
  } else {
    std::cout << passed << " passed, " << failed << " failed\n";
  }
  return failed == 0 && !unreadable && !survived && !uncovered ? kOk : kFindings;
}

}  // namespace

void add_test(CLI::App& program, Action& action) {
  auto flags = std::make_shared<TestFlags>();
  CLI::App* command = program.add_subcommand("test", "run the tests inside rule files");
  command->description(
      "Tells each story under `tests:` to the rules of its file on a virtual clock; nothing sleeps.\n"
      "A file that changes rules of another (`override`, `exceptions`) is tested after it:\n"
      "\n"
      "  tocsin test --with platform.yaml payments.yaml\n"
      "\n"
      "A failure names the step, what was expected, what was there, and how it came about.\n"
      "\n"
      "--coverage says what no test reached: conditions that never held or never did not, operands of && and ||,\n"
      "arms of ?:, words of severity.map, cells of the matrix, windows that were never exceeded, ends that never "
      "came.\n"
      "Each of these counts once. Rules that come from the built-in file do not count in another.\n"
      "\n"
      "--mutate changes the file in small ways, one at a time: a duration one unit longer or shorter, a count one up "
      "or\n"
      "down, the next severity or priority, a field more or less in `by`, `>=` to `>`, a condition that holds always "
      "or\n"
      "never, two choices in the other order. A change after which all tests still pass survived: no test holds the\n"
      "rule to what it says. Write the missing test, or accept it with a reason, on its line or the one above it (or\n"
      "above what it is part of); the name is that of the report:\n"
      "    # survives: idle 10m -> 11m: nobody can tell\n"
      "\n"
      "Exit code: 0 all is well; 1 a test failed, a file has errors, coverage is below --coverage-min, a mutant "
      "survived\n"
      "or a comment accepts none; 2 a file cannot be read, or --only names no test.");
  command->add_option("PATH", flags->paths, "rule files, or folders of them")->required();
  command->add_option("--format", flags->format, "text for people, json for programs, junit for CI servers")
      ->check(CLI::IsMember({"text", "json", "junit"}))
      ->capture_default_str();
  CLI::Option* with =
      command->add_option("--with", flags->with,
                          "rule file or folder that comes before each PATH, its own tests left out; may be repeated");
  with->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--only", flags->only, "only tests whose name holds this text");
  CLI::Option* coverage =
      command->add_flag("--coverage", flags->coverage, "name the rules and branches that no test reached");
  command->add_option("--coverage-min", flags->coverage_min, "fail when a file's coverage is below this percentage")
      ->check(CLI::Range(0U, 100U))
      ->needs(coverage);
  command->add_flag("--mutate", flags->mutate,
                    "change the rules a little in many ways and name the changes that no test notices");
  command->callback([flags, &action] { action = [flags] { return test(*flags); }; });
}

}  // namespace tocsin::app
