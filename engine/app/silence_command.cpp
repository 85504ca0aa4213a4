// silence add | list | expire | extend | preview, and audit.
#include <exception>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/send_command.h"
#include "engine/app/terminal_text.h"
#include "engine/core/suppression/matcher.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

namespace json = boost::json;

struct SilenceFlags {
  SenderFlags sender;
  std::vector<std::string> matchers;
  std::string silence;
  std::string span;
  std::string until;
  std::string start;
  std::string comment;
  std::string format = "table";
  bool all = false;
  std::size_t limit = 100;
};

int misuse(std::string_view what) {
  std::cerr << "tocsin silence: " << what << "\n";
  return kMisuse;
}

/// The times of the flags into the command; false: they cannot be read.
bool read_times(const SilenceFlags& flags, Command& command) {
  if (!flags.span.empty() && !(command.span = parse_duration(flags.span))) return false;
  for (const auto& [text, into] : {std::pair{&flags.start, &command.start}, std::pair{&flags.until, &command.until}}) {
    if (text->empty()) continue;
    const auto at = parse_rfc3339(*text);
    if (!at) return false;
    *into = *at;
  }
  return true;
}

int add_one(const SilenceFlags& flags) {
  Command command;
  command.kind = CommandKind::silence;
  command.matchers = flags.matchers;
  command.silence = flags.silence;
  command.text = flags.comment;
  if (const auto read = parse_matchers(flags.matchers); !read) return misuse(read.error().message);
  if (!read_times(flags, command)) return misuse("--for is a span such as 2h; --start and --until are RFC 3339");
  if (!command.span && command.until == kUnset) return misuse("say how long: --for 2h, or --until an instant");
  return send_command("silence add", flags.sender, "/v1/silences", std::move(command));
}

int change(const SilenceFlags& flags, CommandKind kind) {
  Command command;
  command.kind = kind;
  command.silence = flags.silence;
  command.text = flags.comment;
  if (!read_times(flags, command)) return misuse("--for is a span such as 2h; --until is RFC 3339");
  if (kind == CommandKind::extend_silence && !command.span && command.until == kUnset)
    return misuse("say how much longer: --for 2h, or --until an instant");
  const char* word = kind == CommandKind::extend_silence ? "extend" : "expire";
  return send_command(std::string{"silence "} + word, flags.sender,
                      "/v1/silences/" + percent_encoded(flags.silence) + "/" + word, std::move(command));
}

std::string text_of(const json::value& object, std::string_view key) {
  const json::value* value = object.as_object().if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr && value->is_string() ? for_terminal(value->as_string()) : std::string{};
}

/// Asks for a list and shows each item with `line`; the exit code.
template <typename Line>
int show(const SilenceFlags& flags, const std::string& path, std::string_view list, std::string_view none, Line line) {
  const auto answer = http_get(flags.sender.engine, path);
  if (!answer) {
    std::cerr << "tocsin: " << answer.error().message << "\n";
    return kFindings;
  }
  if (flags.format == "json") {
    std::cout << *answer << "\n";
    return kOk;
  }
  const json::value value = json::parse(*answer);
  const json::array& items = value.at(json::string_view(list.data(), list.size())).as_array();
  for (const json::value& item : items) line(item);
  if (items.empty()) std::cout << none << "\n";
  if (!value.at("next").is_null()) std::cout << "… and more: --limit\n";
  return std::cout ? kOk : kFindings;
}

int list(const SilenceFlags& flags) {
  const std::string path =
      "/v1/silences?limit=" + std::to_string(flags.limit) + (flags.all ? "" : "&state=active,pending");
  return show(flags, path, "silences", "no silences", [](const json::value& one) {
    std::cout << text_of(one, "id") << "  " << text_of(one, "state") << "  until " << text_of(one, "ends_at");
    for (const json::value& matcher : one.at("matchers").as_array())
      std::cout << "  " << for_terminal(matcher.as_string());
    std::cout << "  " << one.at("matched").to_number<std::uint64_t>() << " alerts  by " << text_of(one, "by");
    if (const std::string comment = text_of(one, "comment"); !comment.empty()) std::cout << ": " << comment;
    std::cout << "\n";
  });
}

int preview(const SilenceFlags& flags) {
  const auto read = parse_matchers(flags.matchers);
  if (!read) return misuse(read.error().message);
  std::string matchers;
  for (const Matcher& matcher : *read) (matchers += matchers.empty() ? "{" : ",") += to_text(matcher.parts());
  const std::string path =
      "/v1/silences/preview?limit=" + std::to_string(flags.limit) + "&matcher=" + percent_encoded(matchers + "}");
  return show(flags, path, "alerts", "it would hold back nothing that fires now", [](const json::value& one) {
    std::cout << text_of(one, "priority") << "  " << text_of(one, "severity") << "  " << text_of(one, "name") << "  "
              << text_of(one, "service") << "  " << text_of(one, "incident_id") << "\n";
  });
}

int audit(const SilenceFlags& flags) {
  std::string path = "/v1/audit?limit=" + std::to_string(flags.limit);
  if (!flags.silence.empty()) path += "&incident_id=" + percent_encoded(flags.silence);
  if (!flags.sender.by.empty()) path += "&by=" + percent_encoded(flags.sender.by);
  return show(flags, path, "audit", "nobody did anything", [](const json::value& one) {
    const std::string incident = text_of(one, "incident_id");
    std::cout << text_of(one, "at") << "  " << text_of(one, "by") << " (" << text_of(one, "from") << ")  "
              << text_of(one, "command") << "  " << (incident.empty() ? text_of(one, "silence_id") : incident) << "  "
              << text_of(one, "result");
    for (const char* key : {"change", "text"}) {
      if (const std::string text = text_of(one, key); !text.empty()) std::cout << "  " << text;
    }
    std::cout << "\n";
  });
}

template <typename Do>
void on(CLI::App* command, const std::shared_ptr<SilenceFlags>& flags, Action& action, Do what) {
  add_engine_flags(*command, flags->sender.engine);
  command->callback([flags, what, &action] {
    action = [flags, what] {
      try {
        return what(*flags);
      } catch (const std::exception&) {  // of Boost.JSON: a member that is not there
        std::cerr << "tocsin: " << flags->sender.engine.server << " did not answer as tocsin does\n";
        return kFindings;
      }
    };
  });
}

void by_whom(CLI::App* command, SilenceFlags& flags) {
  command->add_option("--by", flags.sender.by, "who does it (default: the user)");
  command->add_option("--comment", flags.comment, "why");
  command->add_option("--command-id", flags.sender.command_id, "a name of your own: the same again does nothing again");
}

void listed(CLI::App* command, SilenceFlags& flags) {
  command->add_option("--format", flags.format, "table for people, json (the API's answer) for programs")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command->add_option("--limit", flags.limit, "at most so many")->check(CLI::Range(1, 1000))->capture_default_str();
}

}  // namespace

void add_silence(CLI::App& program, Action& action) {
  CLI::App* silence = program.add_subcommand("silence", "hold alerts back for a while");
  silence->description(
      "Holds alerts back for a while: they open and raise no incident; what still fires at the end is looked at "
      "again.\n"
      "  tocsin silence add 'alertname=\"DiskFull\"' 'service=~\"db-.*\"' --for 2h --comment 'disk swap'\n"
      "Exit code: 0 when it is done, 1 when it was refused or not sent.");
  silence->require_subcommand(1);

  auto flags = std::make_shared<SilenceFlags>();
  CLI::App* add = silence->add_subcommand("add", "make one");
  add->add_option("MATCHER", flags->matchers, "NAME=\"VALUE\", also != =~ !~; all must hold")->required();
  add->add_option("--for", flags->span, "how long, such as 2h");
  add->add_option("--until", flags->until, "its end, RFC 3339");
  add->add_option("--start", flags->start, "its start, RFC 3339 (default: now)");
  add->add_option("--id", flags->silence, "its id (default: silence-N)");
  by_whom(add, *flags);
  on(add, flags, action, add_one);

  flags = std::make_shared<SilenceFlags>();
  CLI::App* show = silence->add_subcommand("list", "those that hold back or will");
  show->add_flag("--all", flags->all, "ended ones too");
  listed(show, *flags);
  on(show, flags, action, list);

  flags = std::make_shared<SilenceFlags>();
  CLI::App* expire = silence->add_subcommand("expire", "end one now");
  expire->add_option("SILENCE", flags->silence, "its id or number")->required();
  by_whom(expire, *flags);
  on(expire, flags, action, [](const SilenceFlags& given) { return change(given, CommandKind::expire_silence); });

  flags = std::make_shared<SilenceFlags>();
  CLI::App* extend = silence->add_subcommand("extend", "let one last longer");
  extend->add_option("SILENCE", flags->silence, "its id or number")->required();
  extend->add_option("--for", flags->span, "how much longer, such as 2h");
  extend->add_option("--until", flags->until, "its new end, RFC 3339");
  by_whom(extend, *flags);
  on(extend, flags, action, [](const SilenceFlags& given) { return change(given, CommandKind::extend_silence); });

  flags = std::make_shared<SilenceFlags>();
  CLI::App* try_it = silence->add_subcommand("preview", "what one would hold back now");
  try_it->add_option("MATCHER", flags->matchers, "NAME=\"VALUE\", also != =~ !~; all must hold")->required();
  listed(try_it, *flags);
  on(try_it, flags, action, preview);
}

void add_audit(CLI::App& program, Action& action) {
  auto flags = std::make_shared<SilenceFlags>();
  CLI::App* command = program.add_subcommand("audit", "show what people did: who, when, from where, what it changed");
  command->add_option("--incident", flags->silence, "only of this one: its whole id");
  command->add_option("--by", flags->sender.by, "only what this one did");
  listed(command, *flags);
  on(command, flags, action, audit);
}

}  // namespace tocsin::app
