#include "connectors/config/config.h"

#include "connectors/config/option_table.h"
#include "rules/yaml/map_reader.h"
#include "rules/yaml/report.h"
#include "rules/yaml/source_text.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin {
namespace {

using rules::MapReader;
using rules::Report;
using rules::YamlNode;

/// The keys of a section that take one value; each knows its range.
class Section {
 public:
  /// `section`: as the table of options has it.
  Section(const YamlNode& node, std::string_view name, std::string_view section,
          std::initializer_list<std::string_view> keys, Report& report)
      : section_(section), map_(node, name, keys, report) {}

  void text(std::string_view key, std::string& value) const {
    if (const YamlNode* node = map_.find(key)) {
      if (const auto read = rules::read_text(*node, key, map_.report())) value = *read;
    }
  }
  void truth(std::string_view key, bool& value) const {
    if (const YamlNode* node = map_.find(key)) {
      if (const auto read = rules::read_bool(*node, key, map_.report())) value = *read;
    }
  }
  template <typename Number>
  void count(std::string_view key, Number& value) const {
    const ConfigOption& option = config_option(section_, key);
    if (const YamlNode* node = map_.find(key)) {
      if (const auto read = rules::read_count(*node, key, option.min, option.max, map_.report()))
        value = static_cast<Number>(*read);
    }
  }
  void span(std::string_view key, HttpLimits::Span& value) const {
    if (const YamlNode* node = map_.find(key)) {
      if (const auto read = rules::read_duration(*node, key, std::chrono::milliseconds{1}, map_.report())) {
        value = std::chrono::ceil<HttpLimits::Span>(*read);
      }
    }
  }
  /// A text, or a list of them.
  void texts(std::string_view key, std::vector<std::string>& values) const {
    const YamlNode* node = map_.find(key);
    if (node == nullptr) return;
    values.clear();
    if (node->is_scalar()) {
      if (const auto read = rules::read_text(*node, key, map_.report())) values.emplace_back(*read);
      return;
    }
    for (const YamlNode* item : rules::read_list(*node, key, map_.report())) {
      if (const auto read = rules::read_text(*item, key, map_.report())) values.emplace_back(*read);
    }
  }
  const YamlNode* part(std::string_view key) const { return map_.find(key); }

 private:
  std::string_view section_;
  MapReader map_;
};

void read_kafka(const YamlNode& node, Config& config, Report& report) {
  KafkaSinkOptions& kafka = config.kafka;
  const Section section(
      node, "the kafka section", "kafka",
      {"bootstrap", "properties", "create_topics", "partitions", "replication", "topic_prefix", "events_topic",
       "state_topic", "dead_topic", "audit_topic", "ce_source", "commands_topic", "commands_group"},
      report);
  section.text("bootstrap", kafka.bootstrap);
  section.truth("create_topics", kafka.create_topics);
  section.count("partitions", kafka.partitions);
  section.count("replication", kafka.replication);
  section.text("topic_prefix", kafka.records.topic_prefix);
  section.text("events_topic", kafka.records.events_topic);
  section.text("state_topic", kafka.records.state_topic);
  section.text("dead_topic", kafka.records.dead_topic);
  section.text("audit_topic", kafka.records.audit_topic);
  section.text("ce_source", kafka.records.ce_source);
  section.text("commands_topic", config.commands_topic);
  section.text("commands_group", config.commands_group);
  const YamlNode* properties = section.part("properties");
  if (properties == nullptr) return;
  if (!properties->is_map())
    return report.error(*properties, "wrong_type", "`properties` is a map of librdkafka's properties");
  for (std::size_t i = 0; i + 1 < properties->items.size(); i += 2) {
    const std::string_view name = properties->items[i]->text;
    if (const auto value = rules::read_text(*properties->items[i + 1], name, report))
      kafka.properties[std::string(name)] = *value;
  }
}

void read_http(const YamlNode& node, Config& config, Report& report) {
  const Section section(node, "the http section", "http",
                        {"threads", "token_file", "header_bytes_max", "header_fields_max", "body_bytes_max",
                         "connections_max", "header_span", "body_span", "idle_span", "answer_span", "write_span",
                         "body_bytes_per_second_min", "stream_clients_max", "stream_buffer_bytes_max"},
                        report);
  HttpLimits& limits = config.http.limits;
  section.count("threads", config.http_threads);
  section.text("token_file", config.token_file);
  section.count("header_bytes_max", limits.header_bytes_max);
  section.count("header_fields_max", limits.header_fields_max);
  section.count("body_bytes_max", limits.body_bytes_max);
  section.count("connections_max", limits.connections_max);
  section.span("header_span", limits.header_span);
  section.span("body_span", limits.body_span);
  section.span("idle_span", limits.idle_span);
  section.span("answer_span", limits.answer_span);
  section.span("write_span", limits.write_span);
  section.count("body_bytes_per_second_min", limits.body_bytes_per_second_min);
  section.count("stream_clients_max", limits.stream_clients_max);
  section.count("stream_buffer_bytes_max", limits.stream_buffer_bytes_max);
}

void read_root(const YamlNode& root, Config& config, Report& report) {
  const Section section(root, "the configuration", "",
                        {"listen", "rules", "watch_rules", "known_alerts", "data", "events", "kafka", "http",
                         "bytes_in_flight_max", "outbox_memory_bytes_max", "outbox_disk_bytes_max", "stop_span"},
                        report);
  section.texts("listen", config.http.listen);
  section.texts("rules", config.rules);
  section.truth("watch_rules", config.watch_rules);
  section.truth("known_alerts", config.known_alerts);
  section.text("data", config.data);
  section.text("events", config.events);
  section.count("bytes_in_flight_max", config.bytes_in_flight_max);
  section.count("outbox_memory_bytes_max", config.outbox_memory_bytes_max);
  section.span("stop_span", config.stop_span);
  section.count("outbox_disk_bytes_max", config.outbox_disk_bytes_max);
  if (const YamlNode* kafka = section.part("kafka")) {
    if (kafka->is_scalar()) {  // as the flag has it
      config.kafka.bootstrap = kafka->text;
    } else {
      read_kafka(*kafka, config, report);
    }
  }
  if (const YamlNode* http = section.part("http")) read_http(*http, config, report);
}

}  // namespace

rules::Diagnostics read_config(std::string_view file, std::string_view bytes, Config& config) {
  const rules::SourceText source(file, bytes);
  Report report(source);
  const rules::YamlTree tree = rules::parse_yaml(source, report);
  if (tree.root() != nullptr) read_root(*tree.root(), config, report);
  return report.take();
}

}  // namespace tocsin
