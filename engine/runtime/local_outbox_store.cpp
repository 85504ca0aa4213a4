#include "engine/runtime/local_outbox_store.h"

#include "engine/model/check.h"
#include "engine/runtime/byte_order.h"
#include "engine/runtime/effect_record.h"
#include "engine/runtime/local_database.h"

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

void append_name(std::string& out, EffectName name) {
  append_big_endian(out, name.position.value());
  append_big_endian(out, name.index);
}

rocksdb::WriteOptions unlogged() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;  // the replay makes kept effects again
  return options;
}

}  // namespace

std::string confirmed_value(EffectName name) {
  std::string value;
  append_name(value, name);
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

Result<std::size_t> LocalOutboxStore::keep(std::string_view sink, const Effect& effect) {
  std::string key = prefix_of(sink);
  append_name(key, effect.name);
  record_.clear();
  append_effect_record(record_, effect);
  const auto status = database_->db->Put(unlogged(), database_->outbox, slice(key), slice(record_));
  if (!status.ok()) return storage_error("cannot keep an effect on disk", status);
  return record_.size();
}

Result<std::size_t> LocalOutboxStore::take_back(std::string_view sink, std::size_t bytes_max,
                                                std::vector<EffectPtr>& effects) {
  const std::string prefix = prefix_of(sink);
  const std::unique_ptr<rocksdb::Iterator> at(database_->db->NewIterator(rocksdb::ReadOptions(), database_->outbox));
  std::size_t bytes = 0;
  std::string end;
  at->Seek(slice(prefix));
  for (; at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
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
  const auto status = database_->db->DeleteRange(unlogged(), database_->outbox, slice(prefix), slice(end));
  if (!status.ok()) return storage_error("cannot remove kept effects", status);
  return bytes;
}

}  // namespace tocsin
