#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/log/log_folder.h"
#include "tests/runtime/simulated_disk.h"

namespace tocsin {

inline constexpr SegmentSizes kSmallSegments{.bytes_min = 16 * kLogBlockBytes, .bytes_max = 32 * kLogBlockBytes};

/// (position, epoch) → payload.
using Entries = std::map<std::pair<std::uint64_t, std::uint32_t>, std::string>;

inline std::shared_ptr<Disk> borrowed(Disk& disk) { return {std::shared_ptr<void>(), &disk}; }

/// A log alone, small and without threads, on `disk`.
inline Result<std::unique_ptr<LogJournal>> open_small_log(Disk& disk, bool accept_loss = false,
                                                          std::vector<std::string>* remarks = nullptr) {
  LogOptions options;
  options.accept_loss = accept_loss;
  options.sizes = kSmallSegments;
  options.threaded = false;
  options.random = [](std::span<char> bytes) { std::memset(bytes.data(), 7, bytes.size()); };
  const auto is_new = begin_folder(disk);
  if (!is_new) return std::unexpected(is_new.error());
  if (*is_new)
    if (auto made = make_log(disk, options); !made) return std::unexpected(std::move(made.error()));
  std::vector<std::string> unused;
  auto journal = open_log(borrowed(disk), options, remarks != nullptr ? *remarks : unused);
  if (!journal) return journal;
  if (auto ended = end_folder(disk); !ended) return std::unexpected(std::move(ended.error()));
  return journal;
}

inline Result<Entries> entries_of(Journal& journal) {
  Entries entries;
  const auto read = journal.read_from(Position{1}, [&](const JournalEntry& entry) {
    entries[{entry.position.value(), entry.epoch}] = entry.payload;
    return true;
  });
  if (!read) return std::unexpected(read.error());
  return entries;
}

inline Instant instant_of(std::uint64_t second) { return Instant{std::chrono::seconds{1'700'000'000 + second}}; }

/// Appends one group of `payloads` at the next positions.
inline Result<void> append_all(Journal& journal, const std::vector<std::string>& payloads, Entries* written = nullptr) {
  std::vector<JournalEntry> group;
  std::uint64_t position = journal.last_position().value();
  for (const std::string& payload : payloads) {
    ++position;
    group.push_back({Position{position}, std::max(journal.last_instant(), instant_of(position)), InputKind::alerts,
                     "generic", "acme", payload});
  }
  auto appended = journal.append(group);
  if (appended && written != nullptr)
    for (const JournalEntry& entry : group) (*written)[{entry.position.value(), journal.life().epoch}] = entry.payload;
  return appended;
}

}  // namespace tocsin
