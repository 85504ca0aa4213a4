#include "connectors/http/reload_answer.h"

#include "connectors/http/http_refusal.h"
#include "engine/model/json_writer.h"

namespace tocsin {
namespace {

void write_ids(JsonWriter& json, std::string_view name, const std::vector<std::string>& ids) {
  json.key(name).begin_array();
  for (const std::string& id : ids) json.value(id);
  json.end_array();
}

void write_error(JsonWriter& json, const ReloadOutcome& outcome) {
  const bool refused = outcome.result == ReloadResult::refused;
  json.key("error").begin_object();
  json.field("code", refused ? "bad_rules" : name_of(outcome.error.code));
  json.field("message", refused ? first_error(outcome.diagnostics) : outcome.error.message);
  json.end_object();
}

}  // namespace

int status_of(const ReloadOutcome& outcome) {
  switch (outcome.result) {
    case ReloadResult::switched:
    case ReloadResult::unchanged:
      return 200;
    case ReloadResult::refused:
      return 400;
    case ReloadResult::failed:
      return status_of(outcome.error.code);
  }
  return 500;
}

std::string reload_body(const ReloadOutcome& outcome) {
  const bool worked = outcome.result == ReloadResult::switched || outcome.result == ReloadResult::unchanged;
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("reloaded", worked);
  if (worked) {
    json.field("changed", outcome.result == ReloadResult::switched);
  } else {
    write_error(json, outcome);
  }
  json.field("rule_set", outcome.rule_set).field("digest", digest_text(outcome.digest));
  json.field("position", std::to_string(outcome.position.value()));
  if (worked) {
    write_ids(json, "kept", outcome.changes.kept);
    write_ids(json, "reset", outcome.changes.reset);
    write_ids(json, "new", outcome.changes.added);
    write_ids(json, "removed", outcome.changes.removed);
  }
  json.key("diagnostics").begin_array();
  for (const rules::Diagnostic& diagnostic : outcome.diagnostics) json.raw(rules::to_json(diagnostic));
  json.end_array().end_object();
  return body;
}

}  // namespace tocsin
