#include <chrono>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "connectors/sources/decoders.h"
#include "engine/app/command.h"
#include "engine/app/read_input.h"
#include "engine/app/rule_files.h"
#include "engine/core/conditions/categorise.h"
#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"
#include "rules/load.h"
#include "rules/set/rule_index.h"
#include "rules/tools/trial.h"

namespace tocsin::app {
namespace {

struct EvalFlags {
  std::string expression;
  std::string alert;
  std::vector<std::string> rules;
  std::string at;
  std::string format = "text";
};

int misuse(const std::string& what) {
  std::cerr << "tocsin eval: " << what << "\n";
  return kMisuse;
}

/// Alertmanager's API takes a list; one alert without the brackets is what people have at hand.
std::string as_list(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{' ? "[" + text + "]" : text;
}

/// One body of alerts and what its texts live in.
struct Decoded {
  std::string body;
  std::unique_ptr<DecoderSet> decoders = make_decoders();
  AlertBatch batch;
};

/// Empty, or what is wrong with the first alert of the text.
std::string decode(const std::string& text, Decoded& out) {
  out.body = as_list(text);
  const std::size_t size = out.body.size();
  out.body.resize(size + SourceDecoder::kBodyPadding);
  out.batch.source = "alertmanager";
  SourceDecoder& decoder = *out.decoders->find(out.batch.source);
  const auto told = [](const Error& error) {
    const std::string_view what = error.code == Refusal::malformed ? "this is no JSON: " : "";
    return std::string{what} + error.message + (error.pointer.empty() ? "" : " at " + error.pointer);
  };
  const auto decoded = decoder.decode(std::string_view{out.body.data(), size}, published_key(), out.batch);
  if (!decoded) return told(decoded.error());
  for (const RefusedAlert& refused : out.batch.refused) {
    if (refused.error.index == 0) return told(refused.error);
  }
  return out.batch.alerts.empty() ? "there is no alert in it" : "";
}

int print_mistakes(const rules::Diagnostics& diagnostics, bool json) {
  if (json) {
    const char* separator = "";
    std::cout << "{\"errors\":[";
    for (const rules::Diagnostic& diagnostic : diagnostics) {
      std::cout << separator << rules::to_json(diagnostic);
      separator = ",";
    }
    std::cout << "]}\n";
  } else {
    for (const rules::Diagnostic& diagnostic : diagnostics) {
      std::cerr << rules::to_text(diagnostic, wants_colour(STDERR_FILENO)) << "\n";
    }
  }
  return kFindings;
}

int print(const rules::Trial& trial, const rules::TrialValue& value, bool json) {
  if (json) {
    std::string out;
    JsonWriter writer(out);
    writer.begin_object().field("type", trial.type());
    if (value.fault.empty()) {
      writer.key("value").raw(value.json);
    } else {
      writer.field("fault", value.fault);
    }
    writer.end_object();
    std::cout << out << "\n";
  } else if (value.fault.empty()) {
    std::cout << "type:  " << trial.type() << "\nvalue: " << value.text << "\n";
  } else {
    std::cerr << "tocsin eval: it has no value on this alert: " << value.fault
              << "; a condition counts as false then, a `set` sets nothing\n";
  }
  return value.fault.empty() ? kOk : kFindings;
}

int eval(const EvalFlags& flags) {
  std::vector<rules::SourceFile> files;
  std::string text;
  std::string trouble;
  if (!read_rule_files(flags.rules, files, trouble) || !read_input(flags.alert, text, trouble)) return misuse(trouble);
  Instant at = from_unix_ns(std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds{1});
  if (!flags.at.empty()) {
    const auto said = parse_rfc3339(flags.at);
    if (!said) return misuse("--at: `" + flags.at + "` is no instant such as 2026-03-28T23:00:00Z");
    at = *said;
  }
  TableFiles tables;
  const rules::Loaded loaded = rules::load(files, tables);
  if (!loaded.rules) {
    print_mistakes(loaded.diagnostics, false);
    return misuse("the rules have errors; `tocsin check` shows them again");
  }
  Decoded decoded;
  if (const std::string wrong = decode(text, decoded); !wrong.empty()) return misuse(flags.alert + ": " + wrong);

  const bool json = flags.format == "json";
  const auto trial = rules::Trial::compile(flags.expression, files, tables);
  if (!trial) return print_mistakes(trial.error(), json);
  Arena scratch;
  CategorisedAlert alert;
  rules::RuleMemo memo(loaded.rules);
  normalise(memo, decoded.batch.alerts.front(), decoded.batch.source, decoded.batch.tenant, at, at, scratch, alert);
  categorise(memo, scratch, alert);
  return print(*trial, trial->evaluate(alert.facts), json);
}

}  // namespace

void add_eval(CLI::App& program, Action& action) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = program.add_subcommand("eval", "try an expression on an alert");
  command->description(
      "Evaluates an expression as a condition of a rule would be: on the alert after the phases normalise and "
      "severity\n"
      "of the rules. Prints its type and its value; a mistake in it is shown with its place.\n"
      "\n"
      "  tocsin eval 'severity >= error && service.startsWith(\"pay\")' --alert alert.json\n"
      "  echo '{\"labels\": {\"alertname\": \"Down\", \"instance\": \"db1:9100\"}}' | tocsin eval host --alert -\n"
      "\n"
      "Exit code: 0 it has a value, 1 the expression is wrong or has no value, 2 a file cannot be read or has errors.");
  command->add_option("EXPR", flags->expression, "the expression, in quotes")->required();
  command
      ->add_option(
          "--alert", flags->alert,
          "file with {labels, annotations, …} as for Alertmanager's API, or a list of them (the first counts);\n"
          "- for standard input")
      ->required();
  command->add_option("--rules", flags->rules,
                      "rule file or folder of them; may be repeated (default: the built-in rules)");
  command->add_option("--at", flags->at, "when the alert arrives, such as 2026-03-28T23:00:00Z (default: now)");
  command->add_option("--format", flags->format, "text for people, json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return eval(*flags); }; });
}

}  // namespace tocsin::app
