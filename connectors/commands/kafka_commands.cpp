#include "connectors/commands/kafka_commands.h"

#include <array>
#include <chrono>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "connectors/commands/command_round.h"
#include "engine/core/commands/command_json.h"
#include "engine/model/limits.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/thread_name.h"

namespace tocsin {
namespace {

constexpr int kPollMs = 100;
constexpr std::size_t kRoundMax = 256;  // commands that are journaled before their offsets are committed
constexpr Duration kRetrySpan = std::chrono::milliseconds{100};
constexpr int kStopRounds = 20;  // of kRetrySpan, for receipts

struct FreeKafka {
  void operator()(rd_kafka_t* kafka) const { rd_kafka_destroy(kafka); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
template <typename T>
using Owned = std::unique_ptr<T, FreeKafka>;

void drop_line(const rd_kafka_t*, int, const char*, const char*) {}

std::string_view bytes_of(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

}  // namespace

struct KafkaCommands::Consumer {
  Owned<rd_kafka_t> kafka;

  Owned<rd_kafka_message_t> next(int wait_ms) const {
    Owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(kafka.get(), wait_ms));
    // Errors say that brokers are gone or the topic is not there yet: it goes on by itself.
    if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) message.reset();
    return message;
  }

  /// False: later, or by who has the partition now.
  bool commit(const std::vector<Owned<rd_kafka_message_t>>& read) const {
    Owned<rd_kafka_topic_partition_list_t> offsets(rd_kafka_topic_partition_list_new(8));
    for (const auto& message : read) {
      const char* topic = rd_kafka_topic_name(message->rkt);
      auto* place = rd_kafka_topic_partition_list_find(offsets.get(), topic, message->partition);
      if (place == nullptr) place = rd_kafka_topic_partition_list_add(offsets.get(), topic, message->partition);
      place->offset = message->offset + 1;
    }
    return rd_kafka_commit(kafka.get(), offsets.get(), 0) == RD_KAFKA_RESP_ERR_NO_ERROR;
  }
};

KafkaCommands::KafkaCommands(KafkaCommandsOptions options) : options_(std::move(options)) {}

KafkaCommands::~KafkaCommands() { stop(); }

Result<std::unique_ptr<KafkaCommands>> KafkaCommands::open(KafkaCommandsOptions options) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const auto set = [conf](const std::string& name, const std::string& value) {
    // What only producers know is not known here; whether it is right was judged when the sink was opened.
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
  };
  for (const auto& [name, value] : options.properties) set(name, value);
  set("bootstrap.servers", options.bootstrap);
  set("client.id", "tocsin-commands");
  set("group.id", options.group);
  set("enable.auto.commit", "false");
  set("auto.offset.reset", "earliest");
  set("allow.auto.create.topics", "false");
  set("topic.metadata.refresh.interval.ms", "5000");  // until the topic is there
  set("max.poll.interval.ms", "86400000");            // while the engine takes nothing, nothing is read
  set("session.timeout.ms", "10000");
  set("log_level", "0");
  rd_kafka_conf_set_log_cb(conf, drop_line);
  std::array<char, 512> text{};
  rd_kafka_t* kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text.data(), text.size());
  if (kafka == nullptr) {
    rd_kafka_conf_destroy(conf);
    return refuse(Refusal::bad_value, std::string{"the consumer of commands: "} + text.data());
  }
  std::unique_ptr<KafkaCommands> commands(new KafkaCommands(std::move(options)));
  commands->consumer_ = std::make_unique<Consumer>();
  commands->consumer_->kafka.reset(kafka);
  rd_kafka_poll_set_consumer(kafka);
  return commands;
}

void KafkaCommands::start(Intake& intake) {
  intake.on_ready([this] { bell_.ring(); });
  thread_ = std::thread([this, &intake] {
    name_this_thread("commands");
    run(intake);
  });
}

void KafkaCommands::stop() {
  // release: pairs with the acquires in run()
  stopping_.store(true, std::memory_order_release);
  bell_.ring();
  if (thread_.joinable()) thread_.join();
}

namespace {

/// What becomes of one record: a command, or a dead letter.
Submission submission_of(const rd_kafka_message_t& message) {
  const std::string_view body = bytes_of(message.payload, message.len);
  const std::string_view key = bytes_of(message.key, message.key_len);
  Submission submission;
  submission.source = "kafka";
  auto command = body.size() > limits::kCommandBytesMax ? refuse(Refusal::too_long, "a command is at most 64 KiB")
                                                        : parse_command(body);
  // Who keys by incident need not say it again.
  if (!command && command.error().code == Refusal::missing_field && command.error().pointer == "/incident" &&
      !key.empty())
    command = parse_command(body, std::nullopt, key);
  if (!command) {
    submission.kind = InputKind::refused_body;
    submission.source = "commands";
    submission.payload = pack_body(body);
    submission.body_bytes = body.size();
    submission.error = std::move(command.error());
    return submission;
  }
  command->from = "kafka";
  if (command->command_id.empty()) {
    command->command_id = std::string{rd_kafka_topic_name(message.rkt)} + "/" + std::to_string(message.partition) +
                          "/" + std::to_string(message.offset);
  }
  std::string text;
  write_command(*command, text);
  submission.kind = InputKind::command;
  submission.command = std::make_unique<Command>(std::move(*command));
  submission.payload = pack_body(text);
  submission.body_bytes = text.size();
  return submission;
}

}  // namespace

void KafkaCommands::run(Intake& intake) {
  {
    Owned<rd_kafka_topic_partition_list_t> topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), options_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(consumer_->kafka.get(), topics.get());
  }
  std::uint64_t ticket = 0;
  // acquire: pairs with stop()'s release
  const auto is_stopping = [this] { return stopping_.load(std::memory_order_acquire); };
  while (!is_stopping()) {
    std::vector<Owned<rd_kafka_message_t>> read;
    for (auto message = consumer_->next(kPollMs); message; message = consumer_->next(0)) {
      read.push_back(std::move(message));
      if (read.size() == kRoundMax) break;
    }
    // One after the other into the journal, in their order: what is not taken is tried again, and those behind it wait.
    CommandRound round(read.size());
    std::vector<bool> is_command(read.size(), false);
    bool is_whole = round.is_kept();  // all that was handed over is answered
    while (!is_whole || !round.is_kept()) {
      round.begin(ticket + 1);
      while (const auto record = round.next()) {
        if (read[*record]->len == 0 && read[*record]->payload == nullptr) {  // a tombstone says nothing
          round.skip(*record);
          continue;
        }
        Submission submission = submission_of(*read[*record]);
        is_command[*record] = submission.kind == InputKind::command;
        submission.ticket = ++ticket;
        round.sent(*record);
        while (!intake.submit(std::move(submission)) && !is_stopping()) bell_.wait_for(kRetrySpan);
        if (is_stopping() && intake.refusing()) break;
      }
      Receipt receipt;
      for (int rounds = 0; round.waiting() > 0;) {
        if (intake.next_receipt(receipt)) {
          if (const auto kept = round.receive(receipt.ticket, receipt.durable))
            (is_command[*kept] ? taken_ : refused_).add(1);
          continue;
        }
        if (is_stopping() && ++rounds > kStopRounds) break;
        bell_.wait_for(kRetrySpan);
      }
      is_whole = round.waiting() == 0;
      if (is_stopping() || (is_whole && round.is_kept())) break;
      bell_.wait_for(kRetrySpan);
    }
    const bool is_durable = is_whole && round.is_kept();
    if (!read.empty() && is_durable && !(is_stopping() && intake.refusing())) consumer_->commit(read);
  }
  rd_kafka_consumer_close(consumer_->kafka.get());
}

}  // namespace tocsin
