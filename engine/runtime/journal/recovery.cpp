#include "engine/runtime/journal/recovery.h"

#include <string>

#include "engine/model/alert.h"
#include "engine/model/check.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/rule_bundle.h"

namespace tocsin {
namespace {

[[noreturn]] void no_longer_decodes(const JournalEntry& entry, const std::string& why) {
  const std::string message = "journal entry " + std::to_string(entry.position.value()) + ", a body of source \"" +
                              std::string(entry.source) + "\" that was accepted, no longer decodes: " + why;
  check_failed("a journaled body decodes as it did when it was received", message.c_str(), __FILE__, __LINE__);
}

/// One entry after another becomes an input; the parts that it borrows live here until the next one.
class InputMaker {
 public:
  InputMaker(DecoderSet& decoders, const HashKey& key, std::uint64_t journal)
      : decoders_(decoders), key_(key), journal_(journal) {}

  Result<Input> make(const JournalEntry& entry) {
    Input input;
    input.position = entry.position;
    input.at = entry.at;
    input.wall = entry.wall;
    input.life = {entry.epoch == 0 ? 0 : journal_, entry.epoch};
    input.kind = entry.kind;
    input.source = entry.source;
    input.tenant = entry.tenant;
    if (entry.kind == InputKind::alerts) {
      if (const auto made = decode(entry, input); !made) return std::unexpected(made.error());
    } else if (entry.kind == InputKind::rule_set) {
      auto rules = load_packed_rules(entry.payload);
      if (!rules) return std::unexpected(std::move(rules.error()));
      input.rules = std::move(*rules);
    } else if (entry.kind == InputKind::refused_body) {
      error_ = entry.error;
      input.error = &error_;
      if (!entry.payload.empty()) {
        const auto body = unpack_body(entry.payload, body_);
        if (!body) return std::unexpected(body.error());
        input.bytes = *body;
      }
    }
    return input;
  }

 private:
  Result<void> decode(const JournalEntry& entry, Input& input) {
    const auto body = unpack_body(entry.payload, body_);
    if (!body) return std::unexpected(body.error());
    SourceDecoder* decoder = decoders_.find(entry.source);
    if (decoder == nullptr) no_longer_decodes(entry, "there is no such source any more");
    batch_.clear();
    batch_.source = entry.source;
    batch_.tenant = entry.tenant;
    if (const auto decoded = decoder->decode(*body, key_, batch_); !decoded)
      no_longer_decodes(entry, decoded.error().message);
    input.batch = &batch_;
    // As on the way in: the bytes go along where a dead letter needs them.
    if (!batch_.refused.empty()) input.bytes = *body;
    return {};
  }

  DecoderSet& decoders_;
  const HashKey& key_;
  std::uint64_t journal_;
  AlertBatch batch_;
  Error error_;
  std::string body_;
};

}  // namespace

Result<void> replay_inputs(Journal& journal, Position from, DecoderSet& decoders,
                           const std::function<bool(const Input&)>& see) {
  InputMaker maker(decoders, journal.key(), journal.life().journal);
  Result<void> outcome;
  const auto read = journal.read_from(from, [&](const JournalEntry& entry) {
    const Result<Input> input = maker.make(entry);
    if (!input) {
      outcome = refuse(Refusal::storage_failed,
                       "journal entry " + std::to_string(entry.position.value()) + ": " + input.error().message);
      return false;
    }
    return see(*input);
  });
  return read ? outcome : read;
}

}  // namespace tocsin
