// What the log is told of sinks: soon, each minute, and when it is over.

#include "engine/runtime/outbox/sink_teller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class SinkTellerTest : public testing::Test {
 protected:
  std::vector<SinkTeller::Line> look(seconds at) { return teller.look({sink}, at); }

  SinkTeller teller;
  SinkStatus sink{.name = "kafka", .effects_waiting = 312, .bytes_waiting = 2 << 20};
};

TEST_F(SinkTellerTest, SaysWithinFiveSecondsThatADestinationIsGoneAgainEachMinuteAndOnceThatItIsBack) {
  EXPECT_TRUE(look(seconds{10}).empty());
  sink.trouble = "Kafka: not well since T: all brokers are down";
  std::vector<int> told;
  for (int at = 11; at <= 200; ++at) {
    for (const auto& line : look(seconds{at})) {
      EXPECT_TRUE(line.is_bad);
      EXPECT_EQ(line.text, "sink kafka: Kafka: not well since T: all brokers are down; 312 effects, 2.0 MiB waiting");
      told.push_back(at);
    }
  }
  EXPECT_EQ(told, (std::vector<int>{13, 73, 133, 193}));
  sink.trouble.clear();
  const auto back = look(seconds{201});
  ASSERT_EQ(back.size(), 1u);
  EXPECT_FALSE(back[0].is_bad);
  EXPECT_THAT(back[0].text, HasSubstr("well again, after 3m10s"));
  EXPECT_TRUE(look(seconds{202}).empty());
}

TEST_F(SinkTellerTest, SaysNothingOfAConnectionThatIsBackAtOnce) {
  sink.trouble = "Kafka: a connection was cut";
  EXPECT_TRUE(look(seconds{1}).empty());
  sink.trouble.clear();
  EXPECT_TRUE(look(seconds{2}).empty());
}

TEST_F(SinkTellerTest, SaysAtOnceThatASinkDoesNotAnswerAndThatItIsFull) {
  sink.stuck_since = from_unix_ns(1'000'000'000);
  sink.full_since = from_unix_ns(2'000'000'000);
  sink.disk_bytes_max = 1 << 20;
  const auto lines = look(seconds{1});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text,
            "sink kafka is full since 1970-01-01T00:00:02.000Z: 312 effects, 2.0 MiB waiting, at most 1.0 MiB are kept "
            "on disk; no alerts are accepted until there is room");
  EXPECT_EQ(lines[1].text,
            "sink kafka: nothing was acknowledged since 1970-01-01T00:00:01.000Z; 312 effects, 2.0 MiB waiting");
  sink.stuck_since = sink.full_since = kUnset;
  EXPECT_EQ(look(seconds{2}).size(), 2u);
}

TEST_F(SinkTellerTest, SaysOnceWhatAnEarlierLifeLeftUndeliverableAndThenEachNewOneButNotTooOften) {
  sink.undeliverable = 2;
  EXPECT_EQ(look(seconds{1}).size(), 1u);
  EXPECT_EQ(look(seconds{100}).size(), 0u);
  sink.undeliverable = 3;
  sink.undeliverable_ever = 1;
  sink.undeliverable_last = "journal-4-0 to incidents.page: too large";
  const auto lines = look(seconds{101});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text,
            "sink kafka: 3 records held as undeliverable, 0 bytes; the last one: journal-4-0 to incidents.page: too "
            "large; `tocsin undeliverable` lists them and sends them again");
  sink.undeliverable_ever = 2;
  EXPECT_EQ(look(seconds{102}).size(), 0u);
  EXPECT_EQ(look(seconds{111}).size(), 1u);
}

}  // namespace
}  // namespace tocsin
