#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "engine/model/body_pieces.h"
#include "engine/model/hash.h"
#include "engine/model/ids.h"
#include "engine/model/input.h"
#include "engine/model/instant.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// One input as it is kept. Borrowed.
struct JournalEntry {
  Position position{};
  Instant at{};
  InputKind kind = InputKind::time_passed;
  std::string_view source{};
  std::string_view tenant{};
  /// The body, packed by pack_body (see body_packing.h); of a rule set its files, by pack_rules; or empty.
  std::string_view payload{};
  Error error{};            // refused_body: why
  Instant wall = kUnset;    // see Input
  std::uint32_t epoch = 0;  // see JournalLife; of entries that are read
  /// Of entries that are appended, in the place of a payload: a journal that has pieces of the body already need not
  /// keep them again. Read, such an entry has a payload as all others have.
  const BodyPieces* pieces = nullptr;
  /// Of entries that are read behind damage: the payload refers to texts that are lost, and is empty.
  bool lacks_texts = false;
};

/// The log of all inputs, the only truth. Belongs to one thread (the sequencer's, before that the recovery's), except
/// where said. Back ends: a log of our own (log/), memory with faults (in tests), and a Kafka topic to come; each
/// must pass tests/runtime/journal_contract.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Adds entries in order; on success all are durable. Requires: positions rise, from the last on; instants do not go
  /// back. storage_full: no space; nothing was changed, and it may be tried again. Any other error (storage_failed) is
  /// final: what was not synced may or may not be there at the next start, and this journal takes no more.
  virtual Result<void> append(std::span<const JournalEntry> group) = 0;

  /// After storage_full: whether there is space again, for what found none. Errors as of append().
  virtual Result<void> make_room() { return {}; }

  /// Position and instant of the newest entry, or those that it must lie above; 0 and kUnset when empty.
  virtual Position last_position() const = 0;
  virtual Instant last_instant() const = 0;

  /// Calls `see` for each entry from `from` on, in order, until it returns false. Entries are valid during the call
  /// only. Positions rise; there are gaps where something was lost.
  virtual Result<void> read_from(Position from, const std::function<bool(const JournalEntry&)>& see) = 0;

  /// Entries before `position` are no longer needed. Requires: `position` is not after the last, so the newest stays.
  virtual Result<void> cut_before(Position position) = 0;

  /// The key that identities of this journal are hashed with; made with the journal.
  virtual const HashKey& key() const = 0;

  /// Bytes of payloads that were appended since it was opened, as they are kept.
  virtual std::uint64_t payload_bytes() const { return 0; }

  /// Of what is appended from now on; entries say which epoch was theirs.
  virtual JournalLife life() const { return {}; }
};

}  // namespace tocsin
