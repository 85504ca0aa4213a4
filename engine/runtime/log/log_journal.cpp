#include "engine/runtime/log/log_journal.h"

#include <algorithm>

#include "engine/model/check.h"
#include "engine/runtime/log/group_reader.h"

namespace tocsin {
LogJournal::LogJournal(Parts parts, std::unique_ptr<MarkFile> mark)
    : disk_(std::move(parts.disk)),
      identity_(parts.identity),
      mark_(parts.mark),
      key_(parts.identity.seed),
      mark_file_(std::move(mark)),
      keeper_(mark_file_ ? std::make_unique<LogKeeper>(*disk_, *mark_file_, parts.threaded) : nullptr),
      writer_(*disk_, std::string(kLogFolder), identity_, parts.sizes, keeper_.get()) {
  writer_.go_on(std::move(parts.scan.segments), parts.scan.last, parts.scan.last_at, parts.scan.chain);
}

Result<std::unique_ptr<LogJournal>> LogJournal::open(Parts parts) {
  TOCSIN_CHECK(!parts.scan.damage && !parts.scan.segments.empty(), "a damaged log is refused before");
  if (parts.for_reading) return std::unique_ptr<LogJournal>(new LogJournal(std::move(parts), nullptr));
  auto mark = MarkFile::open(*parts.disk);
  if (!mark) return std::unexpected(std::move(mark.error()));
  std::unique_ptr<LogJournal> journal(new LogJournal(std::move(parts), std::move(*mark)));
  if (auto opened = journal->writer_.open_last(); !opened) return std::unexpected(std::move(opened.error()));
  // What is whole counts as acknowledged from now on, for it will be replayed.
  if (auto marked = journal->write_mark(); !marked) return std::unexpected(std::move(marked.error()));
  if (auto synced = journal->sync_mark(); !synced) return std::unexpected(std::move(synced.error()));
  return journal;
}

LogJournal::~LogJournal() = default;

Result<void> LogJournal::fail(Error error) {
  if (error.code != Refusal::storage_full) {
    failed_ = true;
    error.code = Refusal::storage_failed;
  }
  return std::unexpected(std::move(error));
}

Result<void> LogJournal::append(std::span<const JournalEntry> group) {
  if (!keeper_) return refuse(Refusal::storage_failed, "the journal was opened for reading");
  if (failed_ || keeper_->failed())
    return refuse(Refusal::storage_failed, "the journal failed before and takes no more");
  if (group.empty()) return {};
  if (auto appended = writer_.append(group); !appended) return fail(std::move(appended.error()));
  if (auto marked = write_mark(); !marked) {
    marked.error().code = Refusal::storage_failed;  // the group is durable: it must not be given its positions again
    return fail(std::move(marked.error()));
  }
  return {};
}

Result<void> LogJournal::make_room() {
  if (!keeper_ || failed_) return refuse(Refusal::storage_failed, "the journal failed before and takes no more");
  if (auto made = writer_.make_room(); !made) return fail(std::move(made.error()));
  return {};
}

Result<void> LogJournal::write_mark() {
  const ScannedSegment& segment = writer_.segments().back();
  mark_.position = writer_.last();
  mark_.at = writer_.last_at();
  mark_.segment = segment.name;
  mark_.end = segment.end;
  mark_.chain = writer_.chain();
  mark_.oldest = writer_.segments().front().name;
  if (auto written = mark_file_->write(mark_); !written) return written;
  keeper_->mark_written();
  return {};
}

Result<void> LogJournal::sync_mark() { return keeper_->sync_mark(); }

Result<void> LogJournal::read_from(Position from, const std::function<bool(const JournalEntry&)>& see) {
  from = std::max(from, mark_.cut);
  const std::vector<ScannedSegment> segments = writer_.segments();
  for (const ScannedSegment& segment : segments) {
    if (segment.groups == 0 || segment.last < from) continue;
    const auto more = read_segment(segment, from, see);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  return {};
}

Result<bool> LogJournal::read_segment(const ScannedSegment& segment, Position from,
                                      const std::function<bool(const JournalEntry&)>& see) {
  const std::string path = path_of(segment.name);
  const auto bytes = read_file(*disk_, path);
  if (!bytes) return std::unexpected(bytes.error());
  GroupReader reader;
  bool lacks_texts = false;
  for (std::uint64_t at = kLogBlockBytes; at < segment.end;) {
    const std::string_view rest = at < bytes->size() ? std::string_view(*bytes).substr(at) : std::string_view{};
    const auto head = read_group(rest, identity_.journal);
    if (!head)
      return refuse(Refusal::storage_damaged,
                    disk_->full_name(path) + ", byte " + std::to_string(at) +
                        ": the group there was whole when the journal was opened, and is not now");
    const auto more = reader.read(segment.name, *head, rest.substr(kGroupHeadBytes, head->body_bytes),
                                  [&](const JournalEntry& entry) {
                                    lacks_texts |= entry.lacks_texts;
                                    return !lacks_texts && (entry.position < from || see(entry));
                                  });
    if (!more) return more;
    if (lacks_texts)
      return refuse(Refusal::storage_damaged, disk_->full_name(path) + ", byte " + std::to_string(at) +
                                                  ": a body there refers to texts that are not in this file");
    if (!*more) return more;
    at += group_bytes(head->body_bytes);
  }
  return true;
}

Result<void> LogJournal::cut_before(Position position) {
  TOCSIN_CHECK(position <= last_position(), "the newest entry is never cut");
  if (!keeper_ || failed_) return refuse(Refusal::storage_failed, "the journal cannot be cut now");
  if (position <= mark_.cut) return {};
  const auto& segments = writer_.segments();
  std::vector<std::string> gone;
  for (std::size_t i = 0; i + 1 < segments.size() && segments[i].last < position; ++i)
    gone.push_back(path_of(segments[i].name));
  writer_.forget_segments(gone.size());
  mark_.cut = position;
  // First it is said that they may be missing, then they are.
  if (auto marked = write_mark(); !marked) return fail(std::move(marked.error()));
  if (auto synced = sync_mark(); !synced) return fail(std::move(synced.error()));
  for (const std::string& path : gone)
    if (auto removed = disk_->remove(path); !removed) return removed;
  return disk_->sync_folder(kLogFolder);
}

}  // namespace tocsin
