#include "engine/runtime/log/log_repair.h"

#include <algorithm>
#include <deque>

#include "engine/model/check.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/log/group_reader.h"

namespace tocsin {
namespace {

constexpr std::string_view kBuiltLog = "log.tmp";  // being built
constexpr std::string_view kNewLog = "log.new";    // built
constexpr std::string_view kNewMark = "mark.new";
constexpr std::string_view kNewIdentity = "identity.new";

std::string in(std::string_view folder, const SegmentName& name) { return std::string(folder) + "/" + to_text(name); }

/// The whole part of the log's last segment that is kept, in a file of its own, for it will be gone on from.
Result<void> copy_whole_part(Disk& disk, const ScannedSegment& segment) {
  auto from = disk.open(in(kLogFolder, segment.name), DiskUse::reading);
  if (!from) return std::unexpected(std::move(from.error()));
  AlignedBytes kept;
  kept.resize(segment.end);
  const auto read = (*from)->read(0, kept.span());
  if (!read) return std::unexpected(read.error());
  auto file = disk.create(in(kBuiltLog, segment.name), segment.bytes);
  if (!file) return std::unexpected(std::move(file.error()));
  return (*file)->write_durable(0, kept.view());
}

/// Puts the whole groups behind the damage into the new log, under its epoch and at its positions.
class Salvager {
 public:
  Salvager(LogWriter& writer, Position above) : writer_(writer), position_(above) {}

  /// Of what is in front of the damage: texts that those behind it may refer to.
  void look_at(const ScannedGroup& group) {
    static_cast<void>(reader_.read(group.segment, group.head, group.body, [](const JournalEntry&) { return true; }));
  }

  void take(const ScannedGroup& group) {
    if (!outcome_) return;
    std::vector<JournalEntry> entries;
    std::deque<std::string> bodies;
    std::uint64_t lacking = 0;
    const auto read = reader_.read(group.segment, group.head, group.body, [&](const JournalEntry& entry) {
      if (entry.lacks_texts) {
        ++lacking;
        return true;
      }
      entries.push_back(entry);
      entries.back().position = position_ = Position{position_.value() + 1};
      if (reader_.is_in_pieces()) {
        const auto body = unpack_body(entry.payload, body_);
        TOCSIN_CHECK(body.has_value(), "what was put together is a packed body");
        entries.back().payload = bodies.emplace_back(pack_body(*body));
      }
      return true;
    });
    if (!read) return;  // whole, and yet no group that this tocsin can read: it stays in lost/
    lacking_ += lacking;
    kept_ += entries.size();
    if (!entries.empty()) outcome_ = writer_.append(entries);
  }

  const Result<void>& outcome() const { return outcome_; }
  std::uint64_t kept() const { return kept_; }
  /// Entries that refer to texts that are lost.
  std::uint64_t lacking() const { return lacking_; }

 private:
  LogWriter& writer_;
  GroupReader reader_;
  Position position_;
  std::uint64_t kept_ = 0;
  std::uint64_t lacking_ = 0;
  std::string body_;
  Result<void> outcome_;
};

/// What was built takes its place; what is under its old name already stays.
Result<void> move_in(Disk& disk) {
  for (const auto& [from, to] : {std::pair{kNewMark, kMarkFile}, std::pair{kNewIdentity, kIdentityFile}})
    if (disk.exists(from))
      if (auto moved = disk.rename(from, to); !moved) return moved;
  if (auto synced = disk.sync_folder(""); !synced) return synced;
  if (auto moved = disk.rename(kNewLog, kLogFolder); !moved) return moved;
  return disk.sync_folder("");
}

/// Aside go all files as they are, those too that stay in use.
Result<void> move_out(Disk& disk) {
  auto lost = make_lost_folder(disk);
  if (!lost) return std::unexpected(std::move(lost.error()));
  for (const std::string_view file : {kMarkFile, kIdentityFile})
    if (disk.exists(file))
      if (auto kept = disk.link(file, *lost + "/" + std::string(file)); !kept) return kept;
  if (disk.exists(kLogFolder))
    if (auto moved = disk.rename(kLogFolder, *lost + "/" + std::string(kLogFolder)); !moved) return moved;
  if (auto synced = disk.sync_folder(*lost); !synced) return synced;
  return disk.sync_folder("");
}

}  // namespace

Result<std::string> make_lost_folder(Disk& disk) {
  if (auto made = disk.make_folder(kLostFolder); !made) return std::unexpected(std::move(made.error()));
  std::string folder;
  for (int number = 1;; ++number) {
    folder = std::string(kLostFolder) + "/" + std::to_string(number);
    if (!disk.exists(folder)) break;
  }
  if (auto made = disk.make_folder(folder); !made) return std::unexpected(std::move(made.error()));
  if (auto synced = disk.sync_folder(kLostFolder); !synced) return std::unexpected(std::move(synced.error()));
  if (auto synced = disk.sync_folder(""); !synced) return std::unexpected(std::move(synced.error()));
  return folder;
}

Result<void> finish_repair(Disk& disk) {
  if (disk.exists(kNewLog) && !disk.exists(kLogFolder)) return move_in(disk);
  for (const std::string_view part : {kNewLog, kBuiltLog, kNewIdentity, kNewMark})
    if (disk.exists(part))
      if (auto removed = remove_all(disk, part); !removed) return removed;
  return {};
}

Result<void> repair_log(Disk& disk, const LogFindings& findings, const LogOptions& options,
                        std::vector<std::string>& remarks) {
  const LogScan& scan = findings.scan;
  TOCSIN_CHECK(scan.damage.has_value(), "only a damaged log is repaired");
  if (auto cleared = finish_repair(disk); !cleared) return cleared;
  if (auto made = disk.make_folder(kBuiltLog); !made) return made;
  for (const ScannedSegment& segment : scan.segments) {
    const bool is_last = &segment == &scan.segments.back();
    auto kept =
        is_last ? copy_whole_part(disk, segment) : disk.link(in(kLogFolder, segment.name), in(kBuiltLog, segment.name));
    if (!kept) return kept;
  }
  LogIdentity identity = findings.identity;
  identity.epoch = scan.highest_epoch + 1;
  const Position above{std::max(scan.highest, options.told).value() + kPositionsSkippedAfterLoss};
  LogWriter writer(disk, std::string(kBuiltLog), identity, options.sizes, nullptr);
  writer.go_on(scan.segments, scan.last, scan.last_at, scan.chain);
  if (auto begun = writer.begin_segment(Position{above.value() + 1}, scan.last_at, 0); !begun) return begun;
  Salvager salvager(writer, above);
  ScanHooks hooks;
  hooks.good = [&](const ScannedGroup& group) { salvager.look_at(group); };
  hooks.behind = [&](const ScannedGroup& group) { salvager.take(group); };
  if (const auto again = scan_log(disk, findings.identity, findings.mark, ScanBy::owner, hooks); !again)
    return std::unexpected(again.error());
  if (!salvager.outcome()) return salvager.outcome();
  // What is lost had its instants too: time goes on after the last of them.
  if (auto begun =
          writer.begin_segment(Position{writer.last().value() + 1}, std::max(scan.highest_at, writer.last_at()), 0);
      !begun)
    return begun;
  LogMark mark;
  mark.journal = identity.journal;
  mark.generation = findings.mark ? findings.mark->generation + 2 : 1;
  mark.position = writer.last();
  mark.at = writer.last_at();
  mark.segment = writer.segments().back().name;
  mark.end = writer.segments().back().end;
  mark.chain = writer.chain();
  mark.oldest = writer.segments().front().name;
  if (findings.mark) mark.cut = findings.mark->cut;
  if (auto made = make_mark_file(disk, kNewMark, mark); !made) return made;
  if (auto made = replace_file(disk, kNewIdentity, block_of(identity)); !made) return made;
  if (auto synced = disk.sync_folder(kBuiltLog); !synced) return synced;
  if (auto built = disk.rename(kBuiltLog, kNewLog); !built) return built;
  if (auto synced = disk.sync_folder(""); !synced) return synced;
  if (auto moved = move_out(disk); !moved) return moved;
  if (auto moved = move_in(disk); !moved) return moved;
  remarks.push_back("loss accepted: " + scan.damage->sentence() + ". " + std::to_string(salvager.kept()) +
                    " entries from behind the damage were kept at new positions" +
                    (salvager.lacking() == 0 ? std::string()
                                             : ", " + std::to_string(salvager.lacking()) +
                                                   " there refer to texts that are lost, and are lost with them") +
                    ". The journal goes on as epoch " + std::to_string(identity.epoch) + " above position " +
                    std::to_string(writer.last().value()) + "; what was there before is in " +
                    disk.full_name(kLostFolder));
  return {};
}

}  // namespace tocsin
