#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/sinks/delivery_ledger.h"
#include "connectors/sinks/kafka_options.h"
#include "connectors/sinks/kafka_producer.h"
#include "connectors/sinks/topic_gate.h"
#include "engine/model/refusal.h"
#include "engine/runtime/counter.h"
#include "engine/runtime/outbox/sink.h"

namespace tocsin {

/// What the sink has done since it began. One writer; readable from any thread.
struct KafkaSinkCounts {
  Counter records_sent;          // handed to librdkafka, again included
  Counter records_acknowledged;  // by all in-sync replicas, again included
  Counter records_shortened;     // too large for their topic: sent with less in them
  Counter records_held;          // not to be delivered in any form: held as undeliverable
  Counter producers_replaced;    // after a failure that librdkafka could not mend
};

/// Effects to Kafka, at least once, in order per key. An effect is confirmed when every record of it, and of all
/// effects before it, is acknowledged by all in-sync replicas.
///
/// What fails, and the answer. Broker or network gone, leader moved: librdkafka retries for ever. Anything that it
/// cannot mend (sequence lost, access denied, topic deleted): the producer is thrown away and a new one sends all that
/// is not confirmed again, byte by byte the same, after a pause that grows to 30 s; trouble() says why.
///
/// Too large: what a topic takes is asked of the cluster before the first record goes there, so each is cut to fit
/// before it is sent (see fit_value), and batches are no larger than the smallest topic takes. Where the cluster does
/// not say, it is learnt from the first refusal. What fits in no form, is refused twice for what it is, or goes to an
/// audience of an impossible name, is held as undeliverable, and the next one goes on; events, state and dead letters
/// are never held for their topic's name.
class KafkaSink final : public Sink, private KafkaListener {
 public:
  /// Connects in the background: it is well that no broker is there yet. Refused (bad_value): options that cannot work.
  static Result<std::unique_ptr<KafkaSink>> open(KafkaSinkOptions options);
  ~KafkaSink() override;

  std::string_view name() const override { return "kafka"; }
  Told told() override;
  void hold_in(UndeliverableShelf& shelf) override { shelf_ = &shelf; }
  bool offer(const EffectPtr& effect) override;
  void poll(Duration wait) override;
  EffectName confirmed() const override { return ledger_.confirmed(); }
  bool keeps_only_newest(std::string_view topic) const override;
  bool send_again(const Undeliverable& record) override;
  std::vector<ResendOutcome> resent() override { return std::exchange(outcomes_, {}); }
  std::string trouble() const override;
  void close(Duration wait) override;

  const KafkaSinkCounts& counts() const { return counts_; }

 private:
  using Clock = std::chrono::steady_clock;
  explicit KafkaSink(KafkaSinkOptions options);

  /// A record that was held, on its way once more.
  struct Resend {
    std::uint64_t number = 0;
    Undeliverable record{};
    std::string value{};  // lives as long as the producer needs it
    bool is_out = false;  // the producer has it
  };

  void on_delivered(std::uint64_t tag) override;
  void on_failed(std::uint64_t tag, SendFailure failure, std::string_view why) override;
  void on_unwell(std::string_view why) override;

  bool has_producer(Duration wait);
  void hear_out();
  void fit_batches();
  void send_waiting();
  bool send_delivery(Delivery& delivery);
  bool send_record(Delivery& delivery, std::uint32_t index, const OutRecord& record);
  /// What of the record fits its topic; sets the fate. Nothing: no form of it does.
  std::optional<std::string_view> value_for(Delivery& delivery, std::uint32_t index, const OutRecord& record);
  std::size_t bytes_max(const std::string& topic) const;
  void judge_failure(Delivery& delivery, std::uint64_t tag, SendFailure failure, std::string_view why);
  bool hold(Delivery& delivery, std::uint32_t index, const std::string& topic, std::string why);
  bool keep(const EffectPtr& effect, const std::string& topic, std::string why);

  // kafka_resend.cpp
  void send_again_waiting();
  bool send_once_more(Resend& resend);
  void settle_resend(std::uint64_t number, bool delivered, std::string why);

  void look_whether_it_is_back();
  void replace_producer(Duration pause);
  void set_trouble(std::string_view why);

  const KafkaSinkOptions options_;
  KafkaSinkCounts counts_;
  UndeliverableShelf* shelf_ = nullptr;
  DeliveryLedger ledger_;
  TopicGate topics_;
  std::deque<Resend> resends_;
  std::uint64_t last_resend_ = 0;
  std::vector<ResendOutcome> outcomes_;
  std::map<std::uint64_t, int> refusals_;    // by tag: of records that came alone, for what they are
  std::unique_ptr<KafkaProducer> producer_;  // null between two lives; after what it borrows from
  std::size_t batch_bytes_max_ = 0;          // of the next producer; 0: as the properties say
  std::size_t records_out_ = 0;              // the producer has them and has not told what became of them
  bool is_narrowing_ = false;                // nothing is sent until none is out; then comes one with smaller batches
  bool has_halved_ = false;                  // the window, for a batch of this producer
  bool failed_ = false;                      // this producer is to be replaced
  Duration pause_{};                         // before the next producer; zero after success
  Clock::time_point next_producer_{};
  Clock::time_point next_look_{};
  std::string trouble_;  // with since when; empty: well
};

}  // namespace tocsin
