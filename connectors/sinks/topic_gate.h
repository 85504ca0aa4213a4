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

  /// With a new producer everything is looked up again; what topics take is still known meanwhile.
  void forget();

  /// The largest batch that `topic` takes, as far as is known; 0: it is not.
  std::size_t bytes_max(const std::string& topic) const;
  /// The smallest of all topics that were asked for; 0: none is known.
  std::size_t smallest_bytes_max() const;
  /// A record that came alone was refused as too large; `bytes` are what it was thought to take. Unless the cluster
  /// says something that explains it, less is sent from now on.
  void was_too_large(const std::string& topic, std::size_t bytes);
  /// Somebody may have changed what topics take: it is asked again, and what was learnt from refusals is forgotten.
  void ask_limits_again();

  /// What is wrong with topics that are waited for; empty when nothing is.
  std::string trouble() const;

 private:
  enum class Step : std::uint8_t { make, making, look_up, ask_limit, asking, ready, impossible };
  struct Entry {
    Step step = Step::make;
    std::string why{};
    bool stuck = false;            // looked up and found missing, or nobody answered
    Clock::time_point limit_by{};  // it is ready without a limit from then on
  };
  void take_outcomes(KafkaProducer& producer);
  void look_up(KafkaProducer& producer, Clock::time_point now);
  void make(KafkaProducer& producer);
  void ask_limits(KafkaProducer& producer, Clock::time_point now);

  /// In bytes of a batch; 0: not known.
  struct Limit {
    std::size_t told = 0;     // by the cluster
    std::size_t refused = 0;  // the smallest that was refused
    std::size_t bytes_max() const;
  };

  const KafkaSinkOptions& options_;
  std::string state_topic_;
  std::map<std::string, Entry, std::less<>> topics_;
  std::map<std::string, Limit, std::less<>> limits_;  // outlives producers
  Clock::time_point next_look_{};
  bool making_ = false;
  bool asking_ = false;
  bool does_say_ = true;  // the cluster answered when it was last asked for limits, or was not asked
  Clock::time_point next_ask_{};
  bool all_ready_ = true;  // nothing to do
};

/// [a-zA-Z0-9._-]{1,249}, not "." or "..": what Kafka takes as the name of a topic.
bool is_topic_name(std::string_view name);

}  // namespace tocsin
