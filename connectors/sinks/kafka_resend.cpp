// Records that were held as undeliverable, once more on their way: beside the ledger, since their names are behind what
// is confirmed.
#include <algorithm>

#include "connectors/sinks/kafka_sink.h"
#include "connectors/sinks/kafka_tags.h"
#include "connectors/sinks/record_bytes.h"

namespace tocsin {
namespace {

constexpr std::size_t kResendsMax = 64;

}  // namespace

bool KafkaSink::keeps_only_newest(std::string_view topic) const {
  return topic == options_.records.topic_prefix + options_.records.state_topic;
}

bool KafkaSink::send_again(const Undeliverable& record) {
  if (resends_.size() >= kResendsMax) return false;
  // Somebody has changed something, or hopes so.
  if (resends_.empty()) topics_.ask_limits_again();
  resends_.push_back({++last_resend_, record});
  return true;
}

void KafkaSink::send_again_waiting() {
  for (std::size_t i = 0; i < resends_.size() && !failed_ && !is_narrowing_;) {
    const std::size_t before = resends_.size();
    if (!resends_[i].is_out && !send_once_more(resends_[i])) return;
    if (resends_.size() == before) ++i;  // else it is settled already
  }
}

/// False: not now.
bool KafkaSink::send_once_more(Resend& resend) {
  const Undeliverable& held = resend.record;
  const OutRecord record = record_of(*held.effect, options_.records);
  const auto topic = std::ranges::find(record.topics, held.topic, &OutTopic::name);
  if (topic == record.topics.end()) {
    settle_resend(resend.number, false, "the configuration names another topic by now");
    return true;
  }
  switch (topics_.ask(topic->name)) {
    case TopicGate::State::waiting:
      return false;
    case TopicGate::State::impossible:
      settle_resend(resend.number, false, "no topic can have this name");
      return true;
    case TopicGate::State::ready:
      break;
  }
  // A newer one may have come while this one waited for its topic or for another producer.
  if (keeps_only_newest(held.topic) && shelf_ != nullptr && shelf_->is_superseded(*held.effect)) {
    settle_resend(resend.number, false,
                  "a newer revision was told since, which this one would hide; it can only be given up");
    return true;
  }
  const std::string_view whole = record.value_on(*topic);
  const std::size_t around = record_bytes(record, *topic, whole.size()) - whole.size();
  const std::size_t most = bytes_max(topic->name);
  resend.value = most > around ? fit_value(whole, most - around) : std::string{};
  if (resend.value.empty()) {
    settle_resend(resend.number, false,
                  "too large in any form: " + topic->name + " takes " + std::to_string(most) +
                      " bytes, key and headers included");
    return true;
  }
  std::string why;
  switch (producer_->send(*topic, record, resend.value, held.effect->at, resend_tag_of(resend.number), why)) {
    case KafkaProducer::Sent::taken:
      counts_.records_sent.add(1);
      ++records_out_;
      resend.is_out = true;
      return true;
    case KafkaProducer::Sent::full:
      return false;
    case KafkaProducer::Sent::too_large:
      settle_resend(resend.number, false, "too large for message.max.bytes of the producer");
      return true;
    case KafkaProducer::Sent::failed:
      break;
  }
  failed_ = true;
  set_trouble(topic->name + ": " + why);
  return false;
}

void KafkaSink::settle_resend(std::uint64_t number, bool delivered, std::string why) {
  const auto found = std::ranges::find(resends_, number, &Resend::number);
  if (found == resends_.end()) return;
  if (!delivered) {  // says from now on why it was refused this time
    Undeliverable again = found->record;
    again.why = why;
    if (shelf_ != nullptr) shelf_->hold(again);
  }
  outcomes_.push_back({found->record.key(), delivered, std::move(why)});
  resends_.erase(found);
}

}  // namespace tocsin
