#include "engine/runtime/journal/recovery.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "engine/core/commands/command_json.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"
#include "engine/runtime/doorbell.h"
#include "engine/runtime/intake/queue_age.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/rule_bundle.h"
#include "engine/runtime/spsc_ring.h"
#include "engine/runtime/thread_name.h"

namespace tocsin {
namespace {

constexpr std::size_t kAheadInputsMax = 128;              // how far the reader may be ahead of the shard
constexpr std::size_t kAheadBytesMax = 32 * 1024 * 1024;  // and how many bytes; one input always may
constexpr std::size_t kKeptBytesMax = 512 * 1024;         // memory of an input that is used again
constexpr std::size_t kInputsBetweenRings = 16;           // a bell that wakes a thread costs more than an input

[[noreturn]] void no_longer_decodes(const JournalEntry& entry, const std::string& why) {
  const std::string message = "journal entry " + std::to_string(entry.position.value()) + ", a body of source \"" +
                              std::string(entry.source) + "\" that was accepted, no longer decodes: " + why;
  check_failed("a journaled body decodes as it did when it was received", message.c_str(), __FILE__, __LINE__);
}

/// An input with all that it borrows.
struct MadeInput {
  Input input;
  AlertBatch batch;
  Error error;
  Command command;
  std::string body;
  std::string source;
  std::string tenant;
  std::size_t bytes = 0;
};

/// Makes inputs of entries as the shard first saw them.
class InputMaker {
 public:
  InputMaker(DecoderSet& decoders, const HashKey& key, std::uint64_t journal)
      : decoders_(decoders), key_(key), journal_(journal) {}

  Result<void> make(const JournalEntry& entry, MadeInput& made) {
    made.source = entry.source;
    made.tenant = entry.tenant;
    Input& input = made.input;
    input = {};
    input.position = entry.position;
    input.at = entry.at;
    input.wall = entry.wall;
    input.life = {entry.epoch == 0 ? 0 : journal_, entry.epoch};
    input.kind = entry.kind;
    input.source = made.source;
    input.tenant = made.tenant;
    made.bytes = sizeof(MadeInput);
    if (entry.kind == InputKind::alerts) {
      if (const auto decoded = decode(entry, made); !decoded) return decoded;
    } else if (entry.kind == InputKind::rule_set) {
      auto rules = load_packed_rules(entry.payload);
      if (!rules) return std::unexpected(std::move(rules.error()));
      input.rules = std::move(*rules);
    } else if (entry.kind == InputKind::command) {
      const auto body = unpack_body(entry.payload, made.body);
      if (!body) return std::unexpected(body.error());
      auto command = parse_command(*body);
      if (!command) no_longer_decodes(entry, command.error().message);
      made.command = std::move(*command);
      input.command = &made.command;
    } else if (entry.kind == InputKind::queue_age) {
      const auto age = unpack_queue_age(entry.payload);
      if (!age) return refuse(Refusal::storage_failed, "it has no age");
      input.queue_age = *age;
    } else if (entry.kind == InputKind::refused_body) {
      made.error = entry.error;
      input.error = &made.error;
      if (!entry.payload.empty()) {
        const auto body = unpack_body(entry.payload, made.body);
        if (!body) return std::unexpected(body.error());
        input.bytes = *body;
        made.bytes += made.body.capacity();
      }
    }
    return {};
  }

 private:
  Result<void> decode(const JournalEntry& entry, MadeInput& made) {
    const auto body = unpack_body(entry.payload, made.body);
    if (!body) return std::unexpected(body.error());
    SourceDecoder* decoder = decoders_.find(entry.source);
    if (decoder == nullptr) no_longer_decodes(entry, "there is no such source any more");
    AlertBatch& batch = made.batch;
    batch.clear();
    batch.source = entry.source;
    batch.tenant = entry.tenant;
    if (const auto decoded = decoder->decode(*body, key_, batch); !decoded)
      no_longer_decodes(entry, decoded.error().message);
    made.input.batch = &batch;
    // As on the way in: the bytes go along where a dead letter needs them.
    if (!batch.refused.empty()) made.input.bytes = *body;
    made.bytes += made.body.capacity() + batch.cost_bytes();
    return {};
  }

  DecoderSet& decoders_;
  const HashKey& key_;
  std::uint64_t journal_;
};

/// Reads and decodes on a thread of its own, ahead of who takes the inputs, in order and within bounds.
class ReadAhead {
 public:
  ReadAhead(Journal& journal, Position from, DecoderSet& decoders)
      : journal_(journal), from_(from), maker_(decoders, journal.key(), journal.life().journal), thread_([this] {
          name_this_thread("replay reader");
          read();
        }) {}
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() { finish(); }

  /// The next one; null: there is none, and outcome() says why.
  std::unique_ptr<MadeInput> take() {
    std::unique_ptr<MadeInput> made;
    while (!ready_.pop(made)) {
      // acquire: pairs with the reader's release, so what it pushed before is seen by the second look
      if (ended_.load(std::memory_order_acquire)) {
        ready_.pop(made);
        break;
      }
      taker_bell_.wait();
    }
    return made;
  }

  void give_back(std::unique_ptr<MadeInput> made) {
    // relaxed: a bound on memory, nothing hangs on its order
    const std::size_t before = ahead_bytes_.fetch_sub(made->bytes, std::memory_order_relaxed);
    made->input.rules.reset();
    if (made->bytes <= kKeptBytesMax) used_.push(std::move(made));
    made.reset();
    // Not before there is something to do for a while.
    if (++given_back_ % kInputsBetweenRings == 0 || before > kAheadBytesMax) reader_bell_.ring();
  }

  /// No more is taken: the reader ends.
  Result<void> finish() {
    if (!thread_.joinable()) return std::move(outcome_);
    stopping_.store(true, std::memory_order_relaxed);  // looked at again and again
    reader_bell_.ring();
    thread_.join();
    return outcome_;
  }

 private:
  void read() {
    Result<void> outcome;
    const auto done = journal_.read_from(from_, [&](const JournalEntry& entry) {
      std::unique_ptr<MadeInput> made;
      if (!used_.pop(made)) made = std::make_unique<MadeInput>();
      if (const auto input = maker_.make(entry, *made); !input) {
        outcome = refuse(Refusal::storage_failed,
                         "journal entry " + std::to_string(entry.position.value()) + ": " + input.error().message);
        return false;
      }
      return put(std::move(made));
    });
    outcome_ = done ? std::move(outcome) : done;
    // release: pairs with take()'s acquire, and the join orders outcome_
    ended_.store(true, std::memory_order_release);
    taker_bell_.ring();
  }

  /// False: nobody takes it any more.
  bool put(std::unique_ptr<MadeInput> made) {
    const std::size_t bytes = made->bytes;
    for (;;) {
      if (stopping_.load(std::memory_order_relaxed)) return false;
      const bool has_bytes = ahead_bytes_.load(std::memory_order_relaxed) <= kAheadBytesMax;
      if (has_bytes && ready_.push(std::move(made))) break;
      taker_bell_.ring();
      reader_bell_.wait();
    }
    ahead_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (++put_ % kInputsBetweenRings == 0) taker_bell_.ring();
    return true;
  }

  Journal& journal_;
  Position from_;
  InputMaker maker_;
  SpscRing<std::unique_ptr<MadeInput>> ready_{kAheadInputsMax};
  SpscRing<std::unique_ptr<MadeInput>> used_{kAheadInputsMax};
  std::atomic<std::size_t> ahead_bytes_{0};
  std::atomic<bool> ended_{false};
  std::atomic<bool> stopping_{false};
  std::size_t put_ = 0;         // the reader's
  std::size_t given_back_ = 0;  // the taker's
  Doorbell taker_bell_;
  Doorbell reader_bell_;
  Result<void> outcome_;  // the reader's, then whose who joined it
  std::thread thread_;    // last: it uses all of the above
};

}  // namespace

Result<void> replay_inputs(Journal& journal, Position from, DecoderSet& decoders,
                           const std::function<bool(const Input&)>& see) {
  ReadAhead ahead(journal, from, decoders);
  while (std::unique_ptr<MadeInput> made = ahead.take()) {
    const bool goes_on = see(made->input);
    ahead.give_back(std::move(made));
    if (!goes_on) break;
  }
  return ahead.finish();
}

}  // namespace tocsin
