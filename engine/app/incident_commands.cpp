// ack, unack, resolve, reopen, assign, note, snooze, unsnooze, drill: what a person does with an incident.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/send_command.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

struct IncidentFlags {
  SenderFlags sender;
  std::string incident;
  std::string to;
  std::string text;
  std::string span;
  std::uint64_t if_revision = 0;
};

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
  const std::string path = "/v1/incidents/" + percent_encoded(flags.incident) + "/" + std::string{name_of(kind)};
  return send_command(name_of(kind), flags.sender, path, std::move(command));
}

void add(CLI::App& program, Action& action, CommandKind kind, const char* about) {
  auto flags = std::make_shared<IncidentFlags>();
  CLI::App* command = program.add_subcommand(std::string{name_of(kind)}, about);
  command->description(std::string{about} +
                       ".\nExit code: 0 when it is done or was already, 1 when it was refused or not sent.");
  command->add_option("INCIDENT", flags->incident, "its id, the beginning of it, or its number")->required();
  if (kind == CommandKind::assign) command->add_option("WHO", flags->to, "whom")->required();
  if (kind == CommandKind::note) command->add_option("TEXT", flags->text, "what to note")->required();
  if (kind != CommandKind::note) command->add_option("--comment", flags->text, "why");
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
  add(program, action, CommandKind::drill, "mark an incident as an exercise");
}

}  // namespace tocsin::app
