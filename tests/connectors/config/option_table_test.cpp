#include "connectors/config/option_table.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "connectors/config/config.h"
#include "tests/places.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

/// `key: value` in its section.
std::string line_of(const ConfigOption& option, const std::string& value) {
  const std::string line = std::string(option.key) + ": " + value + "\n";
  return option.section.empty() ? line : std::string(option.section) + ":\n  " + line;
}

bool is_read(const std::string& text) {
  Config config;
  return read_config("c.yaml", text, config).empty();
}

TEST(OptionTable, ItsDefaultsAreThoseOfTheEngine) {
  std::string text;
  for (const std::string section : {"", "http", "kafka"}) {
    if (!section.empty()) text += section + ":\n";
    for (const ConfigOption& option : config_options()) {
      if (option.section == section && !option.default_text.empty())
        text +=
            (section.empty() ? "" : "  ") + std::string(option.key) + ": " + std::string(option.default_text) + "\n";
    }
  }
  Config read;
  for (const auto& diagnostic : read_config("c.yaml", text, read)) ADD_FAILURE() << rules::to_text(diagnostic, false);
  const Config plain;
  EXPECT_EQ(read.http.listen, plain.http.listen);
  EXPECT_EQ(read.watch_rules, plain.watch_rules);
  EXPECT_EQ(read.data, plain.data);
  EXPECT_EQ(read.stop_span, plain.stop_span);
  EXPECT_EQ(read.bytes_in_flight_max, plain.bytes_in_flight_max);
  EXPECT_EQ(read.outbox_memory_bytes_max, plain.outbox_memory_bytes_max);
  EXPECT_EQ(read.outbox_disk_bytes_max, plain.outbox_disk_bytes_max);
  EXPECT_EQ(read.http_threads, plain.http_threads);
  const HttpLimits& limits = read.http.limits;
  const HttpLimits& usual = plain.http.limits;
  EXPECT_EQ(limits.header_bytes_max, usual.header_bytes_max);
  EXPECT_EQ(limits.header_fields_max, usual.header_fields_max);
  EXPECT_EQ(limits.body_bytes_max, usual.body_bytes_max);
  EXPECT_EQ(limits.body_bytes_per_second_min, usual.body_bytes_per_second_min);
  EXPECT_EQ(limits.connections_max, usual.connections_max);
  EXPECT_EQ(limits.header_span, usual.header_span);
  EXPECT_EQ(limits.body_span, usual.body_span);
  EXPECT_EQ(limits.idle_span, usual.idle_span);
  EXPECT_EQ(limits.answer_span, usual.answer_span);
  EXPECT_EQ(limits.write_span, usual.write_span);
  EXPECT_EQ(limits.stream_clients_max, usual.stream_clients_max);
  EXPECT_EQ(limits.stream_buffer_bytes_max, usual.stream_buffer_bytes_max);
  EXPECT_EQ(read.kafka.create_topics, plain.kafka.create_topics);
  EXPECT_EQ(read.kafka.partitions, plain.kafka.partitions);
  EXPECT_EQ(read.kafka.records.events_topic, plain.kafka.records.events_topic);
  EXPECT_EQ(read.kafka.records.state_topic, plain.kafka.records.state_topic);
  EXPECT_EQ(read.kafka.records.dead_topic, plain.kafka.records.dead_topic);
  EXPECT_EQ(read.kafka.records.ce_source, plain.kafka.records.ce_source);
}

TEST(OptionTable, EveryKeyOfItIsRead) {
  for (const ConfigOption& option : config_options()) {
    std::string value = "x";
    if (option.kind == ConfigOption::Kind::truth) value = "true";
    if (option.kind == ConfigOption::Kind::span) value = "1s";
    if (option.kind == ConfigOption::Kind::map) value = "{a: b}";
    if (option.kind == ConfigOption::Kind::count) value = std::to_string(option.min);
    EXPECT_TRUE(is_read(line_of(option, value))) << option.section << "." << option.key;
  }
}

TEST(OptionTable, ItsRangesHold) {
  for (const ConfigOption& option : config_options()) {
    if (option.kind != ConfigOption::Kind::count) continue;
    EXPECT_TRUE(is_read(line_of(option, std::to_string(option.max)))) << option.key;
    EXPECT_FALSE(is_read(line_of(option, std::to_string(option.max + 1)))) << option.key;
    if (option.min == 0) continue;
    EXPECT_FALSE(is_read(line_of(option, std::to_string(option.min - 1)))) << option.key;
  }
}

TEST(OptionTable, AnOutboxWithoutRoomOnDiskIsRefused) { EXPECT_FALSE(is_read("outbox_disk_bytes_max: 0\n")); }

TEST(OptionTable, ThePageForOperatorsIsWrittenFromIt) {
  std::ifstream file(source_dir() / "deploy/README.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(page, HasSubstr(config_options_page()));
}

}  // namespace
}  // namespace tocsin
