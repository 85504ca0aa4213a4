#include "connectors/http/sink_answer.h"

#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

void since(JsonWriter& json, std::string_view name, Instant at) {
  json.key(name);
  if (at == kUnset) {
    json.null();
  } else {
    json.value(to_rfc3339(at));
  }
}

}  // namespace

std::string sinks_body(const std::vector<SinkStatus>& sinks) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("sinks").begin_array();
  for (const SinkStatus& sink : sinks) {
    json.begin_object().field("name", sink.name);
    json.field("effects_waiting", sink.effects_waiting).field("bytes_waiting", sink.bytes_waiting);
    json.field("disk_bytes", sink.disk_bytes).field("disk_bytes_max", sink.disk_bytes_max);
    since(json, "full_since", sink.full_since);
    since(json, "stuck_since", sink.stuck_since);
    json.field("trouble", sink.trouble);
    json.field("undeliverable", sink.undeliverable).field("undeliverable_bytes", sink.undeliverable_bytes);
    json.end_object();
  }
  json.end_array().end_object();
  return body;
}

std::string undeliverable_body(const std::vector<HeldRecord>& records) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("undeliverable").begin_array();
  for (const HeldRecord& record : records) {
    json.begin_object().field("event_id", to_text(record.name)).field("topic", record.topic);
    json.field("bytes", record.bytes).field("why", record.why).field("since", to_rfc3339(record.since));
    json.end_object();
  }
  json.end_array().end_object();
  return body;
}

std::string count_body(std::string_view name, std::uint64_t count) {
  std::string body;
  JsonWriter(body).begin_object().field(name, count).end_object();
  return body;
}

}  // namespace tocsin
