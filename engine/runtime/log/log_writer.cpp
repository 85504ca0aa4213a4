#include "engine/runtime/log/log_writer.h"

#include <algorithm>

#include "engine/model/check.h"
#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/journal/journal_record.h"

namespace tocsin {

LogWriter::LogWriter(Disk& disk, std::string folder, const LogIdentity& identity, const SegmentSizes& sizes,
                     LogKeeper* keeper)
    : disk_(disk), folder_(std::move(folder)), identity_(identity), sizes_(sizes), keeper_(keeper) {}

void LogWriter::go_on(std::vector<ScannedSegment> segments, Position last, Instant at, const Hash128& chain) {
  segments_ = std::move(segments);
  last_ = last;
  last_at_ = at;
  chain_ = chain;
}

Result<void> LogWriter::open_last() {
  TOCSIN_CHECK(!segments_.empty(), "a log that is gone on with has a segment");
  auto file = disk_.open(folder_ + "/" + to_text(segments_.back().name), DiskUse::writing);
  if (!file) return std::unexpected(std::move(file.error()));
  file_ = std::move(*file);
  pieces_ = PieceBook(segments_.back().next_piece);
  if (keeper_ != nullptr) keeper_->prepare(next_segment_bytes(0));
  return {};
}

std::uint64_t LogWriter::next_segment_bytes(std::uint64_t needed) const {
  const std::uint64_t doubled = segments_.empty() ? sizes_.bytes_min : segments_.back().bytes * 2;
  return std::max(std::clamp(doubled, sizes_.bytes_min, sizes_.bytes_max), kLogBlockBytes + needed);
}

Result<LogKeeper::Made> LogWriter::take_segment(const std::string& path, std::uint64_t wanted, std::uint64_t least) {
  if (keeper_ != nullptr) return keeper_->take(wanted, least);
  auto file = disk_.create(path, wanted);
  if (!file) return std::unexpected(std::move(file.error()));
  return LogKeeper::Made{std::move(*file), wanted};
}

Result<void> LogWriter::begin_segment(Position first, Instant at, std::uint64_t bytes_needed) {
  const std::string fresh = folder_ + "/next";
  const std::uint64_t wanted = next_segment_bytes(bytes_needed);
  auto made = take_segment(fresh, wanted, kLogBlockBytes + bytes_needed);
  if (!made && made.error().code == Refusal::storage_full) {
    // What is left of a nearly full disk is used too.
    const std::uint64_t least = std::max(sizes_.bytes_min, kLogBlockBytes + bytes_needed);
    if (least < wanted) made = take_segment(fresh, least, least);
  }
  if (!made) return std::unexpected(std::move(made.error()));
  SegmentHead head;
  head.identity = identity_;
  head.first = first;
  head.bytes = made->bytes;
  head.at_before = at;
  head.chain = chain_;
  const AlignedBytes block(block_of(head));
  if (auto written = made->file->write_durable(0, block.view()); !written) return written;
  if (auto named = disk_.rename(fresh, folder_ + "/" + to_text(head.name())); !named) return named;
  if (auto synced = disk_.sync_folder(folder_); !synced) {
    synced.error().code = Refusal::storage_failed;  // the name may be there or not: final
    return synced;
  }
  file_ = std::move(made->file);
  // One that was too small for its first group was replaced.
  if (!segments_.empty() && segments_.back().name == head.name()) segments_.pop_back();
  ScannedSegment segment;
  segment.name = head.name();
  segment.bytes = head.bytes;
  last_ = std::max(last_, Position{first.value() - 1});
  last_at_ = at;
  segment.last = last_;
  segment.last_at = at;
  segments_.push_back(segment);
  if (keeper_ != nullptr) keeper_->prepare(next_segment_bytes(0));
  return {};
}

void LogWriter::frame(std::span<const JournalEntry> group, GroupHead& head) {
  head.first = group.front().position;
  head.last = group.back().position;
  head.first_at = group.front().at;
  head.last_at = group.back().at;
  head.entries = static_cast<std::uint32_t>(group.size());
  head.epoch = identity_.epoch;
  head.chain_before = chain_;
  group_.clear();
  group_.resize(kGroupHeadBytes);
  pieces_.begin_group();
  group_payload_bytes_ = 0;
  Position position = last_;
  Instant at = last_at_;
  for (const JournalEntry& entry : group) {
    TOCSIN_CHECK(entry.position > position, "positions rise");
    TOCSIN_CHECK(entry.at >= at, "instants do not go back");
    position = entry.position;
    at = entry.at;
    record_.clear();
    append_little_endian(record_, entry.position.value());
    append_little_endian<std::uint32_t>(record_, 0);
    const std::size_t begun = record_.size();
    append_journal_record_head(record_, entry, identity_.epoch);
    const std::size_t head_bytes = record_.size() - begun;
    std::string_view payload = entry.payload;
    if (entry.pieces != nullptr) {
      pieces_.append(*entry.pieces, record_);
      payload = {};
    }
    const std::uint64_t length = record_.size() - begun + payload.size();
    group_payload_bytes_ += length - head_bytes;
    TOCSIN_CHECK(length <= UINT32_MAX, "bodies and rule sets are bounded");
    for (std::size_t i = 0; i < 4; ++i) record_[begun - 4 + i] = static_cast<char>(length >> (8 * i));
    group_.append(record_);
    group_.append(payload);
  }
  head.next_piece = pieces_.next_number();
  head.body_bytes = static_cast<std::uint32_t>(group_.size() - kGroupHeadBytes);
  group_.resize(group_bytes(head.body_bytes));
  seal_group(group_.span(), head, identity_.journal);
}

Result<void> LogWriter::append(std::span<const JournalEntry> group) {
  if (unfinished_ > 0)
    if (auto mended = mend(); !mended) return mended;
  GroupHead head;
  frame(group, head);
  if (needs_segment(group)) {
    // It tells anew what the segment before had told.
    pieces_.forget();
    frame(group, head);
    needed_ = group_.size();
    if (auto begun = begin_segment(head.first, last_at_, group_.size()); !begun) {
      pieces_.forget();
      return begun;
    }
  }
  needed_ = group_.size();
  ScannedSegment& segment = segments_.back();
  TOCSIN_CHECK(segment.end + group_.size() <= segment.bytes, "a group lies in its segment");
  if (auto written = file_->write_durable(segment.end, group_.view()); !written) {
    unfinished_ = group_.size();
    pieces_.forget();  // the group told nothing
    return written;
  }
  segment.end += group_.size();
  segment.entries += head.entries;
  ++segment.groups;
  segment.last = last_ = head.last;
  segment.last_at = last_at_ = head.last_at;
  segment.next_piece = head.next_piece;
  payload_bytes_ += group_payload_bytes_;
  chain_ = head.chain;
  return {};
}

bool LogWriter::needs_segment(std::span<const JournalEntry> group) const {
  if (!file_ || segments_.back().end + group_.size() > segments_.back().bytes) return true;
  return segments_.back().format < kFormatOfPieces &&
         std::ranges::any_of(group, [](const JournalEntry& entry) { return entry.pieces != nullptr; });
}

Result<void> LogWriter::make_room() {
  if (unfinished_ > 0)
    if (auto mended = mend(); !mended) return mended;
  if (segments_.back().end + needed_ <= segments_.back().bytes) return {};
  return begin_segment(Position{last_.value() + 1}, last_at_, needed_);
}

/// After a write that found no space: what was synced before is read back, what that write left is made zero again.
Result<void> LogWriter::mend() {
  const ScannedSegment& segment = segments_.back();
  const std::string path = folder_ + "/" + to_text(segment.name);
  const auto bytes = read_file(disk_, path);
  if (!bytes) return std::unexpected(bytes.error());
  const auto head = read_segment_head(*bytes, &identity_);
  Hash128 chain = head ? head->chain : Hash128{};
  std::uint64_t at = kLogBlockBytes;
  while (head && at < segment.end) {
    const auto group = read_group(std::string_view(*bytes).substr(at), identity_.journal);
    if (!group || group->chain_before != chain) break;
    chain = group->chain;
    at += group_bytes(group->body_bytes);
  }
  if (!head || at != segment.end || chain != chain_)
    return refuse(Refusal::storage_failed, "what was durable in " + disk_.full_name(path) +
                                               " is not whole any more, at byte " + std::to_string(at));
  AlignedBytes zeros;
  zeros.resize(std::min(unfinished_, segment.bytes - segment.end));
  if (auto written = file_->write_durable(segment.end, zeros.view()); !written) return written;
  unfinished_ = 0;
  return {};
}

}  // namespace tocsin
