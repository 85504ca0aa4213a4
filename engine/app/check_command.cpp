#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "connectors/sources/decoders.h"
#include "engine/app/against.h"
#include "engine/app/command.h"
#include "engine/app/read_input.h"
#include "engine/app/rule_files.h"
#include "rules/load.h"
#include "rules/tools/rule_cost.h"

namespace tocsin::app {
namespace {

struct CheckFlags {
  std::vector<std::string> paths;
  std::string format = "text";
  bool costs = false;
  std::string against;
};

/// An array of JSON texts, a line each.
template <typename T>
void print_array(const std::vector<T>& all, std::string_view after) {
  std::cout << "[";
  const char* separator = "\n";
  for (const T& one : all) {
    std::cout << separator << rules::to_json(one);
    separator = ",\n";
  }
  std::cout << (all.empty() ? "]" : "\n]") << after;
}

/// Findings; with costs an object that has both.
void print_json(const rules::Loaded& loaded, bool costs) {
  if (!costs) return print_array(loaded.diagnostics, "\n");
  std::cout << "{\"findings\": ";
  print_array(loaded.diagnostics, ",\n");
  std::cout << "\"costs\": ";
  print_array(loaded.rules ? rules::costs_of(*loaded.rules) : std::vector<rules::RuleCost>{}, "}\n");
}

int fail(const std::string& trouble) {
  std::cerr << "tocsin check: " << trouble << "\n";
  return kMisuse;
}

/// What the rules make of the alerts of a file.
int decide_on(const std::string& path, const rules::RuleSetPtr& rules, bool json) {
  std::string text;
  std::string trouble;
  if (!read_input(path, text, trouble)) return fail(trouble);
  std::string body = alerts_body(text, trouble);
  if (body.empty()) return fail(path + ": " + trouble);
  const std::size_t size = body.size();
  body.resize(size + SourceDecoder::kBodyPadding);
  const auto decoders = make_decoders();
  AlertBatch batch;
  batch.source = "alertmanager";
  const auto decoded =
      decoders->find(batch.source)->decode(std::string_view{body.data(), size}, published_key(), batch);
  if (!decoded && batch.refused.empty()) return fail(path + ": " + decoded.error().message);
  for (const RefusedAlert& refused : batch.refused)
    std::cerr << path << ": alert " << refused.error.index + 1 << ": " << refused.error.message << "\n";
  const std::vector<Decision> decisions = decide(rules, batch);
  std::cout << (json ? decisions_json(decisions) : decisions_text(decisions));
  return batch.refused.empty() ? kOk : kFindings;
}

int check(const CheckFlags& flags) {
  std::vector<rules::SourceFile> files;
  std::string trouble;
  if (flags.paths.empty() && flags.against.empty()) return fail("a PATH of rule files is required");
  if (!read_rule_files(flags.paths, files, trouble)) return fail(trouble);
  TableFiles tables;
  const rules::Loaded loaded = rules::load(files, tables);
  if (loaded.rules && !flags.against.empty()) return decide_on(flags.against, loaded.rules, flags.format == "json");
  const auto is_error = [](const rules::Diagnostic& d) { return d.level == rules::DiagnosticLevel::error; };
  const auto errors = std::ranges::count_if(loaded.diagnostics, is_error);
  const auto warnings = std::ranges::ssize(loaded.diagnostics) - errors;
  if (flags.format == "json") {
    print_json(loaded, flags.costs);
  } else {
    const bool colour = wants_colour(STDOUT_FILENO);
    if (flags.costs && loaded.rules) {
      for (const rules::RuleCost& cost : rules::costs_of(*loaded.rules)) std::cout << rules::to_text(cost) << "\n";
    }
    for (const rules::Diagnostic& diagnostic : loaded.diagnostics)
      std::cout << rules::to_text(diagnostic, colour) << "\n";
    std::cout << files.size() << (files.size() == 1 ? " file, " : " files, ") << errors
              << (errors == 1 ? " error, " : " errors, ") << warnings << (warnings == 1 ? " warning\n" : " warnings\n");
  }
  return errors == 0 ? kOk : kFindings;
}

}  // namespace

void add_check(CLI::App& program, Action& action) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App* command = program.add_subcommand("check", "find mistakes in rule files, all at once");
  command->description(
      "Reads rule files as `tocsin run` would and prints every mistake with its place.\n"
      "Exit code: 0 no errors (there may be warnings), 1 errors, 2 a file cannot be read.");
  command->add_option("PATH", flags->paths,
                      "rule files, or folders of them; with --against the built-in rules where none is given");
  command->add_option(
      "--against", flags->against,
      "alerts, as a JSON array or one object a line (`-`: standard input): a table of what the rules make "
      "of each, alone");
  command->add_option("--format", flags->format, "text for people, json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--costs", flags->costs, "what rules that remember keys cost: bytes a key, keys, work per alert");
  command->callback([flags, &action] { action = [flags] { return check(*flags); }; });
}

}  // namespace tocsin::app
