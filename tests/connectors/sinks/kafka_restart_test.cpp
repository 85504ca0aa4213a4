// A broker that is killed and comes back while effects are offered. Needs a broker of its own, so it starts one.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "connectors/sinks/kafka_sink.h"
#include "tests/connectors/sinks/effects.h"
#include "tests/connectors/sinks/kafka_reader.h"
#include "tests/connectors/sinks/kafka_world.h"
#include "tests/places.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

/// Exit code and first line of the output of one of deploy/kafka's commands.
std::pair<int, std::string> run(const std::string& command) {
  FILE* pipe = ::popen((source_dir().string() + "/deploy/kafka/" + command).c_str(), "r");
  if (pipe == nullptr) return {-1, {}};
  std::array<char, 256> line{};
  const bool read = std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr;
  std::string text = read ? line.data() : "";
  text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
  return {::pclose(pipe), text};
}

class KafkaRestart : public testing::Test {
 protected:
  void SetUp() override {
    TOCSIN_NEEDS_KAFKA();  // where there is none, there is nothing to start one with
    std::string pattern = (fs::temp_directory_path() / "tocsin-kafka-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    start();
    if (bootstrap_.empty()) {
      const char* ci = std::getenv("CI");
      ASSERT_FALSE(ci != nullptr && std::string(ci) == "true") << "no Kafka of our own can be started";
      GTEST_SKIP() << "no Kafka of our own can be started: a broker that comes back is NOT tested";
    }
  }
  void TearDown() override {
    if (folder_.empty()) return;
    run("stop --kill " + folder_);
    fs::remove_all(folder_);
  }

  void start() { bootstrap_ = run("start --data " + folder_).second; }
  void kill() { ASSERT_EQ(run("stop --kill " + folder_).first, 0); }

  /// Compression of the batches in a partition's files, each as its number in the format: attributes & 7, 3 is LZ4.
  std::map<int, int> compressions_of(const std::string& topic) const {
    // batch: [base offset i64][length i32][leader epoch i32][magic i8][crc u32][attributes i16]…, big-endian
    std::map<int, int> batches;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.path().extension() != ".log" ||
          !entry.path().parent_path().filename().string().starts_with(topic + "-"))
        continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      const auto byte = [&bytes](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
      };
      for (std::size_t at = 0; at + 23 <= bytes.size();) {
        const std::size_t length = byte(at + 8) << 24 | byte(at + 9) << 16 | byte(at + 10) << 8 | byte(at + 11);
        if (length == 0) break;  // preallocated
        ++batches[static_cast<int>(byte(at + 22) & 7)];
        at += 12 + length;
      }
    }
    return batches;
  }

  std::string folder_;
  std::string bootstrap_;
};

TEST_F(KafkaRestart, WhileEffectsAreOfferedLosesNoneAndKeepsTheOrderPerKey) {
  KafkaSinkOptions options = test::fresh_options(bootstrap_);
  options.partitions = 3;
  auto opened = KafkaSink::open(options);
  ASSERT_TRUE(opened.has_value());
  KafkaSink& sink = **opened;
  const std::vector<EffectPtr> effects = test::story(3000, 23);
  std::size_t offered = 0;
  const auto offer_to = [&](std::size_t end) {
    for (; offered < end; ++offered) {
      const bool taken = sink.offer(effects[offered]);
      ASSERT_TRUE(taken || test::poll_until(sink, [&] { return sink.offer(effects[offered]); }));
      if (offered % 16 == 0) sink.poll(Duration{0});
    }
  };
  const auto confirmed_at = [&](std::size_t count) { return sink.confirmed() >= effects[count - 1]->name; };

  offer_to(1000);
  ASSERT_TRUE(test::poll_until(sink, [&] { return confirmed_at(500); })) << sink.trouble();
  kill();
  offer_to(2000);
  ASSERT_TRUE(test::poll_until(sink, [&] { return !sink.trouble().empty(); }));
  EXPECT_FALSE(confirmed_at(2000));
  start();
  ASSERT_FALSE(bootstrap_.empty());
  offer_to(2400);
  kill();  // again, in the middle of the tail
  start();
  offer_to(effects.size());
  ASSERT_TRUE(test::poll_until(sink, [&] { return confirmed_at(effects.size()); })) << sink.trouble();
  EXPECT_EQ(sink.trouble(), "");

  const std::string events = options.records.topic_prefix + "tocsin.incidents.events";
  std::map<std::string, std::string> value_of;
  std::map<std::string, std::vector<std::int64_t>> first_copies;  // of a key: instants in the order of the topic
  for (const test::ReadRecord& record : test::read_all(bootstrap_, events)) {
    const auto [found, is_first] = value_of.emplace(record.headers.at(1).second, record.value);
    EXPECT_EQ(found->second, record.value) << "copies differ";
    if (is_first) first_copies[record.key].push_back(record.timestamp_ms);
  }
  for (const EffectPtr& effect : effects) {
    if (effect->kind != EffectKind::incident) continue;
    const auto found = value_of.find(to_text(effect->name));
    ASSERT_NE(found, value_of.end()) << to_text(effect->name) << " is lost";
    EXPECT_EQ(found->second, effect->value);
  }
  for (const auto& [key, instants] : first_copies) EXPECT_TRUE(std::ranges::is_sorted(instants)) << key;

  const std::map<int, int> compressions = compressions_of(events);
  constexpr int kLz4 = 3;
  EXPECT_GT(compressions.contains(kLz4) ? compressions.at(kLz4) : 0, 0) << "no batch is compressed by LZ4";
}

}  // namespace
}  // namespace tocsin
