#include "connectors/sinks/kafka_told.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "connectors/sinks/tsan_threads.h"

namespace tocsin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBound{5};
constexpr std::chrono::milliseconds kSlice{100};
constexpr std::int64_t kLastRecords = 50;  // of a partition: several engines may write to one topic

struct FreeReader {
  void operator()(rd_kafka_t* kafka) const { rd_kafka_destroy(kafka); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
template <typename T>
using Reader = std::unique_ptr<T, FreeReader>;

/// What the consumer's errors said, from inside its polls only.
struct Errors {
  bool all_are_down = false;
  std::string last;
};

void note_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  auto& errors = *static_cast<Errors*>(opaque);
  errors.last = reason;
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__AUTHENTICATION)
    errors.all_are_down = true;
}

void drop_line(const rd_kafka_t*, int, const char*, const char*) {}

Reader<rd_kafka_t> consumer(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
                            Errors& errors) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const auto set = [conf](const std::string& name, const std::string& value) {
    // What only producers know is not known here; whether it is right was judged when the sink was opened.
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
  };
  for (const auto& [name, value] : properties) set(name, value);
  set("bootstrap.servers", bootstrap);
  set("client.id", "tocsin-told");
  set("enable.partition.eof", "true");
  set("auto.offset.reset", "earliest");
  set("log_level", "0");
  rd_kafka_conf_set_opaque(conf, &errors);
  rd_kafka_conf_set_error_cb(conf, note_error);
  rd_kafka_conf_set_log_cb(conf, drop_line);
  std::array<char, 512> text{};
  rd_kafka_t* kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text.data(), text.size());
  if (kafka == nullptr) {
    errors.last = text.data();
    rd_kafka_conf_destroy(conf);
  }
  return Reader<rd_kafka_t>(kafka);
}

std::string_view header_of(const rd_kafka_headers_t* headers, const char* name) {
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return {static_cast<const char*>(value), size};
}

int left_ms(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

/// One look at the end of a topic.
class Look {
 public:
  Look(rd_kafka_t* kafka, const std::string& topic, const std::string& ce_source, const Errors& errors)
      : kafka_(kafka), name_(topic), ce_source_(ce_source), errors_(errors) {}

  Told run() {
    if (!find_partitions()) return unknown();
    if (partitions_ == 0) return {};
    topic_.reset(rd_kafka_topic_new(kafka_, name_.c_str(), nullptr));
    queue_.reset(rd_kafka_queue_new(kafka_));
    std::vector<int> begun;
    const bool has_begun = begin(begun);
    const bool is_read = has_begun && read(begun.size());
    for (const int partition : begun) rd_kafka_consume_stop(topic_.get(), partition);
    if (!is_read) return unknown();
    return told_;
  }

 private:
  Told unknown() const { return {.is_known = false, .why = why_.empty() ? "no broker answered" : why_}; }

  bool find_partitions() {
    while (Clock::now() < end_) {
      const Reader<rd_kafka_topic_t> topic(rd_kafka_topic_new(kafka_, name_.c_str(), nullptr));
      const rd_kafka_metadata_t* raw = nullptr;
      const rd_kafka_resp_err_t error =
          rd_kafka_metadata(kafka_, 0, topic.get(), &raw, static_cast<int>(kSlice.count()));
      const Reader<const rd_kafka_metadata_t> metadata(raw);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
        const rd_kafka_resp_err_t code = metadata->topics[0].err;
        if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return true;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return partitions_ = metadata->topics[0].partition_cnt, true;
        why_ = rd_kafka_err2str(code);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) return false;
      }
      rd_kafka_poll(kafka_, 0);
      if (errors_.all_are_down) return why_ = errors_.last, false;
    }
    if (!errors_.last.empty()) why_ = errors_.last;
    return false;
  }

  /// Reads the last records of each partition that has some into one queue.
  bool begin(std::vector<int>& begun) {
    for (int partition = 0; partition < partitions_; ++partition) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      const rd_kafka_resp_err_t error =
          rd_kafka_query_watermark_offsets(kafka_, name_.c_str(), partition, &low, &high, left_ms(end_));
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return why_ = rd_kafka_err2str(error), false;
      if (high <= low) continue;
      const std::int64_t from = std::max(low, high - kLastRecords);
      if (rd_kafka_consume_start_queue(topic_.get(), partition, from, queue_.get()) != 0)
        return why_ = rd_kafka_err2str(rd_kafka_last_error()), false;
      begun.push_back(partition);
    }
    return true;
  }

  bool read(std::size_t partitions) {
    while (partitions > 0 && Clock::now() < end_) {
      const Reader<rd_kafka_message_t> message(rd_kafka_consume_queue(queue_.get(), static_cast<int>(kSlice.count())));
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        --partitions;
      } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        why_ = rd_kafka_message_errstr(message.get());
      } else {
        note(message.get());
      }
    }
    if (partitions > 0 && why_.empty()) why_ = "the last records of " + name_ + " did not come in time";
    return partitions == 0;
  }

  void note(const rd_kafka_message_t* message) {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    EffectName name;
    if (header_of(headers, "ce_source") != ce_source_ || !parse_effect_name(header_of(headers, "ce_id"), name)) return;
    told_.note(name);
  }

  rd_kafka_t* kafka_;
  const std::string& name_;
  const std::string& ce_source_;
  const Errors& errors_;
  const Clock::time_point end_ = Clock::now() + kBound;
  int partitions_ = 0;
  Reader<rd_kafka_topic_t> topic_;
  Reader<rd_kafka_queue_t> queue_;
  Told told_;
  std::string why_;
};

}  // namespace

Told ask_kafka_what_it_was_told(const std::string& bootstrap, const std::map<std::string, std::string>& properties,
                                const std::string& topic, const std::string& ce_source) {
#ifdef __SANITIZE_THREAD__
  use_threads_that_tsan_sees();
#endif
  Errors errors;
  const Reader<rd_kafka_t> kafka = consumer(bootstrap, properties, errors);
  if (kafka == nullptr) return {.is_known = false, .why = errors.last};
  return Look(kafka.get(), topic, ce_source, errors).run();
}

}  // namespace tocsin
