#include "engine/story/story_command.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "engine/core/commands/command_json.h"
#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 7> kInstants{"start", "starts_at", "startsAt", "until",
                                                    "end",   "ends_at",   "endsAt"};

/// The same object with instants in full.
std::string with_instants(simdjson::dom::object arguments, Instant start) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  for (const auto& [key, value] : arguments) {
    json.key(key);
    std::string_view text;
    const bool is_instant = std::ranges::find(kInstants, key) != kInstants.end();
    if (is_instant && value.get(text) == simdjson::SUCCESS) {
      if (const auto span = parse_duration(text)) {
        json.value(to_rfc3339(start + *span));
        continue;
      }
    }
    json.raw(simdjson::minify(value));
  }
  json.end_object();
  return out;
}

/// `heartbeat: backup`, `heartbeat: {name: backup, service: tapes}`: what is not the name is a label.
std::string as_heartbeat(const simdjson::dom::element& arguments) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  std::string_view text;
  simdjson::dom::object object;
  if (arguments.get(text) == simdjson::SUCCESS) json.field("name", text);
  if (arguments.get(object) == simdjson::SUCCESS) {
    if (object["name"].get(text) == simdjson::SUCCESS) json.field("name", text);
    json.key("labels").begin_object();
    for (const auto& [key, value] : object) {
      if (key != "name") json.key(key).raw(simdjson::minify(value));
    }
    json.end_object();
  }
  json.end_object();
  return out;
}

}  // namespace

Result<Command> read_story_command(std::string_view name, std::string_view arguments, Instant start) {
  const auto kind = command_from(name == "plan" ? "plan_step" : name);
  if (!kind) return refuse(Refusal::bad_value, "the command `" + std::string{name} + "` is not known to this version");
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::object object;
  if (kind == CommandKind::heartbeat &&
      parser.parse(arguments.data(), arguments.size()).get(document) == simdjson::SUCCESS)
    return parse_command(as_heartbeat(document), kind);
  if (parser.parse(arguments.data(), arguments.size()).get(document) != simdjson::SUCCESS ||
      document.get(object) != simdjson::SUCCESS)
    return refuse(Refusal::wrong_type, "a command is a map such as `{incident: 1, by: ana}`");
  auto command = parse_command(with_instants(object, start), kind);
  if (command && command->from.empty()) command->from = "story";
  return command;
}

}  // namespace tocsin
