#include "engine/runtime/outbox/local_outbox_store.h"

#include <rocksdb/write_batch.h>

#include "engine/model/check.h"
#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/journal/local_database.h"
#include "engine/runtime/outbox/effect_record.h"
#include "engine/runtime/outbox/undeliverable_record.h"

namespace tocsin {
namespace {

constexpr std::string_view kConfirmed = "confirmed/";

std::string confirmed_key(std::string_view sink) { return std::string(kConfirmed).append(sink); }

// [length of the sink's name u16][name]: no prefix is the beginning of another.
std::string prefix_of(std::string_view sink) {
  std::string key;
  append_big_endian(key, static_cast<std::uint16_t>(sink.size()));
  return key.append(sink);
}

std::string held_prefix_of(std::string_view sink) { return "undeliverable/" + prefix_of(sink); }

void append_name(std::string& out, EffectName name) {
  append_big_endian(out, name.position.value());
  append_big_endian(out, name.shard);
  append_big_endian(out, name.index);
}

std::string held_key(std::string_view sink, const UndeliverableKey& key) {
  std::string out = held_prefix_of(sink);
  append_name(out, key.name);
  return out.append(key.topic);
}

rocksdb::WriteOptions unlogged() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;  // the replay makes kept effects again
  return options;
}

rocksdb::WriteOptions synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

}  // namespace

std::string confirmed_value(EffectName name) {
  std::string value;
  append_big_endian(value, name.position.value());
  append_big_endian(value, name.index);
  append_big_endian(value, name.shard);
  append_big_endian(value, name.life.journal);
  append_big_endian(value, name.life.epoch);
  return value;
}

std::optional<ConfirmedMark> read_confirmed(std::string_view value) {
  ByteReader reader(value);
  ConfirmedMark mark;
  mark.name.position = Position{reader.big_endian<std::uint64_t>()};
  mark.name.index = reader.big_endian<std::uint32_t>();
  mark.name.shard = reader.big_endian<std::uint32_t>();
  mark.name.life.journal = reader.big_endian<std::uint64_t>();
  mark.name.life.epoch = reader.big_endian<std::uint32_t>();
  if (!reader.ok() || !reader.rest().empty()) return std::nullopt;
  return mark;
}

Result<std::vector<ConfirmedMark>> read_all_confirmed(LocalDatabase& database) {
  std::vector<ConfirmedMark> marks;
  const std::unique_ptr<rocksdb::Iterator> at(database.db->NewIterator(rocksdb::ReadOptions(), database.meta));
  for (at->Seek(slice(kConfirmed)); at->Valid() && at->key().starts_with(slice(kConfirmed)); at->Next()) {
    auto mark = read_confirmed(view(at->value()));
    if (!mark) return refuse(Refusal::storage_damaged, "what a sink confirmed cannot be read: " + at->key().ToString());
    mark->sink = view(at->key()).substr(kConfirmed.size());
    marks.push_back(std::move(*mark));
  }
  if (!at->status().ok()) return storage_error("cannot read what sinks confirmed", at->status());
  return marks;
}

LocalOutboxStore::LocalOutboxStore(std::shared_ptr<LocalDatabase> database) : database_(std::move(database)) {}
LocalOutboxStore::~LocalOutboxStore() = default;

EffectName LocalOutboxStore::confirmed(std::string_view sink) {
  std::string value;
  const auto status = database_->db->Get(rocksdb::ReadOptions(), database_->meta, slice(confirmed_key(sink)), &value);
  if (!status.ok()) return {};  // not readable is as good as lost: it is sent again
  const auto mark = read_confirmed(value);
  return mark ? mark->name : EffectName{};
}

Result<void> LocalOutboxStore::remember_confirmed(std::string_view sink, EffectName name) {
  name.life.journal = database_->journal;
  const std::string value = confirmed_value(name);
  const auto status =
      database_->db->Put(rocksdb::WriteOptions(), database_->meta, slice(confirmed_key(sink)), slice(value));
  if (!status.ok()) return storage_error("cannot remember what a sink confirmed", status);
  return {};
}

Result<void> LocalOutboxStore::clear_kept() {
  const std::string begin;
  const std::string end(16, '\xff');  // names of sinks are shorter than 65,535 bytes
  const auto status = database_->db->DeleteRange(rocksdb::WriteOptions(), database_->outbox, slice(begin), slice(end));
  if (!status.ok()) return storage_error("cannot empty the outbox", status);
  return {};
}

Result<std::size_t> LocalOutboxStore::keep(std::string_view sink, std::span<const EffectPtr> effects) {
  rocksdb::WriteBatch batch;
  std::string key = prefix_of(sink);
  const std::size_t prefix = key.size();
  std::string record;
  std::size_t bytes = 0;
  for (const EffectPtr& effect : effects) {
    key.resize(prefix);
    append_name(key, effect->name);
    record.clear();
    append_effect_record(record, *effect);
    bytes += record.size();
    batch.Put(database_->outbox, slice(key), slice(record));
  }
  const auto status = database_->db->Write(unlogged(), &batch);
  if (!status.ok()) return storage_error("cannot keep effects on disk", status);
  return bytes;
}

Result<std::size_t> LocalOutboxStore::take_back(std::string_view sink, EffectName behind, std::size_t bytes_max,
                                                std::size_t effects_max, std::vector<EffectPtr>& effects) {
  const std::string prefix = prefix_of(sink);
  const std::unique_ptr<rocksdb::Iterator> at(database_->db->NewIterator(rocksdb::ReadOptions(), database_->outbox));
  std::size_t bytes = 0;
  std::size_t count = 0;
  std::string end = prefix;
  append_name(end, behind);
  end.push_back('\0');  // the first key after it
  at->Seek(slice(end));
  for (; at->Valid() && at->key().starts_with(slice(prefix)) && count < effects_max; at->Next(), ++count) {
    if (bytes > 0 && bytes + at->value().size() > bytes_max) break;
    EffectPtr effect = read_effect_record(view(at->value()));
    TOCSIN_CHECK(effect != nullptr, "an effect that this process kept on disk can be read back");
    effects.push_back(std::move(effect));
    bytes += at->value().size();
    end = at->key().ToString();
  }
  if (!at->status().ok()) return storage_error("cannot read kept effects", at->status());
  if (bytes == 0) return 0;
  end.push_back('\0');  // the first key after the last one taken
  // Should this fail, they are removed with the next ones.
  [[maybe_unused]] const auto removed =
      database_->db->DeleteRange(unlogged(), database_->outbox, slice(prefix), slice(end));
  return bytes;
}

Result<HeldChange> LocalOutboxStore::hold(std::string_view sink, const Undeliverable& record) {
  const std::string key = held_key(sink, record.key());
  std::string before;
  const auto got = database_->db->Get(rocksdb::ReadOptions(), database_->meta, slice(key), &before);
  if (!got.ok() && !got.IsNotFound()) return storage_error("cannot read what is undeliverable", got);
  std::string value;
  append_undeliverable(value, record);
  const auto status = database_->db->Put(synced(), database_->meta, slice(key), slice(value));
  if (!status.ok()) return storage_error("cannot hold what is undeliverable", status);
  return HeldChange{got.IsNotFound(),
                    static_cast<std::int64_t>(value.size()) - static_cast<std::int64_t>(before.size())};
}

Result<std::size_t> LocalOutboxStore::drop_held(std::string_view sink, const UndeliverableKey& key) {
  const std::string at = held_key(sink, key);
  std::string before;
  const auto got = database_->db->Get(rocksdb::ReadOptions(), database_->meta, slice(at), &before);
  if (got.IsNotFound()) return 0;
  if (!got.ok()) return storage_error("cannot read what is undeliverable", got);
  const auto status = database_->db->Delete(rocksdb::WriteOptions(), database_->meta, slice(at));
  if (!status.ok()) return storage_error("cannot drop what was undeliverable", status);
  return before.size();
}

Result<void> LocalOutboxStore::drop_all_held(std::string_view sink) {
  const std::string begin = held_prefix_of(sink);
  const std::string end = begin + std::string(20, '\xff');  // behind every name of an effect
  const auto status = database_->db->DeleteRange(synced(), database_->meta, slice(begin), slice(end));
  if (!status.ok()) return storage_error("cannot drop what was undeliverable", status);
  return {};
}

Result<void> LocalOutboxStore::read_held(std::string_view sink, const UndeliverableKey* after,
                                         const std::function<bool(const Undeliverable&, std::size_t bytes)>& see) {
  const std::string prefix = held_prefix_of(sink);
  const std::unique_ptr<rocksdb::Iterator> at(database_->db->NewIterator(rocksdb::ReadOptions(), database_->meta));
  std::string from = after != nullptr ? held_key(sink, *after) : prefix;
  if (after != nullptr) from.push_back('\0');  // a key's successor
  for (at->Seek(slice(from)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    const auto record = read_undeliverable(view(at->value()));
    if (!record) return refuse(Refusal::storage_failed, "a record that is held as undeliverable cannot be read");
    if (!see(*record, at->value().size())) return {};
  }
  if (!at->status().ok()) return storage_error("cannot read what is undeliverable", at->status());
  return {};
}

}  // namespace tocsin
