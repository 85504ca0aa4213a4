// What a person does with an incident: ack, resolve, assign, note, split … And signs of life.
#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/send_command.h"
#include "engine/core/commands/command_json.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

struct IncidentFlags {
  SenderFlags sender;
  std::string incident;
  std::vector<std::string> items;  // alerts, roles, labels
  std::int64_t number = 0;
  std::string priority;
  bool undo = false;
  std::string to;
  std::string text;
  std::string span;
  std::uint64_t if_revision = 0;
};

/// `NAME=VALUE` each; false: one is not.
bool read_pairs(const std::vector<std::string>& items, std::vector<std::pair<std::string, std::string>>& pairs) {
  for (const std::string& item : items) {
    const std::size_t at = item.find('=');
    if (at == std::string::npos || at == 0) {
      std::cerr << "tocsin: `" << item << "` is not NAME=VALUE\n";
      return false;
    }
    pairs.emplace_back(item.substr(0, at), item.substr(at + 1));
  }
  std::ranges::sort(pairs);
  return true;
}

/// What only some commands have.
bool read_items(CommandKind kind, const IncidentFlags& flags, Command& command) {
  switch (kind) {
    case CommandKind::split:
    case CommandKind::move:
      command.alerts = flags.items;
      return true;
    case CommandKind::roles:
      return read_pairs(flags.items, command.roles);
    case CommandKind::score:
      command.number = flags.number;
      return true;
    case CommandKind::plan_step: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(flags.to.data(), flags.to.data() + flags.to.size(), number);
      if (error == std::errc{} && end == flags.to.data() + flags.to.size()) {
        command.number = number;
        command.to.clear();
      }
      if (flags.undo) command.on = false;
      return true;
    }
    case CommandKind::priority:
      command.priority = priority_from(flags.priority);
      if (command.priority) return true;
      std::cerr << "tocsin priority: it is P1, P2, P3, P4 or P5\n";
      return false;
    case CommandKind::drill:
      if (flags.undo) command.on = false;
      return true;
    default:
      return true;
  }
}

int send_heartbeat(const IncidentFlags& flags) {
  Command command;
  command.kind = CommandKind::heartbeat;
  command.to = flags.to;
  if (!read_pairs(flags.items, command.labels)) return kMisuse;
  std::string body;
  write_command(command, body);
  const auto answer = http_post(flags.sender.engine, "/v1/commands", body);
  if (answer) return kOk;
  std::cerr << "tocsin heartbeat: " << answer.error().message << "\n";
  return answer.error().is_misuse ? kMisuse : kFindings;
}

void add_heartbeat(CLI::App& program, Action& action) {
  auto flags = std::make_shared<IncidentFlags>();
  CLI::App* command = program.add_subcommand("heartbeat", "say that something is alive");
  command->description(
      "say that something is alive: a rule of the kind absence makes an alert when this stays out.\nSilent when it is "
      "taken. Exit code: 0 when it is, 1 when it is not.");
  command->add_option("NAME", flags->to, "of what; its alertname in rules")->required();
  command->add_option("--label", flags->items, "NAME=VALUE, a label of it; may be given again");
  add_engine_flags(*command, flags->sender.engine);
  command->callback([flags, &action] { action = [flags] { return send_heartbeat(*flags); }; });
}

int send(CommandKind kind, const IncidentFlags& flags) {
  Command command;
  command.kind = kind;
  command.incident = flags.incident;
  command.to = flags.to;
  command.text = flags.text;
  if (flags.if_revision > 0) command.if_revision = flags.if_revision;
  if (!flags.span.empty()) {
    command.span = parse_duration(flags.span);
    if (!command.span) {
      std::cerr << "tocsin " << name_of(kind) << ": --for is a span such as 2h or 30m\n";
      return kMisuse;
    }
  }
  if (!read_items(kind, flags, command)) return kMisuse;
  const std::string path = "/v1/incidents/" + percent_encoded(flags.incident) + "/" + std::string{name_of(kind)};
  return send_command(name_of(kind), flags.sender, path, std::move(command));
}

void add(CLI::App& program, Action& action, CommandKind kind, const char* about) {
  auto flags = std::make_shared<IncidentFlags>();
  std::string word{name_of(kind)};
  std::ranges::replace(word, '_', '-');
  CLI::App* command = program.add_subcommand(word, about);
  command->description(std::string{about} +
                       ".\nExit code: 0 when it is done or was already, 1 when it was refused or not sent.");
  command->add_option("INCIDENT", flags->incident, "its id, the beginning of it, or its number")->required();
  if (kind == CommandKind::assign) command->add_option("WHO", flags->to, "whom")->required();
  if (kind == CommandKind::note) command->add_option("TEXT", flags->text, "what to note")->required();
  if (kind != CommandKind::note) command->add_option("--comment", flags->text, "why");
  if (kind == CommandKind::merge || kind == CommandKind::move)
    command->add_option("INTO", flags->to, "the incident that goes on with it: id, the beginning of it, or number")
        ->required();
  if (kind == CommandKind::split || kind == CommandKind::move)
    command->add_option("ALERT", flags->items, "names or fingerprints of its alerts")->required();
  if (kind == CommandKind::priority) command->add_option("PRIORITY", flags->priority, "P1 to P5")->required();
  if (kind == CommandKind::severity) command->add_option("SEVERITY", flags->to, "one of the rules' scale")->required();
  if (kind == CommandKind::roles)
    command->add_option("ROLE=WHO", flags->items, "such as commander=ana; WHO may be empty: back to the plan")
        ->required();
  if (kind == CommandKind::plan_step) {
    command->add_option("STEP", flags->to, "its number, or the beginning of its text")->required();
    command->add_flag("--undo", flags->undo, "it is not done after all");
  }
  if (kind == CommandKind::drill) command->add_flag("--undo", flags->undo, "it is none after all");
  if (kind == CommandKind::score)
    command->add_option("POINTS", flags->number, "1 to 5, the best")->required()->check(CLI::Range(1, 5));
  if (kind == CommandKind::snooze) command->add_option("--for", flags->span, "how long, such as 2h")->required();
  command->add_option("--by", flags->sender.by, "who does it (default: the user)");
  command->add_option("--if-revision", flags->if_revision, "only if this is its newest revision");
  command->add_option("--command-id", flags->sender.command_id,
                      "a name of your own: the same again does nothing again");
  add_engine_flags(*command, flags->sender.engine);
  command->callback([flags, kind, &action] { action = [flags, kind] { return send(kind, *flags); }; });
}

}  // namespace

void add_incident_commands(CLI::App& program, Action& action) {
  add(program, action, CommandKind::ack, "acknowledge an incident: somebody has it");
  add(program, action, CommandKind::unack, "take an acknowledgement back");
  add(program, action, CommandKind::resolve, "end an incident for people, though its alerts may still fire");
  add(program, action, CommandKind::reopen, "open a resolved incident again");
  add(program, action, CommandKind::assign, "say who owns an incident");
  add(program, action, CommandKind::note, "add a note to an incident");
  add(program, action, CommandKind::snooze, "not be told of an incident for a while");
  add(program, action, CommandKind::unsnooze, "be told of an incident again");
  add(program, action, CommandKind::merge, "let an incident go on in another");
  add(program, action, CommandKind::split, "let some alerts of an incident go on in one of their own");
  add(program, action, CommandKind::move, "let some alerts of an incident go on in another");
  add(program, action, CommandKind::priority, "say how pressing an incident is, whatever its alerts say");
  add(program, action, CommandKind::severity, "say how severe an incident is, whatever its alerts say");
  add(program, action, CommandKind::roles, "say who has which role in an incident");
  add(program, action, CommandKind::plan_step, "say that a step of an incident's plan is done");
  add(program, action, CommandKind::score, "say how the handling of a resolved incident was found");
  add(program, action, CommandKind::drill, "mark an incident as an exercise");
  add_heartbeat(program, action);
}

}  // namespace tocsin::app
