#include "connectors/sinks/kafka_sink.h"

#include <algorithm>
#include <thread>

#include "connectors/sinks/kafka_tags.h"
#include "connectors/sinks/kafka_told.h"
#include "connectors/sinks/record_bytes.h"
#include "engine/model/check.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kNoBound = static_cast<std::size_t>(-1);
constexpr int kRefusalsMax = 2;  // of a record that came alone
constexpr Duration kHearOut = std::chrono::milliseconds{500};
constexpr Duration kHearOutPoll = std::chrono::milliseconds{10};
constexpr Duration kPauseMin = std::chrono::milliseconds{100};
constexpr Duration kPauseMax = std::chrono::seconds{30};
constexpr Duration kLookWait = std::chrono::milliseconds{100};
constexpr Duration kLookAgain = std::chrono::seconds{2};

constexpr std::uint64_t number_of(std::uint64_t tag) { return tag >> 16; }
constexpr std::uint32_t record_index_of(std::uint64_t tag) { return static_cast<std::uint32_t>(tag & 0xFFFF); }

/// So many of an effect's topics, the first ones, are ours; the rest are named by rules.
constexpr std::uint32_t fixed_topics_of(EffectKind kind) { return kind == EffectKind::incident ? 2 : 1; }

std::string wall_clock_text() { return to_rfc3339(Instant{std::chrono::system_clock::now().time_since_epoch()}); }

}  // namespace

Result<std::unique_ptr<KafkaSink>> KafkaSink::open(KafkaSinkOptions options) {
  if (options.bootstrap.empty()) return refuse(Refusal::bad_value, "no Kafka bootstrap address is given");
  if (options.in_flight_effects_max == 0 || options.in_flight_bytes_max == 0) {
    return refuse(Refusal::bad_value, "the bounds of what is in flight must not be 0");
  }
  for (const std::string& topic : fixed_topics(options.records)) {
    if (!is_topic_name(topic)) return refuse(Refusal::bad_value, "'" + topic + "' cannot be the name of a Kafka topic");
  }
  std::unique_ptr<KafkaSink> sink(new KafkaSink(std::move(options)));
  auto producer = KafkaProducer::make(sink->options_.bootstrap, sink->options_.properties, *sink);
  if (!producer) return std::unexpected(producer.error());
  sink->producer_ = std::move(*producer);
  sink->batch_bytes_max_ = sink->producer_->batch_bytes_max();
  for (const std::string& topic : fixed_topics(sink->options_.records)) sink->topics_.ask(topic);
  for (const std::string& topic : sink->options_.also_topics) sink->topics_.ask(topic);
  return sink;
}

KafkaSink::KafkaSink(KafkaSinkOptions options)
    : options_(std::move(options)),
      ledger_(options_.in_flight_effects_max, options_.in_flight_bytes_max),
      topics_(options_) {}

KafkaSink::~KafkaSink() = default;

bool KafkaSink::offer(const EffectPtr& effect) {
  if (ledger_.is_full()) return false;
  const std::size_t records = record_of(*effect, options_.records).topics.size();
  TOCSIN_CHECK(records <= 0xFFFF, "more topics than a tag can tell");
  ledger_.add(effect, static_cast<std::uint32_t>(records));
  if (producer_ != nullptr) send_waiting();
  return true;
}

void KafkaSink::poll(Duration wait) {
  if (!has_producer(wait)) return;
  topics_.poll(*producer_, Clock::now());
  fit_batches();
  if (producer_ == nullptr) return;
  send_waiting();
  send_again_waiting();
  producer_->poll(wait);
  if (const auto fatal = producer_->fatal()) {
    set_trouble(*fatal);
    hear_out();
    failed_ = true;
  }
  if (ledger_.confirm_prefix()) pause_ = {};
  if (failed_) {
    counts_.producers_replaced.add(1);
    pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
    replace_producer(pause_);
    return;
  }
  send_waiting();
  look_whether_it_is_back();
}

/// A producer that ends says so before it has told what became of its records; which of them was refused, and why, is
/// worth a moment.
void KafkaSink::hear_out() {
  const Clock::time_point end = Clock::now() + kHearOut;
  while (records_out_ > 0 && Clock::now() < end) producer_->poll(kHearOutPoll);
}

/// Between two lives of the producer: waits, then makes the next.
bool KafkaSink::has_producer(Duration wait) {
  if (producer_ != nullptr) return true;
  const Duration left = next_producer_ - Clock::now();
  if (left > wait) {
    std::this_thread::sleep_for(wait);
    return false;
  }
  if (left > Duration{0}) std::this_thread::sleep_for(left);
  auto producer = KafkaProducer::make(options_.bootstrap, options_.properties, *this, batch_bytes_max_);
  if (!producer) {  // was possible at the start: a certificate file that is gone, no threads left
    set_trouble(producer.error().message);
    pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
    next_producer_ = Clock::now() + pause_;
    return false;
  }
  producer_ = std::move(*producer);
  return true;
}

/// A batch is refused as a whole, so none may be larger than the smallest topic takes. A topic that takes less than was
/// known is met with a new producer, once the old one has told what became of all that it has.
void KafkaSink::fit_batches() {
  const std::size_t smallest = topics_.smallest_bytes_max();
  is_narrowing_ = smallest != 0 && smallest < batch_bytes_max_;
  if (!is_narrowing_ || records_out_ > 0) return;
  batch_bytes_max_ = std::max<std::size_t>(smallest - smallest / 10, 1);  // librdkafka's count is not the broker's
  is_narrowing_ = false;
  replace_producer(Duration{0});
}

void KafkaSink::send_waiting() {
  while (!failed_ && !is_narrowing_) {
    Delivery* delivery = ledger_.next_to_send();
    if (delivery == nullptr || !send_delivery(*delivery)) return;
    ledger_.mark_sent();
  }
}

/// False: not all of it could be handed on; the same again later.
bool KafkaSink::send_delivery(Delivery& delivery) {
  const OutRecord record = record_of(*delivery.effect, options_.records);
  while (delivery.handed_on < delivery.records) {
    if (!send_record(delivery, delivery.handed_on, record)) return false;
    ++delivery.handed_on;
  }
  return true;
}

bool KafkaSink::send_record(Delivery& delivery, std::uint32_t index, const OutRecord& record) {
  const OutTopic& topic = record.topics[index];
  if (delivery.fate(index) == RecordFate::held) {
    ++delivery.settled;
    return true;
  }
  switch (topics_.ask(topic.name)) {
    case TopicGate::State::waiting:
      return false;
    case TopicGate::State::impossible:
      if (index < fixed_topics_of(delivery.effect->kind)) {
        set_trouble("the topic " + topic.name + " cannot be made");
        return false;
      }
      if (!hold(delivery, index, topic.name, "no topic can have this name")) return false;
      ++delivery.settled;
      return true;
    case TopicGate::State::ready:
      break;
  }
  const auto value = value_for(delivery, index, record);
  if (!value) {
    const std::string why = "too large in any form: " + topic.name + " takes " + std::to_string(bytes_max(topic.name)) +
                            " bytes, key and headers included";
    if (!hold(delivery, index, topic.name, why)) return false;
    ++delivery.settled;
    return true;
  }
  std::string why;
  switch (producer_->send(topic, record, *value, delivery.effect->at, tag_of(delivery.number, index), why)) {
    case KafkaProducer::Sent::taken:
      counts_.records_sent.add(1);
      ++records_out_;
      return true;
    case KafkaProducer::Sent::full:
      return false;
    case KafkaProducer::Sent::too_large:
      topics_.was_too_large(topic.name, record_bytes(record, topic, value->size()));
      return send_record(delivery, index, record);  // three quarters of it, until it fits or is held
    case KafkaProducer::Sent::failed:
      break;
  }
  failed_ = true;
  set_trouble(topic.name + ": " + why);
  return false;
}

std::optional<std::string_view> KafkaSink::value_for(Delivery& delivery, std::uint32_t index, const OutRecord& record) {
  const OutTopic& topic = record.topics[index];
  const std::string_view whole = record.value_on(topic);
  const std::size_t most = bytes_max(topic.name);
  if (record_bytes(record, topic, whole.size()) <= most) {
    if (delivery.fate(index) == RecordFate::shortened) delivery.set_fate(index, RecordFate::whole);
    return whole;
  }
  const std::size_t around = record_bytes(record, topic, whole.size()) - whole.size();
  std::string value = most > around ? fit_value(whole, most - around) : std::string{};
  if (value.empty()) return std::nullopt;
  if (delivery.fate(index) == RecordFate::whole) counts_.records_shortened.add(1);
  delivery.set_fate(index, RecordFate::shortened);
  delivery.short_values[index] = std::move(value);  // what had the old one was told of, or is gone
  return delivery.short_values[index];
}

std::size_t KafkaSink::bytes_max(const std::string& topic) const {
  const std::size_t told = topics_.bytes_max(topic);
  const std::size_t ours = producer_ != nullptr ? producer_->record_bytes_max() : 0;
  return std::min(told == 0 ? kNoBound : told, ours == 0 ? kNoBound : ours);
}

/// False: it could not be held, and the effect must wait.
bool KafkaSink::hold(Delivery& delivery, std::uint32_t index, const std::string& topic, std::string why) {
  if (!keep(delivery.effect, topic, std::move(why))) return false;
  delivery.set_fate(index, RecordFate::held);
  counts_.records_held.add(1);
  return true;
}

bool KafkaSink::keep(const EffectPtr& effect, const std::string& topic, std::string why) {
  const Instant now{std::chrono::system_clock::now().time_since_epoch()};
  if (shelf_ != nullptr && shelf_->hold({effect, topic, why, now})) return true;
  set_trouble(topic + ": a record cannot be delivered (" + why + ") and cannot be held on disk");
  return false;
}

void KafkaSink::on_delivered(std::uint64_t tag) {
  counts_.records_acknowledged.add(1);
  TOCSIN_CHECK(records_out_ > 0, "acknowledged once more than sent");
  --records_out_;
  if (!failed_) trouble_.clear();
  if (is_resend(tag)) return settle_resend(number_of(tag & ~kResendBit), true, {});
  refusals_.erase(tag);
  Delivery* delivery = ledger_.find(number_of(tag));
  TOCSIN_CHECK(delivery != nullptr && delivery->settled < delivery->records, "acknowledged once more than sent");
  ++delivery->settled;
}

void KafkaSink::on_failed(std::uint64_t tag, SendFailure failure, std::string_view why) {
  if (records_out_ > 0) --records_out_;
  if (is_resend(tag)) {
    // Refused for its own sake; else it is tried again with the next producer.
    if (failure != SendFailure::other && !failed_) settle_resend(number_of(tag & ~kResendBit), false, std::string(why));
    if (!failed_) set_trouble("a record that is sent again: " + std::string(why));
    failed_ = true;
    return;
  }
  Delivery* delivery = ledger_.find(number_of(tag));
  TOCSIN_CHECK(delivery != nullptr, "a record of an effect that is confirmed");
  judge_failure(*delivery, tag, failure, why);
  if (!failed_) {
    const OutRecord record = record_of(*delivery->effect, options_.records);
    set_trouble(record.topics[record_index_of(tag)].name + ": " + std::string(why));
  }
  failed_ = true;
}

/// What is learnt from a refusal. A batch is refused as a whole: only what went alone is known to be refused itself.
void KafkaSink::judge_failure(Delivery& delivery, std::uint64_t tag, SendFailure failure, std::string_view why) {
  if (failure == SendFailure::other) return;
  const bool is_alone =
      ledger_.is_alone(delivery.number) && std::ranges::none_of(resends_, [](const Resend& one) { return one.is_out; });
  const std::uint32_t index = record_index_of(tag);
  if (!is_alone) {
    if (failure == SendFailure::too_large && !has_halved_) ledger_.halve_window();
    has_halved_ |= failure == SendFailure::too_large;
    return;
  }
  const OutRecord record = record_of(*delivery.effect, options_.records);
  const OutTopic& topic = record.topics[index];
  if (failure == SendFailure::too_large) {
    const bool whole = delivery.fate(index) == RecordFate::whole;
    topics_.was_too_large(
        topic.name,
        record_bytes(record, topic, whole ? record.value_on(topic).size() : delivery.short_values[index].size()));
    ledger_.widen_window();
  } else if (++refusals_[tag] >= kRefusalsMax) {
    if (hold(delivery, index, topic.name, std::string(why))) refusals_.erase(tag);
  }
  pause_ = {};
}

void KafkaSink::on_unwell(std::string_view why) { set_trouble(why); }

/// Without records under way no acknowledgement says that Kafka is well again.
void KafkaSink::look_whether_it_is_back() {
  if (trouble_.empty() || !ledger_.is_empty() || Clock::now() < next_look_) return;
  if (producer_->answers(kLookWait)) trouble_.clear();
  next_look_ = Clock::now() + kLookAgain;
}

void KafkaSink::replace_producer(Duration pause) {
  producer_.reset();
  topics_.forget();
  ledger_.restart();
  for (Resend& resend : resends_) resend.is_out = false;
  records_out_ = 0;
  failed_ = has_halved_ = false;
  next_producer_ = Clock::now() + pause;
}

void KafkaSink::set_trouble(std::string_view why) {
  if (!trouble_.empty()) return;  // the first reason, and its time, say most
  trouble_ = "not well since " + wall_clock_text() + ": ";
  trouble_ += why;
}

std::string KafkaSink::trouble() const {
  std::string text = trouble_;
  if (const std::string topics = topics_.trouble(); !topics.empty()) (text += text.empty() ? "" : "; ") += topics;
  return text.empty() ? text : "Kafka: " + text;
}

Told KafkaSink::told() {
  const std::string topic = options_.records.topic_prefix + options_.records.events_topic;
  return ask_kafka_what_it_was_told(options_.bootstrap, options_.properties, topic, options_.records.ce_source);
}

void KafkaSink::close(Duration wait) {
  const Clock::time_point end = Clock::now() + wait;
  while (!ledger_.is_empty() && Clock::now() < end) {
    poll(std::min<Duration>(end - Clock::now(), std::chrono::milliseconds{50}));
  }
  producer_.reset();
  next_producer_ = Clock::time_point::max();
}

}  // namespace tocsin
