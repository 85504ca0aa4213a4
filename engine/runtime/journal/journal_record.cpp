#include "engine/runtime/journal/journal_record.h"

#include <algorithm>
#include <limits>

#include "engine/model/check.h"
#include "engine/runtime/journal/byte_order.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kVersionInPieces = 3;

bool is_kind(std::uint8_t number) {
  switch (static_cast<InputKind>(number)) {
    case InputKind::alerts:
    case InputKind::refused_body:
    case InputKind::time_passed:
    case InputKind::started:
    case InputKind::rule_set:
    case InputKind::clock_set:
    case InputKind::command:
    case InputKind::queue_age:
      return true;
  }
  return false;
}

std::unexpected<Error> corrupt(Position position, const char* what) {
  return refuse(Refusal::storage_failed, "journal entry " + std::to_string(position.value()) + " " + what);
}

}  // namespace

void append_journal_record(std::string& out, const JournalEntry& entry) {
  TOCSIN_CHECK(entry.pieces == nullptr, "pieces are packed by who keeps them");
  append_journal_record_head(out, entry, entry.epoch);
  out.append(entry.payload);
}

void append_journal_record_head(std::string& out, const JournalEntry& entry, std::uint32_t epoch) {
  TOCSIN_CHECK(std::max(entry.source.size(), entry.tenant.size()) <= std::numeric_limits<std::uint16_t>::max(),
               "names of sources and tenants are bounded by the configuration");
  append_little_endian(out, entry.pieces == nullptr ? kVersion : kVersionInPieces);
  append_little_endian(out, static_cast<std::uint8_t>(entry.kind));
  append_little_endian(out, static_cast<std::uint64_t>(to_unix_ns(entry.at)));
  append_little_endian(out, static_cast<std::uint64_t>(to_unix_ns(entry.wall)));
  append_little_endian(out, epoch);
  append_little_endian(out, static_cast<std::uint8_t>(entry.error.code));
  append_little_endian(out, static_cast<std::uint32_t>(entry.error.index));
  append_little_endian(out, static_cast<std::uint16_t>(entry.source.size()));
  append_little_endian(out, static_cast<std::uint16_t>(entry.tenant.size()));
  append_little_endian(out, static_cast<std::uint32_t>(entry.error.message.size()));
  append_little_endian(out, static_cast<std::uint32_t>(entry.error.pointer.size()));
  out.append(entry.source).append(entry.tenant).append(entry.error.message).append(entry.error.pointer);
}

Result<JournalEntry> read_journal_record(Position position, std::string_view bytes) {
  const auto read = read_journal_record_or_pieces(position, bytes);
  if (!read) return std::unexpected(read.error());
  if (read->is_in_pieces) return corrupt(position, "is in pieces, which are not kept here");
  return read->entry;
}

Result<ReadRecord> read_journal_record_or_pieces(Position position, std::string_view bytes) {
  ByteReader reader(bytes);
  const auto version = reader.little_endian<std::uint8_t>();
  if (version == 0 || version > kVersionInPieces)
    return corrupt(position, "has a version that this tocsin does not know");
  const auto kind = reader.little_endian<std::uint8_t>();
  const auto instant = static_cast<std::int64_t>(reader.little_endian<std::uint64_t>());
  Instant wall = kUnset;
  std::uint32_t epoch = 0;
  if (version > 1) {
    wall = from_unix_ns(static_cast<std::int64_t>(reader.little_endian<std::uint64_t>()));
    epoch = reader.little_endian<std::uint32_t>();
  }
  const auto refusal = reader.little_endian<std::uint8_t>();
  const auto index = static_cast<std::int32_t>(reader.little_endian<std::uint32_t>());
  const auto source_bytes = reader.little_endian<std::uint16_t>();
  const auto tenant_bytes = reader.little_endian<std::uint16_t>();
  const auto message_bytes = reader.little_endian<std::uint32_t>();
  const auto pointer_bytes = reader.little_endian<std::uint32_t>();

  ReadRecord read;
  read.is_in_pieces = version == kVersionInPieces;
  JournalEntry& entry = read.entry;
  entry.position = position;
  entry.at = from_unix_ns(instant);
  entry.wall = wall;
  entry.epoch = epoch;
  entry.kind = static_cast<InputKind>(kind);
  entry.source = reader.text(source_bytes);
  entry.tenant = reader.text(tenant_bytes);
  entry.error.code = static_cast<Refusal>(refusal);
  entry.error.index = index;
  entry.error.message = reader.text(message_bytes);
  entry.error.pointer = reader.text(pointer_bytes);
  entry.payload = reader.rest();
  if (!reader.ok()) return corrupt(position, "is cut off");
  if (!is_kind(kind) || refusal >= kRefusalCount)
    return corrupt(position, "is of a kind that this tocsin does not know");
  return read;
}

}  // namespace tocsin
