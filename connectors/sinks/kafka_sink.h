#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/sinks/delivery_ledger.h"
#include "connectors/sinks/kafka_options.h"
#include "connectors/sinks/kafka_producer.h"
#include "connectors/sinks/topic_gate.h"
#include "engine/model/refusal.h"
#include "engine/runtime/counter.h"
#include "engine/runtime/sink.h"

namespace tocsin {

/// What the sink has done since it began. One writer; readable from any thread.
struct KafkaSinkCounts {
  Counter records_sent;          // handed to librdkafka, again included
  Counter records_acknowledged;  // by all in-sync replicas, again included
  Counter records_shortened;     // too large for the destination: sent without lists and long texts
  Counter records_refused;       // not to be delivered in any form, given up
  Counter producers_replaced;    // after a failure that librdkafka could not mend
};

/// Effects to Kafka, at least once, in order per key. An effect is confirmed when every record of it, and of all
/// effects before it, is acknowledged by all in-sync replicas.
///
/// What fails, and the answer. Broker or network gone, leader moved: librdkafka retries for ever. Anything that it
/// cannot mend (sequence lost, access denied, topic deleted): the producer is thrown away and a new one sends all that
/// is not confirmed again, byte by byte the same, after a pause that grows to 30 s; trouble() says why. Too large for
/// the topic: sent shortened (see record.h), and when that is refused too, given up. Audience topic of an impossible
/// name: given up. What is given up is counted and stays in trouble(); events, state and dead letters are never given
/// up for their topic.
class KafkaSink final : public Sink, private KafkaListener {
 public:
  /// Connects in the background: it is well that no broker is there yet. Refused (bad_value): options that cannot work.
  static Result<std::unique_ptr<KafkaSink>> open(KafkaSinkOptions options);
  ~KafkaSink() override;

  std::string_view name() const override { return "kafka"; }
  bool offer(const EffectPtr& effect) override;
  void poll(Duration wait) override;
  EffectName confirmed() const override { return ledger_.confirmed(); }
  std::string trouble() const override;
  void close(Duration wait) override;

  const KafkaSinkCounts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;
  explicit KafkaSink(KafkaSinkOptions options);

  void on_delivered(std::uint64_t tag) override;
  void on_failed(std::uint64_t tag, bool too_large, std::string_view why) override;
  void on_unwell(std::string_view why) override;

  bool has_producer(Duration wait);
  void send_waiting();
  bool send_delivery(Delivery& delivery);
  bool send_record(Delivery& delivery, std::uint32_t index, const OutRecord& record);
  void make_smaller(Delivery& delivery, std::uint32_t index);
  void give_up(Delivery& delivery, std::uint32_t index, std::string_view why);
  void look_whether_it_is_back();
  void replace_producer();
  void set_trouble(std::string_view why);

  const KafkaSinkOptions options_;
  KafkaSinkCounts counts_;
  DeliveryLedger ledger_;
  TopicGate topics_;
  std::unique_ptr<KafkaProducer> producer_;  // null between two lives
  bool failed_ = false;                      // this producer is to be replaced
  Duration pause_{};                         // before the next producer; zero after success
  Clock::time_point next_producer_{};
  Clock::time_point next_look_{};
  std::string trouble_;   // with since when; empty: well
  std::string given_up_;  // the last record that was given up, and why
};

}  // namespace tocsin
