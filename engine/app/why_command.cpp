#include <iostream>

#include <CLI/CLI.hpp>

#include "connectors/sources/decoders.h"
#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/terminal_text.h"
#include "engine/model/time_text.h"
#include "engine/runtime/explain/explain_run.h"
#include "engine/runtime/journal/local_storage.h"

namespace tocsin::app {
namespace {

struct WhyFlags {
  std::string what;  // the subcommand
  std::string incident;
  std::string data = "tocsin-data";
  EngineAddress engine{.server = {}, .token_file = {}};  // no server: the data folder
  std::string format = "text";
};

struct WhyNotFlags : WhyFlags {
  std::vector<std::string> matchers;
  std::string at;
};

int complain(const WhyFlags& flags, const std::string& sentence, int code) {
  std::cerr << "tocsin " << flags.what << ": " << sentence << "\n";
  return code;
}

std::string written(const WhyFlags& flags, const IncidentReport& report) {
  if (flags.what == "why") return flags.format == "json" ? why_json(report) + "\n" : why_text(report);
  if (flags.format == "markdown") return timeline_markdown(report);
  return flags.format == "json" ? timeline_json(report) + "\n" : timeline_text(report);
}

/// Titles and labels are strangers'.
void print(const WhyFlags& flags, std::string_view text) {
  if (flags.format == "json") {
    std::cout << text << (text.ends_with('\n') ? "" : "\n");
    return;
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::cout << for_terminal(text.substr(0, end)) << "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

int ask_server(const WhyFlags& flags) {
  const char* part = flags.what == "why" ? "explain" : "timeline";
  const auto answer = http_get(
      flags.engine, "/v1/incidents/" + percent_encoded(flags.incident) + "/" + part + "?format=" + flags.format);
  if (!answer) return complain(flags, answer.error().message, answer.error().is_misuse ? kMisuse : kFindings);
  print(flags, *answer);
  return kOk;
}

int explain(const WhyFlags& flags) {
  if (!flags.engine.server.empty()) return ask_server(flags);
  auto journal = open_local_journal_for_reading(flags.data);
  if (!journal) return complain(flags, journal.error().message, kFindings);
  const auto decoders = make_decoders();
  const auto report = explain_incident(**journal, *decoders, flags.incident);
  if (!report) {
    return complain(flags, flags.incident + ": " + report.error().message,
                    report.error().code == Refusal::storage_failed ? kFindings : kMisuse);
  }
  print(flags, written(flags, *report));
  return kOk;
}

int explain_missing(const WhyNotFlags& flags) {
  Instant until = kNever;
  if (!flags.at.empty()) {
    const auto said = parse_rfc3339(flags.at);
    if (!said || *said == kUnset)
      return complain(flags, "--at: `" + flags.at + "` is no instant such as 2026-03-28T23:00:00Z", kMisuse);
    until = *said;
  }
  if (!flags.engine.server.empty()) {
    std::string all;
    for (const std::string& matcher : flags.matchers) (all += all.empty() ? "" : ",") += matcher;
    std::string path = "/v1/explain?format=" + flags.format + "&match=" + percent_encoded(all);
    if (!flags.at.empty()) path += "&at=" + percent_encoded(flags.at);
    const auto answer = http_get(flags.engine, path);
    if (!answer) return complain(flags, answer.error().message, answer.error().is_misuse ? kMisuse : kFindings);
    print(flags, *answer);
    return kOk;
  }
  auto journal = open_local_journal_for_reading(flags.data);
  if (!journal) return complain(flags, journal.error().message, kFindings);
  const auto decoders = make_decoders();
  const auto report = explain_alerts(**journal, *decoders, flags.matchers, until);
  if (!report)
    return complain(flags, report.error().message,
                    report.error().code == Refusal::storage_failed ? kFindings : kMisuse);
  print(flags, flags.format == "json" ? why_not_json(*report) : why_not_text(*report));
  return kOk;
}

void add_flags(CLI::App* command, const std::shared_ptr<WhyFlags>& flags, std::vector<std::string> formats) {
  command->add_option("INCIDENT", flags->incident, "its id, the beginning of one, or its number in order of opening")
      ->required();
  command->add_option("--data", flags->data, "data folder, whose journal is replayed; also while an engine has it")
      ->capture_default_str();
  add_engine_flags(*command, flags->engine);
  command->add_option("--format", flags->format, "how to write it")
      ->check(CLI::IsMember(std::move(formats)))
      ->capture_default_str();
}

}  // namespace

void add_why(CLI::App& program, Action& action) {
  auto flags = std::make_shared<WhyFlags>();
  flags->what = "why";
  CLI::App* command = program.add_subcommand("why", "why an incident is there, has its priority, is told to whom");
  command->description(
      "Says of an incident which rule opened it, at which file and line, which condition held with which values; why\n"
      "its alerts have their severity and priority, what raised it, what was held back, who is told by which route, "
      "and\n"
      "which condition keeps the others from being told. Worked out from the journal: a replay of it, with the rules "
      "of\n"
      "then.\n"
      "Exit code: 0, 1 the journal cannot be read or the engine does not answer, 2 there is no such incident.");
  add_flags(command, flags, {"text", "json"});
  command->callback([flags, &action] { action = [flags] { return explain(*flags); }; });
}

void add_why_not(CLI::App& program, Action& action) {
  auto flags = std::make_shared<WhyNotFlags>();
  flags->what = "why-not";
  CLI::App* command = program.add_subcommand("why-not", "why an alert is in no incident, or its incident not told");
  command->description(
      "Says of alerts what became of them and why not more: which condition of which group rule failed with which "
      "value,\n"
      "who holds them back and until when, by how much they were late, which count they fell short of, and to whom "
      "their\n"
      "incident is not told. If none was heard: which alerts come near, and what was refused.\n"
      "\n"
      "  tocsin why-not 'alertname=\"DiskFull\"'\n"
      "  tocsin why-not alertname=DiskFull 'service=~\"pay.*\"' --at 2026-03-28T23:00:00Z\n"
      "\n"
      "Worked out from the journal. Exit code: 0, 1 the journal cannot be read or the engine does not answer, 2 the\n"
      "matchers are wrong.");
  command
      ->add_option("MATCHER", flags->matchers,
                   "as Alertmanager's, on labels and on fields such as service, host, severity; all must hold")
      ->required();
  command->add_option("--at", flags->at, "as things stood then (default: at the end of the journal)");
  command->add_option("--data", flags->data, "data folder, whose journal is replayed; also while an engine has it")
      ->capture_default_str();
  add_engine_flags(*command, flags->engine);
  command->add_option("--format", flags->format, "how to write it")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([flags, &action] { action = [flags] { return explain_missing(*flags); }; });
}

void add_timeline(CLI::App& program, Action& action) {
  auto flags = std::make_shared<WhyFlags>();
  flags->what = "timeline";
  CLI::App* command = program.add_subcommand("timeline", "everything that happened to an incident, in order");
  command->description(
      "Writes all of an incident in order: alerts, what was held back, decisions, revisions, what people did; with "
      "the\n"
      "instants of receipt and, where a source says another, of the event. `--format markdown` is what a review "
      "starts\n"
      "from. Worked out from the journal.\n"
      "Exit code: 0, 1 the journal cannot be read or the engine does not answer, 2 there is no such incident.");
  add_flags(command, flags, {"text", "json", "markdown"});
  command->callback([flags, &action] { action = [flags] { return explain(*flags); }; });
}

}  // namespace tocsin::app
