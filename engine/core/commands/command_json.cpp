#include "engine/core/commands/command_json.h"

#include <algorithm>
#include <charconv>

#include <simdjson.h>

#include "engine/core/suppression/matcher.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

using simdjson::dom::element;

std::unexpected<Error> fault(Refusal code, std::string_view key, std::string_view what) {
  return refuse(code, "`" + std::string{key} + "` " + std::string{what}, -1, "/" + std::string{key});
}

Result<std::string> text_of(const element& value, std::string_view key, std::size_t bytes_max) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return fault(Refusal::wrong_type, key, "must be a text");
  if (text.size() > bytes_max)
    return fault(Refusal::bad_value, key, "must be at most " + std::to_string(bytes_max) + " bytes");
  return std::string{text};
}

/// An id, or a number in order of opening.
Result<std::string> name_of_thing(const element& value, std::string_view key) {
  std::uint64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) return std::to_string(number);
  return text_of(value, key, limits::kCommandNameBytesMax);
}

Result<Instant> instant_of(const element& value, std::string_view key) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return fault(Refusal::wrong_type, key, "must be an instant (RFC 3339)");
  const auto at = parse_rfc3339(text);
  if (!at || *at == kUnset) return fault(Refusal::bad_value, key, "must be an instant such as 2026-03-28T23:00:00Z");
  return std::chrono::floor<std::chrono::milliseconds>(*at);  // as it is written
}

/// Alertmanager's object form as a text.
Result<std::string> matcher_text(const element& value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string{text};
  std::string_view name;
  std::string_view wanted;
  if (value["name"].get(name) != simdjson::SUCCESS || value["value"].get(wanted) != simdjson::SUCCESS)
    return fault(Refusal::wrong_type, "matchers", "holds texts such as `alertname=\"DiskFull\"`");
  bool truth = false;
  MatcherParts parts{std::string{name}, true, false, std::string{wanted}};
  if (value["isRegex"].get(truth) == simdjson::SUCCESS) parts.is_regex = truth;
  if (value["isEqual"].get(truth) == simdjson::SUCCESS) parts.is_equal = truth;
  return to_text(parts);
}

/// One key of the object into the command.
Result<void> take(Command& command, std::string_view key, const element& value) {
  const auto text = [&](std::string& into, std::size_t bytes_max = limits::kCommandNameBytesMax) -> Result<void> {
    auto read = text_of(value, key, bytes_max);
    if (!read) return std::unexpected(std::move(read.error()));
    into = std::move(*read);
    return {};
  };
  const auto thing = [&](std::string& into) -> Result<void> {
    auto read = name_of_thing(value, key);
    if (!read) return std::unexpected(std::move(read.error()));
    into = std::move(*read);
    return {};
  };
  const auto instant = [&](Instant& into) -> Result<void> {
    auto read = instant_of(value, key);
    if (!read) return std::unexpected(std::move(read.error()));
    into = *read;
    return {};
  };
  if (key == "command_id") return text(command.command_id);
  if (key == "by" || key == "author" || key == "createdBy") return text(command.by);
  if (key == "from") return text(command.from);
  if (key == "to" || key == "owner" || key == "severity") return text(command.to);
  if (key == "into") return thing(command.to);
  if (key == "text" || key == "note" || key == "comment" || key == "reason")
    return text(command.text, limits::kCommandTextBytesMax);
  if (key == "silence" || key == "silence_id" || key == "id") return thing(command.silence);
  if (key == "start" || key == "starts_at" || key == "startsAt") return instant(command.start);
  if (key == "until" || key == "end" || key == "ends_at" || key == "endsAt") return instant(command.until);
  if (key == "name") {
    std::string name;
    if (auto read = text(name); !read) return read;
    if (!command.to.empty() && command.to != name)
      return fault(Refusal::bad_value, key, "is another than that of the path");
    command.to = std::move(name);
    return {};
  }
  if (key == "if_revision") {
    std::uint64_t revision = 0;
    if (value.get(revision) != simdjson::SUCCESS) return fault(Refusal::wrong_type, key, "must be a number");
    command.if_revision = revision;
    return {};
  }
  if (key == "for") {
    std::string span;
    if (auto read = text(span); !read) return read;
    command.span = parse_duration(span);
    if (!command.span || *command.span <= Duration{0})
      return fault(Refusal::bad_value, key, "must be a span such as 2h or 1h30m");
    return {};
  }
  if (key == "priority") {
    std::string name;
    if (auto read = text(name); !read) return read;
    command.priority = priority_from(name);
    if (!command.priority) return fault(Refusal::bad_value, key, "must be P1, P2, P3, P4 or P5");
    return {};
  }
  if (key == "drill" || key == "on" || key == "done") {
    bool on = false;
    if (value.get(on) != simdjson::SUCCESS) return fault(Refusal::wrong_type, key, "must be true or false");
    command.on = on;
    return {};
  }
  if (key == "score" || key == "satisfaction" || key == "step" || key == "number") {
    std::int64_t number = 0;
    // A step may be called by its text or the beginning of it.
    if (key == "step" && value.is_string()) return text(command.to, limits::kCommandTextBytesMax);
    if (value.get(number) != simdjson::SUCCESS) return fault(Refusal::wrong_type, key, "must be a number");
    command.number = number;
    return {};
  }
  if (key == "matchers" || key == "alerts") {
    std::vector<std::string>& into = key == "matchers" ? command.matchers : command.alerts;
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) {
      std::string one;
      if (auto read = text(one, limits::kCommandTextBytesMax); !read) return read;
      into.push_back(std::move(one));
      return {};
    }
    if (list.size() > limits::kCommandListMax) return fault(Refusal::bad_value, key, "has too many items");
    for (const element item : list) {
      auto read = key == "matchers" ? matcher_text(item) : text_of(item, key, limits::kCommandTextBytesMax);
      if (!read) return std::unexpected(std::move(read.error()));
      into.push_back(std::move(*read));
    }
    return {};
  }
  if (key == "roles" || key == "labels") {
    auto& into = key == "roles" ? command.roles : command.labels;
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return fault(Refusal::wrong_type, key, "must be an object of texts");
    if (object.size() > limits::kCommandListMax) return fault(Refusal::bad_value, key, "has too many items");
    for (const auto& [role, who] : object) {
      auto read = text_of(who, key, limits::kCommandNameBytesMax);
      if (!read) return std::unexpected(std::move(read.error()));
      into.emplace_back(std::string{role}, std::move(*read));
    }
    std::ranges::sort(into);
    const auto same_name = [](const auto& a, const auto& b) { return a.first == b.first; };
    if (std::ranges::adjacent_find(into, same_name) != into.end())
      return fault(Refusal::duplicate_key, key, "has a name twice");
    return {};
  }
  return fault(Refusal::bad_value, key, "is no key of a command");
}

/// What the kind needs.
Result<void> check(const Command& command) {
  using enum CommandKind;
  const auto missing = [&](std::string_view key) {
    return refuse(Refusal::missing_field,
                  "`" + std::string{name_of(command.kind)} + "` needs `" + std::string{key} + "`", -1,
                  "/" + std::string{key});
  };
  if (is_of_incident(command.kind) && command.incident.empty()) return missing("incident");
  switch (command.kind) {
    case assign:
    case severity:
      if (command.to.empty()) return missing(command.kind == assign ? "to" : "severity");
      break;
    case merge:
      if (command.to.empty()) return missing("into");
      break;
    case note:
      if (command.text.empty()) return missing("text");
      break;
    case priority:
      if (!command.priority) return missing("priority");
      break;
    case split:
    case move:
      if (command.alerts.empty()) return missing("alerts");
      if (command.kind == move && command.to.empty()) return missing("into");
      break;
    case roles:
      if (command.roles.empty()) return missing("roles");
      break;
    case plan_step:
      if (!command.number && command.to.empty()) return missing("step");
      break;
    case score:
      if (!command.number) return missing("score");
      break;
    case snooze:
    case extend_silence:
      if (command.until == kUnset && !command.span) return missing("for");
      if (command.kind == extend_silence && command.silence.empty()) return missing("silence");
      break;
    case heartbeat:
      if (command.to.empty()) return missing("name");
      for (const auto& [name, value] : command.labels) {
        if (name.empty() || name == "alertname") return fault(Refusal::bad_value, "labels", "has a name that is none");
      }
      break;
    case expire_silence:
      if (command.silence.empty()) return missing("silence");
      break;
    case silence: {
      if (command.matchers.empty()) return missing("matchers");
      if (command.until == kUnset && !command.span) return missing("for");
      const auto read = parse_matchers(command.matchers);
      if (!read) return std::unexpected(read.error());
      break;
    }
    default:
      break;
  }
  return {};
}

}  // namespace

Result<Command> parse_command(std::string_view json, std::optional<CommandKind> kind, std::string_view incident,
                              std::string_view silence) {
  simdjson::dom::parser parser;
  element document;
  // A path that says all needs no body.
  if (json.empty() && kind) json = "{}";
  if (const auto error = parser.parse(json.data(), json.size()).get(document); error != simdjson::SUCCESS)
    return refuse(Refusal::malformed, std::string{"a command is a JSON object: "} + simdjson::error_message(error));
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS) return refuse(Refusal::wrong_type, "a command is a JSON object");
  Command command;
  (kind == CommandKind::heartbeat ? command.to : command.incident) = incident;
  command.silence = silence;
  std::optional<CommandKind> known = kind;
  std::vector<std::string_view> seen;
  for (const auto& [key, value] : object) {
    if (std::ranges::find(seen, key) != seen.end()) return fault(Refusal::duplicate_key, key, "stands there twice");
    seen.push_back(key);
    if (value.is_null()) continue;
    if (key == "command") {
      auto word = text_of(value, key, limits::kCommandNameBytesMax);
      if (!word) return std::unexpected(std::move(word.error()));
      const auto named = command_from(*word);
      if (!named) return fault(Refusal::bad_value, key, "is no command that this version knows");
      if (known && *known != *named) return fault(Refusal::bad_value, key, "is another than that of the path");
      known = named;
    } else if (key == "incident" || key == "incident_id") {
      auto which = name_of_thing(value, key);
      if (!which) return std::unexpected(std::move(which.error()));
      if (!command.incident.empty() && command.incident != *which)
        return fault(Refusal::bad_value, key, "is another than that of the path");
      command.incident = std::move(*which);
    } else if (auto taken = take(command, key, value); !taken) {
      return std::unexpected(std::move(taken.error()));
    }
  }
  if (!known) return refuse(Refusal::missing_field, "a command needs `command`: which it is", -1, "/command");
  command.kind = *known;
  if (!silence.empty() && command.silence != silence)
    return fault(Refusal::bad_value, "silence", "is another than that of the path");
  if (auto checked = check(command); !checked) return std::unexpected(std::move(checked.error()));
  return command;
}

void write_command(const Command& command, std::string& out) {
  JsonWriter json(out);
  json.begin_object().field("command", name_of(command.kind));
  const auto text = [&json](std::string_view key, const std::string& value) {
    if (!value.empty()) json.field(key, value);
  };
  text("command_id", command.command_id);
  text("by", command.by);
  text("from", command.from);
  text("incident", command.incident);
  if (command.if_revision) json.field("if_revision", *command.if_revision);
  text("to", command.to);
  text("text", command.text);
  text("silence", command.silence);
  const auto list = [&json](std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    json.key(key).begin_array();
    for (const std::string& value : values) json.value(value);
    json.end_array();
  };
  list("matchers", command.matchers);
  const auto instant = [&](std::string_view key, Instant at) {
    if (at != kUnset) json.field(key, to_rfc3339(at));
  };
  instant("start", command.start);
  instant("until", command.until);
  if (command.span) json.field("for", to_text(*command.span));
  if (command.priority) json.field("priority", name_of(*command.priority));
  if (command.on) json.field("on", *command.on);
  if (command.number) json.field("number", *command.number);
  list("alerts", command.alerts);
  const auto pairs = [&json](std::string_view key, const auto& texts) {
    if (texts.empty()) return;
    json.key(key).begin_object();
    for (const auto& [name, value] : texts) json.field(name, value);
    json.end_object();
  };
  pairs("roles", command.roles);
  pairs("labels", command.labels);
  json.end_object();
}

}  // namespace tocsin
