#include "engine/runtime/outbox/held_records.h"

#include <utility>

namespace tocsin {

HeldRecords::HeldRecords(std::string sink, OutboxStore& store) : sink_(std::move(sink)), store_(store) {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  const auto read = store_.read_held(sink_, nullptr, [&](const Undeliverable&, std::size_t size) {
    ++count;
    bytes += size;
    return true;
  });
  count_.store(count, std::memory_order_relaxed);
  bytes_.store(bytes, std::memory_order_relaxed);
  if (read) return;
  const Lock lock(text_mutex_);
  trouble_ = read.error().message;
}

bool HeldRecords::hold(const Undeliverable& record) {
  const Lock lock(mutex_);
  const auto change = store_.hold(sink_, record);
  if (change) {
    bytes_.store(bytes() + static_cast<std::uint64_t>(change->grown_bytes), std::memory_order_relaxed);
    if (change->is_new) {  // one that came back from being sent again is not counted twice
      count_.store(count() + 1, std::memory_order_relaxed);
      held_ever_.store(held_ever() + 1, std::memory_order_relaxed);
    }
  }
  const Lock text_lock(text_mutex_);
  trouble_ = change ? std::string{} : change.error().message;
  if (change) last_ = to_text(record.effect->name) + " to " + record.topic + ": " + record.why;
  return change.has_value();
}

void HeldRecords::drop(const UndeliverableKey& key) {
  const Lock lock(mutex_);
  const auto dropped = store_.drop_held(sink_, key);
  if (dropped && *dropped > 0) {
    bytes_.store(bytes() - *dropped, std::memory_order_relaxed);
    count_.store(count() - 1, std::memory_order_relaxed);
  }
  if (dropped) return;  // else it stays, and is sent once more when somebody asks for it
  const Lock text_lock(text_mutex_);
  trouble_ = dropped.error().message;
}

Result<std::uint64_t> HeldRecords::discard_all() {
  const Lock lock(mutex_);
  if (auto dropped = store_.drop_all_held(sink_); !dropped) return std::unexpected(std::move(dropped.error()));
  const std::uint64_t discarded = count();
  count_.store(0, std::memory_order_relaxed);
  bytes_.store(0, std::memory_order_relaxed);
  return discarded;
}

std::optional<Undeliverable> HeldRecords::next(const std::optional<UndeliverableKey>& after) const {
  std::optional<Undeliverable> next;
  const auto read = store_.read_held(sink_, after ? &*after : nullptr, [&](const Undeliverable& record, std::size_t) {
    next = record;
    return false;
  });
  return read ? next : std::nullopt;
}

void HeldRecords::each(const std::function<void(const Undeliverable&)>& see) const {
  [[maybe_unused]] const auto read = store_.read_held(sink_, nullptr, [&](const Undeliverable& record, std::size_t) {
    see(record);
    return true;
  });
}

Result<std::vector<HeldRecord>> HeldRecords::list(std::size_t count_max) const {
  std::vector<HeldRecord> records;
  const auto read = store_.read_held(sink_, nullptr, [&](const Undeliverable& record, std::size_t bytes) {
    if (records.size() == count_max) return false;
    records.push_back({record.effect->name, record.topic, record.why, record.since, bytes});
    return true;
  });
  if (!read) return std::unexpected(read.error());
  return records;
}

std::string HeldRecords::last() const {
  const Lock lock(text_mutex_);
  return last_;
}

std::string HeldRecords::trouble() const {
  const Lock lock(text_mutex_);
  return trouble_;
}

}  // namespace tocsin
