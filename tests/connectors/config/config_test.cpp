#include "connectors/config/config.h"

#include <gmock/gmock.h>

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Config, EveryKeyIsRead) {
  Config config;
  const auto diagnostics = read_config("tocsin.yaml", R"(
listen: [127.0.0.1:9099, "[::1]:9099"]
rules: [rules/platform.yaml, rules/team]
data: /var/lib/tocsin
events: "-"
kafka:
  bootstrap: k1:9092,k2:9092
  create_topics: false
  partitions: 12
  replication: 3
  topic_prefix: staging.
  properties: {security.protocol: SASL_SSL, linger.ms: 20}
http:
  threads: 4
  token_file: /etc/tocsin/tokens
  body_bytes_max: 1048576
  idle_span: 2m
bytes_in_flight_max: 67108864
outbox_disk_bytes_max: 1073741824
stop_span: 25s
)",
                                       config);
  for (const auto& diagnostic : diagnostics) ADD_FAILURE() << rules::to_text(diagnostic, false);
  EXPECT_THAT(config.http.listen, ElementsAre("127.0.0.1:9099", "[::1]:9099"));
  EXPECT_THAT(config.rules, ElementsAre("rules/platform.yaml", "rules/team"));
  EXPECT_EQ(config.data, "/var/lib/tocsin");
  EXPECT_EQ(config.events, "-");
  EXPECT_EQ(config.kafka.bootstrap, "k1:9092,k2:9092");
  EXPECT_FALSE(config.kafka.create_topics);
  EXPECT_EQ(config.kafka.partitions, 12);
  EXPECT_EQ(config.kafka.replication, 3);
  EXPECT_EQ(config.kafka.records.topic_prefix, "staging.");
  EXPECT_EQ(config.kafka.properties.at("security.protocol"), "SASL_SSL");
  EXPECT_EQ(config.kafka.properties.at("linger.ms"), "20");
  EXPECT_EQ(config.http_threads, 4U);
  EXPECT_EQ(config.token_file, "/etc/tocsin/tokens");
  EXPECT_EQ(config.http.limits.body_bytes_max, 1048576U);
  EXPECT_EQ(config.http.limits.idle_span, 2min);
  EXPECT_EQ(config.bytes_in_flight_max, 67108864U);
  EXPECT_EQ(config.outbox_disk_bytes_max, 1073741824U);
  EXPECT_EQ(config.stop_span, 25s);
}

TEST(Config, RulesAreWatchedUnlessItSaysOtherwise) {
  Config config;
  EXPECT_TRUE(config.watch_rules);
  EXPECT_TRUE(read_config("c.yaml", "watch_rules: false\n", config).empty());
  EXPECT_FALSE(config.watch_rules);
  EXPECT_TRUE(config.known_alerts);
  EXPECT_TRUE(read_config("c.yaml", "known_alerts: false\n", config).empty());
  EXPECT_FALSE(config.known_alerts);
}

TEST(Config, KafkaMayBeWrittenAsTheFlag) {
  Config config;
  EXPECT_TRUE(read_config("c.yaml", "kafka: localhost:9092\nlisten: 0.0.0.0:1\n", config).empty());
  EXPECT_EQ(config.kafka.bootstrap, "localhost:9092");
  EXPECT_THAT(config.http.listen, ElementsAre("0.0.0.0:1"));
}

TEST(Config, AnEmptyFileIsTheDefaults) {
  Config config;
  EXPECT_TRUE(read_config("c.yaml", "# nothing yet\n", config).empty());
  EXPECT_EQ(config.data, "tocsin-data");
}

struct Mistake {
  const char* name;
  const char* text;
  const char* code;
  std::uint32_t line;
};

class ConfigRefuses : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigRefuses, WithThePlace) {
  Config config;
  const auto diagnostics = read_config("c.yaml", GetParam().text, config);
  ASSERT_FALSE(diagnostics.empty());
  EXPECT_TRUE(rules::has_errors(diagnostics));
  EXPECT_EQ(diagnostics[0].line, GetParam().line);
  EXPECT_EQ(diagnostics[0].code, GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(Table, ConfigRefuses,
                         testing::Values(Mistake{"unknown", "lisen: x\n", "unknown_key", 1},
                                         Mistake{"nested", "http:\n  thread: 2\n", "unknown_key", 2},
                                         Mistake{"range", "http:\n  threads: 0\n", "bad_number", 2},
                                         Mistake{"no_outbox", "outbox_disk_bytes_max: 0\n", "bad_number", 1},
                                         Mistake{"twice", "data: a\ndata: b\n", "duplicate_key", 2},
                                         Mistake{"type", "kafka: [a]\n", "wrong_type", 1}),
                         [](const auto& mistake) { return mistake.param.name; });

}  // namespace
}  // namespace tocsin
