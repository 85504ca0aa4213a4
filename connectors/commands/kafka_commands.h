#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "engine/model/refusal.h"
#include "engine/runtime/counter.h"
#include "engine/runtime/doorbell.h"
#include "engine/runtime/intake/intake.h"

namespace tocsin {

struct KafkaCommandsOptions {
  std::string bootstrap{};
  std::map<std::string, std::string> properties{};  // librdkafka's, as of the sink
  std::string topic = "tocsin.commands";            // with the prefix
  std::string group = "tocsin-commands";
};

/// Reads commands from a Kafka topic: the JSON of connectors/README.md, keyed by incident, and gives them to the
/// engine. A command without `command_id` gets one of its topic, partition and offset, so that one that is read again,
/// after a crash between the journal and the commit of its offset, does nothing again. What is no command becomes a
/// dead letter. Offsets are committed when what was read is in the journal. While the engine takes nothing, nothing is
/// read on. One thread of its own, which owns the consumer and the intake.
class KafkaCommands {
 public:
  /// Connects to nothing yet. bad_value: a property that librdkafka does not take.
  static Result<std::unique_ptr<KafkaCommands>> open(KafkaCommandsOptions options);
  ~KafkaCommands();

  /// Once. `intake` is this thread's alone and lives until stop() returned.
  void start(Intake& intake);
  /// Reads no more; what was handed over is waited for, for a moment.
  void stop();

  std::uint64_t taken() const { return taken_.value(); }
  std::uint64_t refused() const { return refused_.value(); }

 private:
  struct Consumer;
  explicit KafkaCommands(KafkaCommandsOptions options);

  void run(Intake& intake);

  KafkaCommandsOptions options_;
  std::unique_ptr<Consumer> consumer_;
  Doorbell bell_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  Counter taken_;
  Counter refused_;
};

}  // namespace tocsin
