#include "engine/runtime/outbox/effect_record.h"

#include "engine/runtime/journal/byte_order.h"

namespace tocsin {
namespace {

void append_text(std::string& out, std::string_view text) {
  append_little_endian(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

std::string read_text(ByteReader& reader) { return std::string(reader.text(reader.little_endian<std::uint32_t>())); }

}  // namespace

void append_effect_record(std::string& out, const Effect& effect) {
  append_little_endian(out, effect.name.position.value());
  append_little_endian(out, effect.name.index);
  append_little_endian(out, effect.name.shard);
  append_little_endian(out, effect.name.life.journal);
  append_little_endian(out, effect.name.life.epoch);
  append_little_endian(out, static_cast<std::uint8_t>(effect.kind));
  append_little_endian(out, static_cast<std::uint64_t>(to_unix_ns(effect.at)));
  append_little_endian(out, effect.incident.bits.high);
  append_little_endian(out, effect.incident.bits.low);
  append_little_endian(out, effect.revision.value());
  append_little_endian(out, static_cast<std::uint8_t>(effect.change));
  append_little_endian(out, static_cast<std::uint8_t>(effect.priority));
  append_text(out, effect.tenant);
  append_little_endian(out, static_cast<std::uint32_t>(effect.audiences.size()));
  for (const Audience& audience : effect.audiences) {
    append_text(out, audience.topic);
    append_text(out, audience.key);
    append_little_endian(out, static_cast<std::uint8_t>(audience.flat));
  }
  append_text(out, effect.value);
  append_text(out, effect.flat_value);
}

EffectPtr read_effect_record(std::string_view bytes) {
  ByteReader reader(bytes);
  auto effect = std::make_shared<Effect>();
  effect->name.position = Position{reader.little_endian<std::uint64_t>()};
  effect->name.index = reader.little_endian<std::uint32_t>();
  effect->name.shard = reader.little_endian<std::uint32_t>();
  effect->name.life.journal = reader.little_endian<std::uint64_t>();
  effect->name.life.epoch = reader.little_endian<std::uint32_t>();
  effect->kind = static_cast<EffectKind>(reader.little_endian<std::uint8_t>());
  effect->at = from_unix_ns(static_cast<std::int64_t>(reader.little_endian<std::uint64_t>()));
  effect->incident.bits.high = reader.little_endian<std::uint64_t>();
  effect->incident.bits.low = reader.little_endian<std::uint64_t>();
  effect->revision = Revision{reader.little_endian<std::uint64_t>()};
  effect->change = static_cast<IncidentChange>(reader.little_endian<std::uint8_t>());
  effect->priority = static_cast<Priority>(reader.little_endian<std::uint8_t>());
  effect->tenant = read_text(reader);
  const auto audiences = reader.little_endian<std::uint32_t>();
  for (std::uint32_t i = 0; i < audiences && reader.ok(); ++i) {
    Audience& audience = effect->audiences.emplace_back();
    audience.topic = read_text(reader);
    audience.key = read_text(reader);
    audience.flat = reader.little_endian<std::uint8_t>() != 0;
  }
  effect->value = read_text(reader);
  effect->flat_value = read_text(reader);
  if (!reader.ok() || !reader.rest().empty()) return nullptr;
  return effect;
}

}  // namespace tocsin
