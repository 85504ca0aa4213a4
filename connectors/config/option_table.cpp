#include "connectors/config/option_table.h"

#include <algorithm>
#include <array>

#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

using Kind = ConfigOption::Kind;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;

constexpr std::array kOptions{
    ConfigOption{"", "listen", Kind::texts, "", "127.0.0.1:9099", 0, 0,
                 "ADDRESS:PORT, or a list of them; IPv6 in brackets; port 0 picks a free one"},
    ConfigOption{"", "rules", Kind::texts, "", "", 0, 0,
                 "rule files and folders of them, in this order; none: the built-in rules"},
    ConfigOption{"", "watch_rules", Kind::truth, "", "true", 0, 0, "reload them when their files or tables change"},
    ConfigOption{"", "known_alerts", Kind::truth, "", "true", 0, 0,
                 "recognise alerts that a source repeats byte for byte; `false` for comparison"},
    ConfigOption{"", "data", Kind::text, "", "tocsin-data", 0, 0, "folder of the journal, made when it is missing"},
    ConfigOption{"", "events", Kind::text, "", "", 0, 0,
                 "NDJSON file for all records; `-` is standard output; none: no such file"},
    ConfigOption{"", "stop_span", Kind::span, "", "10s", 0, 0, "from SIGTERM to the end, at most"},
    ConfigOption{
        "", "bytes_in_flight_max", Kind::count, "bytes", "268435456", 8 * kMiB, 64 * kGiB,
        "bodies that were received and are not applied yet, with the labels and alerts made of them; beyond: 503"},
    ConfigOption{"", "outbox_memory_bytes_max", Kind::count, "bytes", "67108864", kMiB, 64 * kGiB,
                 "records that wait for one sink in memory; beyond: on disk"},
    ConfigOption{"", "outbox_disk_bytes_max", Kind::count, "bytes", "8589934592", kMiB, 1024 * kGiB,
                 "and on disk; beyond: the sink is full, senders get 503"},
    ConfigOption{"http", "threads", Kind::count, "threads", "1", 1, 64, "that read and decode"},
    ConfigOption{"http", "token_file", Kind::text, "", "", 0, 0,
                 "bearer tokens, one a line, `#` begins a comment; none: nobody is asked for one"},
    ConfigOption{"http", "header_bytes_max", Kind::count, "bytes", "8192", kKiB, kMiB, "of one request; beyond: 431"},
    ConfigOption{"http", "header_fields_max", Kind::count, "fields", "64", 8, 1024, "of one request; beyond: 431"},
    ConfigOption{"http", "body_bytes_max", Kind::count, "bytes", "4194304", kKiB, limits::kBodyBytesMax,
                 "of one request; beyond: 413"},
    ConfigOption{"http", "body_bytes_per_second_min", Kind::count, "bytes/s", "1024", 1, kGiB,
                 "after the first five seconds; slower: 408"},
    ConfigOption{"http", "connections_max", Kind::count, "connections", "4096", 1, 100'000, "beyond: 503 and closed"},
    ConfigOption{"http", "header_span", Kind::span, "", "5s", 0, 0, "first to last byte of a header; beyond: 408"},
    ConfigOption{"http", "body_span", Kind::span, "", "30s", 0, 0, "first to last byte of a body; beyond: 408"},
    ConfigOption{"http", "idle_span", Kind::span, "", "1m", 0, 0, "between two requests; beyond: closed"},
    ConfigOption{"http", "answer_span", Kind::span, "", "30s", 0, 0, "for a body to be made durable; beyond: 503"},
    ConfigOption{"http", "write_span", Kind::span, "", "30s", 0, 0, "for a client to take an answer; beyond: closed"},
    ConfigOption{"http", "stream_clients_max", Kind::count, "clients", "256", 0, 10'000,
                 "of the live stream; beyond: 503; 0: there is none"},
    ConfigOption{"http", "stream_buffer_bytes_max", Kind::count, "bytes", "1048576", 64 * kKiB, kGiB,
                 "that wait for one of them; beyond: it is cut off"},
    ConfigOption{"kafka", "bootstrap", Kind::text, "", "", 0, 0,
                 "HOST:PORT[,…] of any brokers; none: no Kafka. `kafka: HOST:PORT` says only this"},
    ConfigOption{"kafka", "properties", Kind::map, "", "", 0, 0,
                 "librdkafka's own by their names (`security.protocol`, `sasl.…`, `ssl.…`); not those that delivery "
                 "rests on"},
    ConfigOption{"kafka", "create_topics", Kind::truth, "", "true", 0, 0,
                 "make topics that are missing when they are first needed"},
    ConfigOption{"kafka", "partitions", Kind::count, "partitions", "6", 1, 10'000, "of the topics that are made"},
    ConfigOption{"kafka", "replication", Kind::count, "copies", "", 1, 100,
                 "of the topics that are made; none: as the broker has it"},
    ConfigOption{"kafka", "topic_prefix", Kind::text, "", "", 0, 0,
                 "before the name of every topic, those of routes too"},
    ConfigOption{"kafka", "events_topic", Kind::text, "", "tocsin.incidents.events", 0, 0, "every revision"},
    ConfigOption{"kafka", "state_topic", Kind::text, "", "tocsin.incidents.state", 0, 0,
                 "the newest revision of each incident; compacted"},
    ConfigOption{"kafka", "dead_topic", Kind::text, "", "tocsin.alerts.dead", 0, 0, "what could not be accepted"},
    ConfigOption{"kafka", "audit_topic", Kind::text, "", "tocsin.audit", 0, 0,
                 "what people did, and what became of it"},
    ConfigOption{"kafka", "commands_topic", Kind::text, "", "tocsin.commands", 0, 0,
                 "where commands are read from; \"\": nowhere"},
    ConfigOption{"kafka", "commands_group", Kind::text, "", "tocsin-commands", 0, 0,
                 "the consumer group of that; two engines on one Kafka need two"},
    ConfigOption{"kafka", "ce_source", Kind::text, "", "/tocsin", 0, 0,
                 "`source` of the CloudEvents: tells two engines apart that write to one Kafka"},
};

/// "4 MiB", "1024".
std::string number_text(std::uint64_t number, std::string_view unit) {
  if (!unit.starts_with("bytes")) return std::to_string(number);
  for (const auto& [size, name] : {std::pair{kGiB, " GiB"}, {kMiB, " MiB"}, {kKiB, " KiB"}}) {
    if (number >= size && number % size == 0) return std::to_string(number / size) + name;
  }
  return std::to_string(number);
}

std::string default_of(const ConfigOption& option) {
  if (option.default_text.empty()) return "none";
  std::string text = "`" + std::string(option.default_text) + "`";
  if (option.kind != Kind::count) return text;
  const std::string number = number_text(std::stoull(std::string(option.default_text)), option.unit);
  return number == option.default_text ? text : text + " (" + number + ")";
}

std::string range_of(const ConfigOption& option) {
  switch (option.kind) {
    case Kind::text:
      return "text";
    case Kind::texts:
      return "text, or a list";
    case Kind::truth:
      return "`true`, `false`";
    case Kind::map:
      return "a map of texts";
    case Kind::span:
      return "a duration from `1ms`";
    case Kind::count:
      return number_text(option.min, option.unit) + " to " + number_text(option.max, option.unit) +
             (option.unit == "bytes/s" ? "/s" : "");
  }
  return {};
}

}  // namespace

std::span<const ConfigOption> config_options() { return kOptions; }

const ConfigOption& config_option(std::string_view section, std::string_view key) {
  const auto found = std::ranges::find_if(
      kOptions, [&](const ConfigOption& option) { return option.section == section && option.key == key; });
  TOCSIN_CHECK(found != kOptions.end(), "a key that is read stands in the table");
  return *found;
}

std::string config_options_page() {
  std::string page = "| key | default | range | unit | what it is |\n| --- | --- | --- | --- | --- |\n";
  for (const ConfigOption& option : kOptions) {
    std::string name(option.section);
    if (!name.empty()) name += '.';
    name += option.key;
    page += "| `" + name + "` | " + default_of(option) + " | " + range_of(option) + " | " + std::string(option.unit) +
            " | " + std::string(option.about) + " |\n";
  }
  return page;
}

}  // namespace tocsin
