#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sinks/record.h"
#include "engine/model/instant.h"
#include "engine/model/refusal.h"

struct rd_kafka_s;
struct rd_kafka_queue_s;

namespace tocsin {

/// Why a record was not delivered.
enum class SendFailure : std::uint8_t {
  too_large,  // the destination does not take a record, or a batch, of this size
  invalid,    // it does not take this record for what it is
  other,      // nothing of the record's own
};

/// What a producer tells, from inside poll() only.
class KafkaListener {
 public:
  virtual ~KafkaListener() = default;
  virtual void on_delivered(std::uint64_t tag) = 0;
  virtual void on_failed(std::uint64_t tag, SendFailure failure, std::string_view why) = 0;
  /// No broker can be reached, authentication failed: librdkafka keeps trying.
  virtual void on_unwell(std::string_view why) = 0;
};

/// A topic to be made.
struct TopicPlan {
  std::string name;
  int partitions = 1;
  int replication = -1;
  bool compacted = false;
};

/// What became of a TopicPlan.
struct TopicOutcome {
  enum class Kind : std::uint8_t { exists, impossible, not_made };
  std::string name;
  Kind kind = Kind::not_made;
  std::string why;  // unless it exists
};

/// The largest batch that a topic takes, as its cluster says.
struct TopicLimit {
  std::string name;
  std::size_t bytes_max = 0;   // 0: it did not say
  bool is_unheard_of = false;  // by the broker that was asked: made just now
  bool is_answered = false;    // false: nobody answered at all
};

/// One life of librdkafka's idempotent producer: every detail of its C API is behind this class. One thread;
/// librdkafka's own threads call nobody. Failures that librdkafka can mend (broker gone, leader moved, timeouts) are
/// retried by it for ever, in order; it tells only what it cannot mend, and after that its user is expected to throw it
/// away.
class KafkaProducer {
 public:
  /// `listener` must outlive the producer. No batch of several records has more than `batch_bytes_max` bytes before it
  /// is compressed; 0: as the properties say. Refused (bad_value): a property that is not known, has a bad value, or is
  /// ours.
  static Result<std::unique_ptr<KafkaProducer>> make(const std::string& bootstrap,
                                                     const std::map<std::string, std::string>& properties,
                                                     KafkaListener& listener, std::size_t batch_bytes_max = 0);
  /// Drops what was not delivered.
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  enum class Sent : std::uint8_t { taken, full, too_large, failed };
  /// Puts a record into the local queue; `tag` comes back in on_delivered or on_failed. `value` must stay until then or
  /// until the producer is gone; the rest is copied. `failed`: `why` says it.
  Sent send(const OutTopic& topic, const OutRecord& record, std::string_view value, Instant at, std::uint64_t tag,
            std::string& why);

  /// Serves what has come in, waiting at most `wait` for the first.
  void poll(Duration wait);

  /// Why this producer will never send again; nothing: it is well.
  std::optional<std::string> fatal() const;

  /// Asks the cluster to make topics; the answers come from topic_outcomes(), all of one call together. One call at a
  /// time.
  void create_topics(std::span<const TopicPlan> plans);
  std::vector<TopicOutcome> topic_outcomes();

  /// Asks what topics take (`max.message.bytes`); the answers come from topic_limits(), all of one call together. One
  /// call at a time.
  void ask_limits(std::span<const std::string> topics);
  std::vector<TopicLimit> topic_limits();

  /// Bounds of this producer's own: of a record, and of a batch of several.
  std::size_t record_bytes_max() const { return record_bytes_max_; }
  std::size_t batch_bytes_max() const { return batch_bytes_max_; }

  enum class Topic : std::uint8_t { exists, missing, impossible, unknown };
  /// Blocks for at most `wait`. Unknown: nobody answered, or we may not see it; `why` says it.
  Topic look_up(const std::string& topic, Duration wait, std::string& why);
  /// Whether any broker answers within `wait`.
  bool answers(Duration wait);

 private:
  KafkaProducer() = default;
  struct Free {
    void operator()(rd_kafka_s* kafka) const;
    void operator()(rd_kafka_queue_s* queue) const;
  };
  std::unique_ptr<rd_kafka_s, Free> kafka_;
  std::unique_ptr<rd_kafka_queue_s, Free> admin_;
  std::unique_ptr<rd_kafka_queue_s, Free> limits_;
  std::vector<std::string> asked_;         // topics of the create_topics() call that is under way
  std::vector<std::string> asked_limits_;  // of the ask_limits() call
  int some_broker_ = -1;                   // of the last metadata; -1: none came
  std::size_t record_bytes_max_ = 0;
  std::size_t batch_bytes_max_ = 0;
};

}  // namespace tocsin
