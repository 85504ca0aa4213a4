#include "connectors/sinks/record.h"

#include <algorithm>

#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

std::string type_of(const Effect& effect) {
  if (effect.kind == EffectKind::dead_letter) return "io.tocsin.alert.refused.v1";
  if (effect.kind == EffectKind::audit) return "io.tocsin.command.v1";
  return "io.tocsin.incident." + std::string(name_of(effect.change)) + ".v1";
}

/// A handful of names: looking through all is the fastest.
void add_topic(std::vector<OutTopic>& topics, OutTopic topic) {
  if (std::ranges::find(topics, topic.name, &OutTopic::name) == topics.end()) topics.push_back(std::move(topic));
}

}  // namespace

OutRecord record_of(const Effect& effect, const RecordOptions& options) {
  const bool incident = effect.kind == EffectKind::incident;
  OutRecord record;
  record.value = effect.value;
  if (incident) {
    record.key = to_text(effect.incident);
    record.topics.reserve(2 + effect.audiences.size());
    record.flat_value = effect.flat_value;
    add_topic(record.topics, {options.topic_prefix + options.events_topic});
    add_topic(record.topics, {options.topic_prefix + options.state_topic});
    for (const Audience& audience : effect.audiences) {
      add_topic(record.topics, {options.topic_prefix + audience.topic, audience.key, audience.flat});
    }
  } else {
    const bool is_of_one = effect.incident != IncidentId{};
    record.key = is_of_one ? to_text(effect.incident) : std::to_string(effect.name.position.value());
    const bool is_audit = effect.kind == EffectKind::audit;
    add_topic(record.topics, {options.topic_prefix + (is_audit ? options.audit_topic : options.dead_topic)});
  }

  record.headers.reserve(10);
  const auto header = [&record](std::string_view name, std::string value) {
    record.headers.push_back({name, std::move(value)});
  };
  header("ce_specversion", "1.0");
  header("ce_id", to_text(effect.name));
  header("ce_source", options.ce_source);
  header("ce_type", type_of(effect));
  header("ce_subject", record.key);
  header("ce_time", to_rfc3339(effect.at));
  header("content-type", "application/json");
  if (incident) {
    header("tocsin-revision", std::to_string(effect.revision.value()));
    header("tocsin-priority", std::string(name_of(effect.priority)));
  }
  header("tocsin-tenant", effect.tenant.empty() ? "default" : effect.tenant);  // as in the value
  return record;
}

std::vector<std::string> fixed_topics(const RecordOptions& options) {
  return {options.topic_prefix + options.events_topic, options.topic_prefix + options.state_topic,
          options.topic_prefix + options.dead_topic, options.topic_prefix + options.audit_topic};
}

void append_line(std::string& out, const OutRecord& record, const OutTopic& topic) {
  JsonWriter json(out);
  json.begin_object();
  json.field("topic", topic.name);
  json.field("key", record.key_on(topic));
  json.key("headers").begin_object();
  for (const RecordHeader& header : record.headers) json.field(header.name, header.value);
  json.end_object();
  json.key("value").raw(record.value_on(topic));
  json.end_object();
  out += '\n';
}

}  // namespace tocsin
