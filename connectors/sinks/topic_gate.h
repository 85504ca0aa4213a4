#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "connectors/sinks/kafka_options.h"

namespace tocsin {

class KafkaProducer;

/// Lets a record pass once its topic is there, so that nothing is sent into the void and the state topic is compacted
/// from its first record on (a broker that makes topics by itself would have let it expire). A sink's thread.
class TopicGate {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { ready, waiting, impossible };

  /// `options` must outlive the gate.
  explicit TopicGate(const KafkaSinkOptions& options);

  /// Waiting: the topic is looked up or made in the next calls of poll(). Impossible: no broker will ever take such a
  /// name.
  State ask(const std::string& topic);

  /// Goes on with what was asked. May block for 200 ms, at most twice a second and only while topics are waited for
  /// that cannot be made: librdkafka's look-up has no other form.
  void poll(KafkaProducer& producer, Clock::time_point now);

  /// With a new producer everything is looked up again.
  void forget();

  /// What is wrong with topics that are waited for; empty when nothing is.
  std::string trouble() const;

 private:
  enum class Step : std::uint8_t { make, making, look_up, ready, impossible };
  struct Entry {
    Step step = Step::make;
    std::string why{};
    bool stuck = false;  // looked up and found missing, or nobody answered
  };
  void take_outcomes(KafkaProducer& producer);
  void look_up(KafkaProducer& producer, Clock::time_point now);
  void make(KafkaProducer& producer);

  const KafkaSinkOptions& options_;
  std::string state_topic_;
  std::map<std::string, Entry, std::less<>> topics_;
  Clock::time_point next_look_{};
  bool making_ = false;
  bool all_ready_ = true;  // nothing to do
};

/// [a-zA-Z0-9._-]{1,249}, not "." or "..": what Kafka takes as the name of a topic.
bool is_topic_name(std::string_view name);

}  // namespace tocsin
