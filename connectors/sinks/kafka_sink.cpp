#include "connectors/sinks/kafka_sink.h"

#include <algorithm>
#include <thread>

#include "engine/model/check.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

constexpr Duration kPauseMin = std::chrono::milliseconds{100};
constexpr Duration kPauseMax = std::chrono::seconds{30};
constexpr Duration kLookWait = std::chrono::milliseconds{100};
constexpr Duration kLookAgain = std::chrono::seconds{2};

// tag: [number of the delivery 48 bits][number of the record 16 bits]
constexpr std::uint64_t tag_of(std::uint64_t number, std::uint32_t record) { return number << 16 | record; }
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
  for (const std::string& topic : fixed_topics(sink->options_.records)) sink->topics_.ask(topic);
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
  send_waiting();
  producer_->poll(wait);
  if (const auto fatal = producer_->fatal()) {
    failed_ = true;
    set_trouble(*fatal);
  }
  if (ledger_.confirm_prefix()) pause_ = {};
  if (failed_) {
    replace_producer();
    return;
  }
  send_waiting();
  look_whether_it_is_back();
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
  auto producer = KafkaProducer::make(options_.bootstrap, options_.properties, *this);
  if (!producer) {  // was possible at the start: a certificate file that is gone, no threads left
    set_trouble(producer.error().message);
    pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
    next_producer_ = Clock::now() + pause_;
    return false;
  }
  producer_ = std::move(*producer);
  return true;
}

void KafkaSink::send_waiting() {
  while (!failed_) {
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
  if (delivery.fate(index) == RecordFate::refused) {
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
      give_up(delivery, index, "no topic can have this name");
      return true;
    case TopicGate::State::ready:
      break;
  }
  const bool whole = delivery.fate(index) == RecordFate::whole;
  const std::string_view value = whole ? record.value_on(topic) : std::string_view{delivery.short_values[index]};
  std::string why;
  switch (producer_->send(topic, record, value, delivery.effect->at, tag_of(delivery.number, index), why)) {
    case KafkaProducer::Sent::taken:
      counts_.records_sent.add(1);
      return true;
    case KafkaProducer::Sent::full:
      return false;
    case KafkaProducer::Sent::too_large:
      make_smaller(delivery, index);
      return send_record(delivery, index, record);
    case KafkaProducer::Sent::failed:
      break;
  }
  failed_ = true;
  set_trouble(topic.name + ": " + why);
  return false;
}

/// The next smaller form of a record that was refused by its size.
void KafkaSink::make_smaller(Delivery& delivery, std::uint32_t index) {
  const OutRecord record = record_of(*delivery.effect, options_.records);
  const OutTopic& topic = record.topics[index];
  if (delivery.fate(index) == RecordFate::whole) {
    const std::string_view whole = record.value_on(topic);
    std::string value = shorten(whole);
    if (!value.empty() && value.size() < whole.size()) {
      delivery.set_fate(index, RecordFate::shortened);
      delivery.short_values[index] = std::move(value);
      counts_.records_shortened.add(1);
      return;
    }
  }
  delivery.set_fate(index, RecordFate::refused);
  counts_.records_refused.add(1);
  given_up_ = to_text(delivery.effect->name) + " to " + topic.name + ": too large in any form";
}

void KafkaSink::give_up(Delivery& delivery, std::uint32_t index, std::string_view why) {
  delivery.set_fate(index, RecordFate::refused);
  ++delivery.settled;
  counts_.records_refused.add(1);
  given_up_ =
      to_text(delivery.effect->name) + " to " + record_of(*delivery.effect, options_.records).topics[index].name + ": ";
  given_up_ += why;
}

void KafkaSink::on_delivered(std::uint64_t tag) {
  counts_.records_acknowledged.add(1);
  Delivery* delivery = ledger_.find(number_of(tag));
  TOCSIN_CHECK(delivery != nullptr && delivery->settled < delivery->records, "acknowledged once more than sent");
  ++delivery->settled;
  if (!failed_) trouble_.clear();
}

void KafkaSink::on_failed(std::uint64_t tag, bool too_large, std::string_view why) {
  Delivery* delivery = ledger_.find(number_of(tag));
  TOCSIN_CHECK(delivery != nullptr, "a record of an effect that is confirmed");
  // A batch is refused as a whole: only what went alone is known to be too large itself.
  if (too_large && ledger_.is_alone(delivery->number)) {
    make_smaller(*delivery, record_index_of(tag));
    ledger_.widen_window();
    pause_ = {};
  } else if (too_large && !failed_) {
    ledger_.halve_window();
  }
  if (!failed_) {
    const OutRecord record = record_of(*delivery->effect, options_.records);
    set_trouble(record.topics[record_index_of(tag)].name + ": " + std::string(why));
  }
  failed_ = true;
}

void KafkaSink::on_unwell(std::string_view why) { set_trouble(why); }

/// Without records under way no acknowledgement says that Kafka is well again.
void KafkaSink::look_whether_it_is_back() {
  if (trouble_.empty() || !ledger_.is_empty() || Clock::now() < next_look_) return;
  if (producer_->answers(kLookWait)) trouble_.clear();
  next_look_ = Clock::now() + kLookAgain;
}

void KafkaSink::replace_producer() {
  producer_.reset();
  topics_.forget();
  ledger_.restart();
  failed_ = false;
  counts_.producers_replaced.add(1);
  pause_ = std::clamp(pause_ * 2, kPauseMin, kPauseMax);
  next_producer_ = Clock::now() + pause_;
}

void KafkaSink::set_trouble(std::string_view why) {
  if (!trouble_.empty()) return;  // the first reason, and its time, say most
  trouble_ = "not well since " + wall_clock_text() + ": ";
  trouble_ += why;
}

std::string KafkaSink::trouble() const {
  std::string text;
  for (const std::string& part :
       {trouble_, topics_.trouble(), given_up_.empty() ? std::string{} : "given up: " + given_up_}) {
    if (part.empty()) continue;
    if (!text.empty()) text += "; ";
    text += part;
  }
  return text.empty() ? text : "Kafka: " + text;
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
