#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "engine/app/command.h"
#include "engine/app/read_input.h"
#include "engine/app/rule_files.h"
#include "rules/tools/format.h"

namespace tocsin::app {
namespace {

struct FmtFlags {
  std::vector<std::string> paths;
  bool check = false;
};

/// Beside the file and then in its place, so that a crash leaves the one or the other. A link stays a link.
bool replace(const std::string& name, const std::string& bytes) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path target = fs::canonical(name, error);
  if (error) return false;
  const fs::path fresh = target.string() + ".tocsin-fmt";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << bytes;
    out.close();
    if (!out) return false;
  }
  fs::permissions(fresh, fs::status(target, error).permissions(), error);
  if (!error) fs::rename(fresh, target, error);
  if (!error) return true;
  std::error_code ignored;
  fs::remove(fresh, ignored);
  return false;
}

int misuse(const std::string& what) {
  std::cerr << "tocsin fmt: " << what << "\n";
  return kMisuse;
}

void tell(const rules::Diagnostics& diagnostics) {
  for (const rules::Diagnostic& diagnostic : diagnostics) {
    std::cerr << rules::to_text(diagnostic, wants_colour(STDERR_FILENO)) << "\n";
  }
}

/// From standard input to standard output, as editors want it. Nothing is written when it is refused.
int filter(bool check) {
  std::string text;
  std::string trouble;
  if (!read_input("-", text, trouble)) return misuse(trouble);
  const auto formatted = rules::format({"-", text});
  if (!formatted) {
    tell(formatted.error());
    return kFindings;
  }
  if (check) return *formatted == text ? kOk : kFindings;
  std::cout << *formatted;
  return kOk;
}

int fmt(const FmtFlags& flags) {
  if (std::ranges::find(flags.paths, "-") != flags.paths.end()) {
    return flags.paths.size() == 1 ? filter(flags.check) : misuse("`-` is standard input and goes alone");
  }
  std::vector<rules::SourceFile> files;
  std::string trouble;
  if (!read_rule_files(flags.paths, files, trouble)) return misuse(trouble);
  std::size_t changed = 0;
  bool refused = false;
  for (const rules::SourceFile& file : files) {
    const auto formatted = rules::format(file);
    if (!formatted) {
      refused = true;
      tell(formatted.error());
      continue;
    }
    if (*formatted == file.bytes) continue;
    ++changed;
    if (!flags.check && !replace(file.name, *formatted)) {
      return misuse(file.name + ": cannot be written");
    }
    std::cout << file.name << "\n";
  }
  return refused || (flags.check && changed > 0) ? kFindings : kOk;
}

}  // namespace

void add_fmt(CLI::App& program, Action& action) {
  auto flags = std::make_shared<FmtFlags>();
  CLI::App* command = program.add_subcommand("fmt", "bring the white space of rule files in order");
  command->description(
      "Formats rule files in place and prints the names of those that changed: two spaces a level, `{a: b, c: d}`,\n"
      "no space at the end of lines, one blank line at most. Comments, quotes, line breaks and the order of keys "
      "stay.\n"
      "A file whose meaning could change is left as it is, and said so.\n"
      "\n"
      "  tocsin fmt rules/            in place, prints what changed\n"
      "  tocsin fmt --check rules/    for CI: changes nothing, exit code 1 when something would change\n"
      "  tocsin fmt -                 from standard input to standard output, for editors\n"
      "\n"
      "Exit code: 0 all files are in order, 1 a file is no YAML, or with --check a file would change,\n"
      "2 a file cannot be read or written.");
  command->add_option("PATH", flags->paths, "rule files, or folders of them; - for standard input")->required();
  command->add_flag("--check", flags->check, "change nothing, name the files that would change");
  command->callback([flags, &action] { action = [flags] { return fmt(*flags); }; });
}

}  // namespace tocsin::app
