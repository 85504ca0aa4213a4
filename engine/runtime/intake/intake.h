#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/telling/query.h"
#include "engine/model/alert.h"
#include "engine/model/command.h"
#include "engine/model/ids.h"
#include "engine/model/input.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// One body on its way in, from a connector thread to the sequencer.
struct Submission {
  std::uint64_t ticket = 0;  // the connector's own number, given back in the receipt
  InputKind kind = InputKind::alerts;
  std::unique_ptr<AlertBatch> batch;  // alerts: parsed
  std::unique_ptr<Command> command;   // command: parsed; the payload is what write_command wrote of it
  std::string source;
  std::string tenant;
  /// The body packed by pack_body: done on the connector's thread, so that it scales with them. Empty where the batch
  /// has the body in pieces.
  std::string payload;
  std::size_t body_bytes = 0;  // unpacked
  Error error;                 // refused_body: why
};

/// What became of a submission.
struct Receipt {
  std::uint64_t ticket = 0;
  Position position{};  // 0 when it was not taken
  bool durable = false;
  Refusal refusal{};  // when not durable: storage_failed, storage_full or stopping
};

/// A connector thread's way in and out; one object belongs to one thread. The engine's other end is the sequencer's and
/// the shard's.
class Intake {
 public:
  virtual ~Intake() = default;

  /// Hands over; false when the ring is full, too many bytes are in flight, or storage failed (see state()):
  /// `submission` is untouched. What is handed over gets exactly one receipt, except when stop() of the engine began
  /// at the same time: connectors stop first.
  virtual bool submit(Submission&& submission) = 0;
  /// An empty batch to parse the next body into: a used one with its memory where there is one. Any batch may be
  /// submitted; only these avoid the allocations.
  virtual std::unique_ptr<AlertBatch> fresh_batch() { return std::make_unique<AlertBatch>(); }
  /// Asks; false when the ring is full or the engine is stopping.
  virtual bool ask(Query&& query) = 0;

  /// Takes the next receipt or answer; false when there is none.
  virtual bool next_receipt(Receipt& receipt) = 0;
  virtual bool next_answer(QueryAnswer& answer) = 0;

  /// Called from other threads when there is something to take: must only wake this thread (asio::post). Set before the
  /// first submit.
  virtual void on_ready(std::function<void()> wake) = 0;

  /// Why submissions are refused right now (overloaded, storage_failed, storage_full, stopping); nullopt when they are
  /// taken.
  virtual std::optional<Refusal> refusing() const = 0;
};

}  // namespace tocsin
