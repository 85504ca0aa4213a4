#include "engine/core/telling/dead_letter.h"

#include <algorithm>

#include <absl/strings/escaping.h>
#include <simdjson.h>

#include "engine/core/telling/incident_record.h"
#include "engine/model/alert.h"
#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

void write_error(JsonWriter& json, const Error& error) {
  json.begin_object();
  json.field("code", name_of(error.code));
  json.field("message", error.message);
  json.field("index", error.index);
  json.field("pointer", error.pointer);
  json.end_object();
}

}  // namespace

void write_dead_letter(const Input& input, std::string& out) {
  const bool whole = input.kind == InputKind::refused_body;
  const std::string_view source = whole ? input.source : std::string_view{input.batch->source};
  const std::string_view tenant = whole ? input.tenant : std::string_view{input.batch->tenant};
  const std::size_t refused = whole ? 1 : input.batch->refused.size();

  JsonWriter json(out);
  json.begin_object();
  json.field("schema_version", 1);
  json.field("position", input.position.value());
  json.field("received_at", to_rfc3339(input.wall_clock()));
  json.field("source", source);
  json.field("tenant", tenant.empty() ? std::string_view{"default"} : tenant);
  json.field("refused", whole ? "body" : "alerts");
  json.field("refused_count", refused);
  json.key("errors").begin_array();
  if (whole) {
    write_error(json, *input.error);
  } else {
    const std::size_t told = std::min(refused, kDeadLetterErrorsMax);
    for (std::size_t i = 0; i < told; ++i) write_error(json, input.batch->refused[i].error);
  }
  json.end_array();
  json.field("body_bytes", input.bytes.size());
  const std::string_view body = input.bytes.substr(0, kDeadLetterBodyBytesMax);
  const std::string_view text = cut_text(input.bytes, kDeadLetterBodyBytesMax);
  json.field("body_truncated", body.size() < input.bytes.size());
  if (simdjson::validate_utf8(text.data(), text.size())) {
    json.field("body", text);
  } else {
    const std::string base64 = absl::Base64Escape({body.data(), body.size()});
    json.field("body_base64", base64);
  }
  json.end_object();
}

}  // namespace tocsin
