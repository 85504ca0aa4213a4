#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/check.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/journal/journal.h"
#include "engine/runtime/journal/journal_record.h"
#include "engine/runtime/journal/local_storage.h"
#include "engine/runtime/outbox/effect_record.h"
#include "engine/runtime/outbox/outbox_store.h"
#include "engine/runtime/outbox/undeliverable_record.h"

namespace tocsin {

/// What survives a process in tests: opened again and again by MemoryJournal and MemoryOutboxStore. Its faults are set
/// before the journal that meets them is opened.
struct MemoryDisk {
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

  HashKey::Seed seed{1, 2, 3};
  JournalLife life;  // of what is appended
  Position first{1};
  std::map<Position, std::string> records;
  std::size_t appends = 0;

  /// The append of this number (from 0) fails, and so do all after it.
  std::size_t fail_at_append = kNever;
  /// How many entries of the failed group are there all the same at the next start.
  std::size_t entries_that_survive_failure = 0;
  /// There is no space, for now; any thread may say so.
  std::atomic<bool> is_full = false;

  std::mutex mutex;  // of what follows; the journal has one thread
  std::map<std::string, EffectName, std::less<>> confirmed;
  std::map<std::pair<std::string, EffectName>, std::string> kept;
  std::map<std::pair<std::string, UndeliverableKey>, std::string> held;
  std::size_t kept_ever = 0;
  bool refuses_to_keep = false;
  bool refuses_to_hold = false;

  Storage open();
};

/// The journal contract in memory, with faults.
class MemoryJournal final : public Journal {
 public:
  explicit MemoryJournal(MemoryDisk& disk) : disk_(disk), key_(disk.seed) {
    if (disk_.records.empty()) return;
    last_ = disk_.records.rbegin()->first;
    last_at_ = read_journal_record(last_, disk_.records.rbegin()->second)->at;
  }

  Result<void> append(std::span<const JournalEntry> group) override {
    if (disk_.is_full) return refuse(Refusal::storage_full, "there is no room on the test's disk");
    const bool fails = failed_ || disk_.appends >= disk_.fail_at_append;
    ++disk_.appends;
    std::size_t written = 0;
    Position position = last_;
    Instant at = last_at_;
    for (const JournalEntry& entry : group) {
      TOCSIN_CHECK(entry.position > position, "positions rise");
      TOCSIN_CHECK(entry.at >= at, "instants do not go back");
      position = entry.position;
      at = entry.at;
      if (fails && (failed_ || written == disk_.entries_that_survive_failure)) break;
      std::string& record = disk_.records[entry.position];
      JournalEntry kept = entry;
      std::string whole;
      if (entry.pieces != nullptr) kept.payload = whole = pack_body(entry.pieces->body);
      kept.pieces = nullptr;
      append_journal_record_head(record, kept, disk_.life.epoch);
      record.append(kept.payload);
      payload_bytes_ += kept.payload.size();
      ++written;
    }
    if (fails) {
      failed_ = true;
      return refuse(Refusal::storage_failed, "the test's disk is full");
    }
    last_ = position;
    last_at_ = at;
    return {};
  }

  Position last_position() const override { return last_; }
  Instant last_instant() const override { return last_at_; }

  Result<void> read_from(Position from, const std::function<bool(const JournalEntry&)>& see) override {
    for (auto at = disk_.records.lower_bound(std::max(from, disk_.first)); at != disk_.records.end(); ++at) {
      if (at->first > last_) break;
      const auto entry = read_journal_record(at->first, at->second);
      if (!entry) return std::unexpected(entry.error());
      if (!see(*entry)) break;
    }
    return {};
  }

  Result<void> cut_before(Position position) override {
    TOCSIN_CHECK(position <= last_, "the newest entry is never cut");
    if (position <= disk_.first) return {};
    disk_.records.erase(disk_.records.begin(), disk_.records.lower_bound(position));
    disk_.first = position;
    return {};
  }

  Result<void> make_room() override {
    if (disk_.is_full) return refuse(Refusal::storage_full, "there is no room on the test's disk");
    return {};
  }

  std::uint64_t payload_bytes() const override { return payload_bytes_; }
  const HashKey& key() const override { return key_; }
  JournalLife life() const override { return disk_.life; }

 private:
  MemoryDisk& disk_;
  HashKey key_;
  Position last_{};
  Instant last_at_ = kUnset;
  bool failed_ = false;
  std::uint64_t payload_bytes_ = 0;
};

/// The outbox's memory in memory. Any thread.
class MemoryOutboxStore final : public OutboxStore {
 public:
  explicit MemoryOutboxStore(MemoryDisk& disk) : disk_(disk) {}

  EffectName confirmed(std::string_view sink) override {
    const std::lock_guard lock(disk_.mutex);
    const auto found = disk_.confirmed.find(sink);
    return found == disk_.confirmed.end() ? EffectName{} : found->second;
  }
  Result<void> remember_confirmed(std::string_view sink, EffectName name) override {
    const std::lock_guard lock(disk_.mutex);
    disk_.confirmed[std::string(sink)] = name;
    return {};
  }
  Result<void> clear_kept() override {
    const std::lock_guard lock(disk_.mutex);
    disk_.kept.clear();
    return {};
  }
  Result<std::size_t> keep(std::string_view sink, std::span<const EffectPtr> effects) override {
    const std::lock_guard lock(disk_.mutex);
    if (disk_.refuses_to_keep) return refuse(Refusal::storage_failed, "the test's disk keeps nothing");
    std::size_t bytes = 0;
    for (const EffectPtr& effect : effects) {
      std::string& record = disk_.kept[{std::string(sink), effect->name}];
      append_effect_record(record, *effect);
      ++disk_.kept_ever;
      bytes += record.size();
    }
    return bytes;
  }
  Result<std::size_t> take_back(std::string_view sink, EffectName behind, std::size_t bytes_max,
                                std::size_t effects_max, std::vector<EffectPtr>& effects) override {
    const std::lock_guard lock(disk_.mutex);
    std::size_t bytes = 0;
    auto at = disk_.kept.upper_bound({std::string(sink), behind});
    while (at != disk_.kept.end() && at->first.first == sink && effects_max-- > 0) {
      if (bytes > 0 && bytes + at->second.size() > bytes_max) break;
      bytes += at->second.size();
      effects.push_back(read_effect_record(at->second));
      at = disk_.kept.erase(at);
    }
    return bytes;
  }
  Result<HeldChange> hold(std::string_view sink, const Undeliverable& record) override {
    const std::lock_guard lock(disk_.mutex);
    if (disk_.refuses_to_hold) return refuse(Refusal::storage_failed, "the test's disk holds nothing");
    std::string bytes;
    append_undeliverable(bytes, record);
    const auto [at, is_new] = disk_.held.try_emplace({std::string(sink), record.key()});
    const auto before = static_cast<std::int64_t>(at->second.size());
    at->second = std::move(bytes);
    return HeldChange{is_new, static_cast<std::int64_t>(at->second.size()) - before};
  }
  Result<std::size_t> drop_held(std::string_view sink, const UndeliverableKey& key) override {
    const std::lock_guard lock(disk_.mutex);
    const auto at = disk_.held.find({std::string(sink), key});
    if (at == disk_.held.end()) return 0;
    const std::size_t bytes = at->second.size();
    disk_.held.erase(at);
    return bytes;
  }
  Result<void> drop_all_held(std::string_view sink) override {
    const std::lock_guard lock(disk_.mutex);
    std::erase_if(disk_.held, [sink](const auto& one) { return one.first.first == sink; });
    return {};
  }
  Result<void> read_held(std::string_view sink, const UndeliverableKey* after,
                         const std::function<bool(const Undeliverable&, std::size_t bytes)>& see) override {
    const std::lock_guard lock(disk_.mutex);
    for (const auto& [key, bytes] : disk_.held) {
      if (key.first != sink || (after != nullptr && key.second <= *after)) continue;
      if (!see(*read_undeliverable(bytes), bytes.size())) break;
    }
    return {};
  }

 private:
  MemoryDisk& disk_;
};

inline Storage MemoryDisk::open() {
  return {std::make_unique<MemoryJournal>(*this), std::make_unique<MemoryOutboxStore>(*this)};
}

}  // namespace tocsin
