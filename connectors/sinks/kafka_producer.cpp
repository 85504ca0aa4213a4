#include "connectors/sinks/kafka_producer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <librdkafka/rdkafka.h>

#include "connectors/sinks/tsan_threads.h"

namespace tocsin {
namespace {

struct FreeKafka {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
template <typename T>
using Owned = std::unique_ptr<T, FreeKafka>;

using Setting = std::pair<std::string_view, std::string_view>;

/// What may be tuned from outside.
constexpr std::array<Setting, 9> kDefaults{{
    {"client.id", "tocsin"},
    {"compression.codec", "lz4"},
    {"linger.ms", "5"},
    {"batch.size", "262144"},  // below any sensible max.message.bytes of a topic: a batch is refused as a whole
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.max.ms", "2000"},
    {"log_level", "3"},
    {"statistics.interval.ms", "0"},
}};

/// What the guarantee rests on. Gapless: a record that fails takes all after it along, so that they are sent again in
/// order.
constexpr std::array<Setting, 6> kOurs{{
    {"enable.idempotence", "true"},
    {"enable.gapless.guarantee", "true"},
    {"acks", "all"},
    {"partitioner", "murmur2_random"},  // as Java clients have it
    {"message.timeout.ms", "0"},        // never given up
    {"log.queue", "true"},              // no calls from librdkafka's threads
}};
/// The same things under librdkafka's other names, and what would turn it into something else.
constexpr std::array<std::string_view, 11> kNotToBeSet{"bootstrap.servers",
                                                       "metadata.broker.list",
                                                       "request.required.acks",
                                                       "delivery.timeout.ms",
                                                       "transactional.id",
                                                       "queuing.strategy",
                                                       "retries",
                                                       "message.send.max.retries",
                                                       "dr_cb",
                                                       "dr_msg_cb",
                                                       "opaque"};

int to_ms(Duration wait) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::clamp<decltype(ms)>(ms, 0, 600'000));
}

KafkaListener& listener_of(void* opaque) { return *static_cast<KafkaListener*>(opaque); }

SendFailure kind_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return SendFailure::too_large;
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return SendFailure::invalid;
    default:
      return SendFailure::other;
  }
}

std::size_t number_of(const rd_kafka_conf_t* conf, const char* name) {
  std::array<char, 64> text{};
  std::size_t size = text.size();
  if (rd_kafka_conf_get(conf, name, text.data(), &size) != RD_KAFKA_CONF_OK) return 0;
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + std::char_traits<char>::length(text.data()), number);
  return number;
}

void on_delivery_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  const auto tag = reinterpret_cast<std::uint64_t>(message->_private);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    listener_of(opaque).on_delivered(tag);
  } else {
    listener_of(opaque).on_failed(tag, kind_of(message->err), rd_kafka_err2str(message->err));
  }
}

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  if (code == RD_KAFKA_RESP_ERR__FATAL) return;  // asked for by fatal()
  listener_of(opaque).on_unwell(reason != nullptr ? reason : rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)));
}

void drop_log(const rd_kafka_t*, int, const char*, const char*) {}  // what matters comes as an error too

/// Without the value: it may be a secret.
bool set(rd_kafka_conf_t* conf, std::string_view name, std::string_view value, std::string& why) {
  const std::string key(name);
  switch (rd_kafka_conf_set(conf, key.c_str(), std::string(value).c_str(), nullptr, 0)) {
    case RD_KAFKA_CONF_OK:
      return true;
    case RD_KAFKA_CONF_UNKNOWN:
      why = "the Kafka property '" + key + "' is not known to librdkafka";
      return false;
    default:
      why = "the Kafka property '" + key + "' does not take that value";
      return false;
  }
}

bool is_ours(std::string_view name) {
  return std::ranges::find(kOurs, name, &Setting::first) != kOurs.end() ||
         std::ranges::find(kNotToBeSet, name) != kNotToBeSet.end();
}

TopicOutcome outcome_of(const rd_kafka_topic_result_t* result) {
  const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(result);
  const char* text = rd_kafka_topic_result_error_string(result);
  TopicOutcome outcome{rd_kafka_topic_result_name(result), TopicOutcome::Kind::not_made,
                       text != nullptr ? text : rd_kafka_err2str(code)};
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    outcome.kind = TopicOutcome::Kind::exists;
  } else if (code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION) {
    outcome.kind = TopicOutcome::Kind::impossible;
  }
  return outcome;
}

}  // namespace

void KafkaProducer::Free::operator()(rd_kafka_s* kafka) const {
  rd_kafka_purge(kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_destroy(kafka);
}
void KafkaProducer::Free::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }

KafkaProducer::~KafkaProducer() {
  admin_.reset();  // before their producer
  limits_.reset();
  kafka_.reset();
}

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::make(const std::string& bootstrap,
                                                           const std::map<std::string, std::string>& properties,
                                                           KafkaListener& listener, std::size_t batch_bytes_max) {
#ifdef __SANITIZE_THREAD__
  use_threads_that_tsan_sees();
#endif
  const Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  std::string why;
  for (const auto& [name, value] : kDefaults) {
    if (!set(conf.get(), name, value, why)) return refuse(Refusal::bad_value, why);
  }
  for (const auto& [name, value] : properties) {
    if (is_ours(name)) {
      return refuse(Refusal::bad_value, "the Kafka property '" + name + "' is set by tocsin: delivery rests on it");
    }
    if (!set(conf.get(), name, value, why)) return refuse(Refusal::bad_value, why);
  }
  for (const auto& [name, value] : kOurs) {
    if (!set(conf.get(), name, value, why)) return refuse(Refusal::bad_value, why);
  }
  if (!set(conf.get(), "bootstrap.servers", bootstrap, why)) return refuse(Refusal::bad_value, why);
  if (batch_bytes_max != 0 && batch_bytes_max < number_of(conf.get(), "batch.size")) {
    if (!set(conf.get(), "batch.size", std::to_string(batch_bytes_max), why)) return refuse(Refusal::bad_value, why);
  }
  rd_kafka_conf_set_opaque(conf.get(), &listener);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery_report);
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_log_cb(conf.get(), drop_log);

  std::unique_ptr<KafkaProducer> producer(new KafkaProducer);
  std::array<char, 512> text{};
  rd_kafka_conf_t* handed_over = rd_kafka_conf_dup(conf.get());
  producer->kafka_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, handed_over, text.data(), text.size()));
  if (producer->kafka_ == nullptr) {
    rd_kafka_conf_destroy(handed_over);
    return refuse(Refusal::bad_value, std::string("no Kafka producer with these properties: ") + text.data());
  }
  rd_kafka_set_log_queue(producer->kafka_.get(), nullptr);
  producer->admin_.reset(rd_kafka_queue_new(producer->kafka_.get()));
  producer->limits_.reset(rd_kafka_queue_new(producer->kafka_.get()));
  producer->record_bytes_max_ = number_of(conf.get(), "message.max.bytes");
  producer->batch_bytes_max_ = number_of(conf.get(), "batch.size");
  return producer;
}

KafkaProducer::Sent KafkaProducer::send(const OutTopic& topic, const OutRecord& record, std::string_view value,
                                        Instant at, std::uint64_t tag, std::string& why) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
  for (const RecordHeader& header : record.headers) {
    rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                        static_cast<ssize_t>(header.value.size()));
  }
  const std::string_view key = record.key_on(topic);
  std::array<rd_kafka_vu_t, 7> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = topic.name.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_KEY;
  parts[1].u.mem.ptr = const_cast<char*>(key.data());  // copied
  parts[1].u.mem.size = key.size();
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem.ptr = const_cast<char*>(value.data());  // neither copied nor freed, never written to
  parts[2].u.mem.size = value.size();
  parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[3].u.i = 0;
  parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[4].u.i64 = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
  parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[5].u.headers = headers;
  parts[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[6].u.ptr = reinterpret_cast<void*>(tag);
  const Owned<rd_kafka_error_t> error(rd_kafka_produceva(kafka_.get(), parts.data(), parts.size()));
  if (error == nullptr) return Sent::taken;
  rd_kafka_headers_destroy(headers);  // taken over on success only
  switch (rd_kafka_error_code(error.get())) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return Sent::full;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return Sent::too_large;
    default:
      why = rd_kafka_error_string(error.get());
      return Sent::failed;
  }
}

void KafkaProducer::poll(Duration wait) { rd_kafka_poll(kafka_.get(), to_ms(wait)); }

std::optional<std::string> KafkaProducer::fatal() const {
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t code = rd_kafka_fatal_error(kafka_.get(), text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return std::string(rd_kafka_err2name(code)) + ": " + text.data();
}

void KafkaProducer::create_topics(std::span<const TopicPlan> plans) {
  std::vector<Owned<rd_kafka_NewTopic_t>> owned;
  std::vector<rd_kafka_NewTopic_t*> topics;
  asked_.clear();
  for (const TopicPlan& plan : plans) {
    owned.emplace_back(rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, plan.replication, nullptr, 0));
    if (owned.back() == nullptr) continue;  // numbers out of range; topic_outcomes() tells it as not made
    rd_kafka_NewTopic_set_config(owned.back().get(), "cleanup.policy", plan.compacted ? "compact" : "delete");
    topics.push_back(owned.back().get());
    asked_.push_back(plan.name);
  }
  const Owned<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(kafka_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), 15'000, nullptr, 0);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), 10'000, nullptr, 0);
  rd_kafka_CreateTopics(kafka_.get(), topics.data(), topics.size(), options.get(), admin_.get());
}

std::vector<TopicOutcome> KafkaProducer::topic_outcomes() {
  std::vector<TopicOutcome> outcomes;
  const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(admin_.get(), 0));
  if (event == nullptr || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_CREATETOPICS_RESULT) return outcomes;
  const rd_kafka_CreateTopics_result_t* result = rd_kafka_event_CreateTopics_result(event.get());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = rd_kafka_CreateTopics_result_topics(result, &count);
  for (std::size_t i = 0; i < count; ++i) outcomes.push_back(outcome_of(topics[i]));
  if (count == 0) {  // the request failed as a whole
    const char* text = rd_kafka_event_error_string(event.get());
    for (const std::string& name : asked_) outcomes.push_back({name, TopicOutcome::Kind::not_made, text});
  }
  return outcomes;
}

void KafkaProducer::ask_limits(std::span<const std::string> topics) {
  if (some_broker_ < 0) {
    const rd_kafka_metadata_t* raw = nullptr;
    rd_kafka_metadata(kafka_.get(), 0, nullptr, &raw, 100);
    const Owned<const rd_kafka_metadata_t> metadata(raw);
    if (metadata != nullptr && metadata->broker_cnt > 0) some_broker_ = metadata->brokers[0].id;
  }
  std::vector<Owned<rd_kafka_ConfigResource_t>> owned;
  std::vector<rd_kafka_ConfigResource_t*> resources;
  asked_limits_.assign(topics.begin(), topics.end());
  for (const std::string& topic : topics) {
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    resources.push_back(owned.back().get());
  }
  const Owned<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(kafka_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), 5'000, nullptr, 0);
  // Any broker knows; where else it goes, to the controller, takes a second more to begin with.
  if (some_broker_ >= 0) rd_kafka_AdminOptions_set_broker(options.get(), some_broker_, nullptr, 0);
  rd_kafka_DescribeConfigs(kafka_.get(), resources.data(), resources.size(), options.get(), limits_.get());
}

std::vector<TopicLimit> KafkaProducer::topic_limits() {
  std::vector<TopicLimit> limits;
  const Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(limits_.get(), 0));
  if (event == nullptr || rd_kafka_event_type(event.get()) != RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT) return limits;
  for (const std::string& name : asked_limits_) limits.push_back({name});
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto limit = std::ranges::find(limits, rd_kafka_ConfigResource_name(resources[i]), &TopicLimit::name);
    if (limit == limits.end()) continue;
    limit->is_answered = true;
    limit->is_unheard_of = rd_kafka_ConfigResource_error(resources[i]) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** entry = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t j = 0; j < entries; ++j) {
      const char* value = rd_kafka_ConfigEntry_value(entry[j]);
      if (value == nullptr || std::string_view{rd_kafka_ConfigEntry_name(entry[j])} != "max.message.bytes") continue;
      std::from_chars(value, value + std::char_traits<char>::length(value), limit->bytes_max);
    }
  }
  return limits;
}

KafkaProducer::Topic KafkaProducer::look_up(const std::string& topic, Duration wait, std::string& why) {
  const Owned<rd_kafka_topic_t> handle(rd_kafka_topic_new(kafka_.get(), topic.c_str(), nullptr));
  if (handle == nullptr) return Topic::impossible;
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(kafka_.get(), 0, handle.get(), &raw, to_ms(wait));
  const Owned<const rd_kafka_metadata_t> metadata(raw);
  if (metadata != nullptr && metadata->broker_cnt > 0) some_broker_ = metadata->brokers[0].id;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || metadata == nullptr || metadata->topic_cnt != 1) {
    why = rd_kafka_err2str(error);
    return Topic::unknown;
  }
  const rd_kafka_resp_err_t code = metadata->topics[0].err;
  why = rd_kafka_err2str(code);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) return Topic::exists;
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return Topic::missing;
  if (code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION) return Topic::impossible;
  return Topic::unknown;
}

bool KafkaProducer::answers(Duration wait) {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(kafka_.get(), 0, nullptr, &raw, to_ms(wait));
  const Owned<const rd_kafka_metadata_t> metadata(raw);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace tocsin
