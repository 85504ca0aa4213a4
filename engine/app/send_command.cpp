#include "engine/app/send_command.h"

#include <iostream>

#include <boost/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "engine/app/command.h"
#include "engine/app/http_get.h"
#include "engine/app/terminal_text.h"
#include "engine/core/commands/command_json.h"

namespace tocsin::app {
namespace {

namespace json = boost::json;

/// What a refusal means and what may be done.
std::string_view advice(std::string_view result) {
  if (result == "unknown_incident") return "no incident of this id or number is known: `tocsin incidents` lists them";
  if (result == "ambiguous_incident") return "several ids begin so: give more of it";
  if (result == "already_closed") return "it is closed";
  if (result == "already_resolved") return "it is resolved";
  if (result == "already_merged") return "it was merged into another";
  if (result == "not_resolved") return "it is open";
  if (result == "nothing_fires") return "no alert of it fires any more";
  if (result == "stale_revision") return "it has another revision by now: look again";
  if (result == "unknown_silence") return "no silence of this id is known: `tocsin silence list` lists them";
  if (result == "silence_ended") return "it has ended";
  if (result == "silence_exists") return "there is a silence of this id";
  if (result == "bad_time") return "the time lies in the past";
  if (result == "unknown_alert") return "it has no alert of this name or fingerprint: `tocsin incidents ID` lists them";
  if (result == "not_possible") return "the rules or this incident have no such thing, or nothing would be left of it";
  if (result == "bad_value") return "there is no such value here";
  return {};
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

}  // namespace

std::string this_user() {
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr && entry->pw_name != nullptr ? entry->pw_name : std::to_string(getuid());
}

int send_command(std::string_view name, const SenderFlags& flags, const std::string& path, Command command) {
  command.by = flags.by.empty() ? this_user() : flags.by;
  command.command_id = flags.command_id;
  std::string body;
  write_command(command, body);
  const auto answer = http_post(flags.engine, path, body);
  if (!answer) {
    std::cerr << "tocsin " << name << ": " << answer.error().message << "\n";
    return answer.error().is_misuse ? kMisuse : kFindings;
  }
  json::error_code error;
  const json::value value = json::parse(*answer, error);
  if (error || !value.is_object()) {
    std::cerr << "tocsin " << name << ": " << flags.engine.server << " did not answer as tocsin does\n";
    return kFindings;
  }
  const json::value* audit = value.as_object().if_contains("audit");
  if (audit == nullptr || !audit->is_object()) {
    std::cout << "accepted; what became of it is not known yet: `tocsin audit` will say\n";
    return kOk;
  }
  const json::object& entry = audit->as_object();
  const std::string result = text_of(entry, "result");
  const std::string incident = text_of(entry, "incident_id");
  const std::string thing = incident.empty() ? text_of(entry, "silence_id") : incident;
  const std::string change = text_of(entry, "change");
  const bool is_done = result == "applied" || result == "unchanged" || result == "repeated";
  std::ostream& out = is_done ? std::cout : std::cerr;
  if (!is_done) out << "tocsin " << name << ": ";
  out << for_terminal(thing.empty() ? command.incident + command.silence : thing) << ": " << result;
  if (!change.empty()) out << ", " << for_terminal(change);
  if (const std::string_view more = advice(result); !more.empty()) out << ": " << more;
  out << "\n";
  return is_done ? kOk : kFindings;
}

}  // namespace tocsin::app
