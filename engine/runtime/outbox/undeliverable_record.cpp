#include "engine/runtime/outbox/undeliverable_record.h"

#include <cstdint>

#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/outbox/effect_record.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kFormat = 1;

}  // namespace

void append_undeliverable(std::string& out, const Undeliverable& record) {
  append_little_endian(out, kFormat);
  append_little_endian(out, static_cast<std::uint64_t>(to_unix_ns(record.since)));
  append_little_endian(out, static_cast<std::uint32_t>(record.why.size()));
  out.append(record.why);
  append_little_endian(out, static_cast<std::uint32_t>(record.topic.size()));
  out.append(record.topic);
  append_effect_record(out, *record.effect);
}

std::optional<Undeliverable> read_undeliverable(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.little_endian<std::uint8_t>() != kFormat) return std::nullopt;
  Undeliverable record;
  record.since = from_unix_ns(static_cast<std::int64_t>(reader.little_endian<std::uint64_t>()));
  record.why = reader.text(reader.little_endian<std::uint32_t>());
  record.topic = reader.text(reader.little_endian<std::uint32_t>());
  if (!reader.ok()) return std::nullopt;
  record.effect = read_effect_record(reader.rest());
  if (record.effect == nullptr) return std::nullopt;
  return record;
}

}  // namespace tocsin
