#include "engine/runtime/log/log_folder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <sys/random.h>

#include "engine/runtime/log/log_repair.h"

namespace tocsin {
namespace {

Result<void> draw(const LogOptions& options, std::span<char> into) {
  if (options.random) {
    options.random(into);
    return {};
  }
  if (getrandom(into.data(), into.size(), 0) != static_cast<ssize_t>(into.size()))
    return refuse(Refusal::storage_failed, "the operating system gives no random bytes");
  return {};
}

/// The identity as the heads of segments repeat it, newest first.
std::vector<LogIdentity> identities_of_segments(Disk& disk) {
  std::vector<LogIdentity> identities;
  const auto names = disk.list(kLogFolder);
  if (!names) return identities;
  for (auto name = names->rbegin(); name != names->rend(); ++name) {
    if (!parse_segment_name(*name)) continue;
    auto file = disk.open(std::string(kLogFolder) + "/" + *name, DiskUse::reading);
    if (!file) continue;
    std::string block(kLogBlockBytes, '\0');
    if (!(*file)->read(0, block)) continue;
    if (const auto head = read_segment_head(block, nullptr)) identities.push_back(head->identity);
  }
  return identities;
}

bool is_same_journal(const LogIdentity& one, const LogIdentity& other) {
  return one.journal == other.journal && one.seed == other.seed;
}

/// What most of them say; of equal numbers the newest.
std::optional<LogIdentity> most_common(const std::vector<LogIdentity>& identities) {
  std::optional<LogIdentity> best;
  std::ptrdiff_t best_count = 0;
  for (const LogIdentity& one : identities) {
    const auto count =
        std::ranges::count_if(identities, [&](const auto& other) { return is_same_journal(one, other); });
    if (count <= best_count) continue;
    best = one;
    best_count = count;
  }
  return best;
}

/// Damage of another file than a segment; what the log itself says comes with it.
void add_damage(LogScan& scan, std::string_view file, std::string what) {
  LogDamage damage;
  if (scan.damage) damage = *scan.damage;
  damage.what = scan.damage ? what + "; also " + damage.file + ": " + damage.what : what;
  damage.file = file;
  damage.byte = 0;
  if (!scan.damage) {
    damage.after = scan.last;
    damage.after_at = scan.last_at;
  }
  scan.damage = std::move(damage);
}

std::unexpected<Error> newer(const Disk& disk, std::string_view file) {
  return refuse(Refusal::storage_failed, disk.full_name(file) +
                                             " was made by a newer tocsin than this one, which knows "
                                             "format " +
                                             std::to_string(kLogFormat));
}

}  // namespace

Error damage_error(const Disk& disk, const std::string& sentence) {
  return Error{
      Refusal::storage_damaged,
      "the journal in " + disk.full_name("") + " is damaged: " + sentence +
          ". Nothing was changed. Put a whole copy of the folder in its place, or start with --accept-loss to go "
          "on with what is whole; the damaged files are then kept in " +
          disk.full_name(kLostFolder),
      -1,
      {}};
}

Result<bool> begin_folder(Disk& disk) {
  if (auto finished = finish_repair(disk); !finished) return std::unexpected(std::move(finished.error()));
  if (disk.exists(kUnfinishedFile)) {
    for (const std::string_view part : {kLogFolder, kMarkFile, kIdentityFile, kDatabaseFolder})
      if (auto removed = remove_all(disk, part); !removed) return std::unexpected(std::move(removed.error()));
  } else {
    for (const std::string_view part : {kLogFolder, kMarkFile, kIdentityFile, kDatabaseFolder})
      if (disk.exists(part)) return false;
    if (auto made = disk.create(kUnfinishedFile, 0); !made) return std::unexpected(std::move(made.error()));
  }
  if (auto synced = disk.sync_folder(""); !synced) return std::unexpected(std::move(synced.error()));
  return true;
}

Result<void> end_folder(Disk& disk) {
  if (!disk.exists(kUnfinishedFile)) return {};
  if (auto removed = disk.remove(kUnfinishedFile); !removed) return removed;
  return disk.sync_folder("");
}

Result<void> make_log(Disk& disk, const LogOptions& options) {
  LogIdentity identity;
  std::array<char, sizeof identity.journal + HashKey::kSeedBytes> random{};
  if (auto drawn = draw(options, random); !drawn) return drawn;
  std::memcpy(&identity.journal, random.data(), sizeof identity.journal);
  std::memcpy(identity.seed.data(), random.data() + sizeof identity.journal, identity.seed.size());
  identity.made = options.now;
  identity.epoch = 1;
  if (auto made = disk.make_folder(kLogFolder); !made) return made;
  LogWriter writer(disk, std::string(kLogFolder), identity, options.sizes, nullptr);
  if (auto begun = writer.begin_segment(Position{1}, kUnset, 0); !begun) return begun;
  LogMark mark;
  mark.journal = identity.journal;
  mark.segment = mark.oldest = writer.segments().front().name;
  mark.end = kLogBlockBytes;
  if (auto made = make_mark_file(disk, kMarkFile, mark); !made) return made;
  return replace_file(disk, kIdentityFile, block_of(identity));
}

Result<LogFindings> inspect_log(Disk& disk, ScanBy by, const ScanHooks& hooks) {
  LogFindings findings;
  std::string identity_wrong;
  if (!disk.exists(kIdentityFile)) {
    identity_wrong = "it is missing";
  } else {
    const auto block = read_file(disk, kIdentityFile);
    const auto identity = block ? read_identity(*block) : std::unexpected(BlockFault::damaged);
    if (identity)
      findings.identity = *identity;
    else if (identity.error() == BlockFault::newer)
      return newer(disk, kIdentityFile);
    else
      identity_wrong = block ? "it does not match its checksum" : block.error().message;
  }
  const std::vector<LogIdentity> heads = identities_of_segments(disk);
  const auto repeated = most_common(heads);
  if (!identity_wrong.empty() && repeated) findings.identity = *repeated;
  if (identity_wrong.empty() && repeated &&
      std::ranges::none_of(heads, [&](const LogIdentity& head) { return is_same_journal(head, findings.identity); })) {
    identity_wrong = "it is that of another journal than the log's";
    findings.identity = *repeated;
  }
  if (!identity_wrong.empty() && !repeated)
    return std::unexpected(Error{Refusal::storage_damaged,
                                 "nothing in " + disk.full_name("") + " says which journal it is: " +
                                     disk.full_name(kIdentityFile) + ": " + identity_wrong +
                                     ", and no file of the log has a whole head. Put a whole copy of the folder in its "
                                     "place; an empty one begins a new journal",
                                 -1,
                                 {}});
  auto mark = read_mark_file(disk, findings.identity.journal);
  if (!mark) return std::unexpected(std::move(mark.error()));
  if (!mark->mark && mark->is_newer) return newer(disk, kMarkFile);
  findings.mark = mark->mark;
  auto scan = scan_log(disk, findings.identity, findings.mark, by, hooks);
  if (!scan) return std::unexpected(std::move(scan.error()));
  findings.scan = std::move(*scan);
  if (!findings.mark)
    add_damage(findings.scan, kMarkFile, mark->wrong);
  else if (!mark->wrong.empty())
    findings.scan.remarks.push_back(std::string(kMarkFile) + ": " + mark->wrong + "; the other one was used");
  if (!identity_wrong.empty()) add_damage(findings.scan, kIdentityFile, identity_wrong);
  return findings;
}

Result<std::unique_ptr<LogJournal>> open_log(std::shared_ptr<Disk> disk, const LogOptions& options,
                                             std::vector<std::string>& remarks) {
  auto findings = inspect_log(*disk, ScanBy::owner);
  if (!findings) return std::unexpected(std::move(findings.error()));
  LogOptions known = options;
  for (const ToldOutside& one : options.outside) {
    if (one.name.life.journal != findings->identity.journal || one.name.position <= known.told) continue;
    known.told = one.name.position;
    known.told_to = "the sink \"" + one.sink + "\"";
  }
  if (!findings->scan.damage && known.told > findings->scan.last)
    add_damage(findings->scan, kLogFolder,
               "it ends before position " + std::to_string(known.told.value()) + ", up to which " + known.told_to +
                   " has everything");
  if (findings->scan.damage) {
    if (!options.accept_loss) return std::unexpected(damage_error(*disk, findings->scan.damage->sentence()));
    if (auto repaired = repair_log(*disk, *findings, known, remarks); !repaired) {
      static_cast<void>(finish_repair(*disk));  // gives back what it took, unless it only has to be finished
      return std::unexpected(std::move(repaired.error()));
    }
    findings = inspect_log(*disk, ScanBy::owner);
    if (!findings) return std::unexpected(std::move(findings.error()));
    if (findings->scan.damage) return std::unexpected(damage_error(*disk, findings->scan.damage->sentence()));
  }
  for (std::string& remark : findings->scan.remarks) remarks.push_back(std::move(remark));
  if (auto removed = disk->remove(kNextSegmentFile); !removed) return std::unexpected(std::move(removed.error()));
  if (findings->scan.torn_bytes > 0) {
    const ScannedSegment& last = findings->scan.segments.back();
    auto file = disk->open(path_of(last.name), DiskUse::writing);
    if (!file) return std::unexpected(std::move(file.error()));
    AlignedBytes zeros;
    zeros.resize((findings->scan.torn_bytes + kLogBlockBytes - 1) / kLogBlockBytes * kLogBlockBytes);
    if (auto cut = (*file)->write_durable(last.end, zeros.view()); !cut) return std::unexpected(std::move(cut.error()));
    remarks.push_back("an unfinished write of " + std::to_string(findings->scan.torn_bytes) +
                      " bytes behind position " + std::to_string(findings->scan.last.value()) +
                      " was cut from the journal: none of it had been acknowledged");
  }
  if (findings->identity.format < kLogFormat) {
    // Before anything of the new format is written: an earlier tocsin must not take it for damage.
    if (auto marked = replace_file(*disk, kIdentityFile, block_of(findings->identity)); !marked)
      return std::unexpected(std::move(marked.error()));
    if (auto synced = disk->sync_folder(""); !synced) return std::unexpected(std::move(synced.error()));
    findings->identity.format = kLogFormat;
  }
  // Files that a cut did not get to.
  if (const auto names = disk->list(kLogFolder)) {
    for (const std::string& text : *names)
      if (const auto name = parse_segment_name(text); name && *name < findings->mark->oldest)
        if (auto removed = disk->remove(path_of(*name)); !removed) return std::unexpected(std::move(removed.error()));
  }
  LogJournal::Parts parts;
  parts.disk = std::move(disk);
  parts.identity = findings->identity;
  parts.mark = *findings->mark;
  parts.scan = std::move(findings->scan);
  parts.sizes = options.sizes;
  parts.threaded = options.threaded;
  return LogJournal::open(std::move(parts));
}

Result<std::unique_ptr<LogJournal>> open_log_for_reading(std::shared_ptr<Disk> disk) {
  if (!disk->exists(kLogFolder) && !disk->exists(kIdentityFile))
    return refuse(Refusal::storage_failed, "there is no journal in " + disk->full_name(""));
  auto findings = inspect_log(*disk, ScanBy::neighbour);
  if (!findings) return std::unexpected(std::move(findings.error()));
  if (findings->scan.damage) return std::unexpected(damage_error(*disk, findings->scan.damage->sentence()));
  LogJournal::Parts parts;
  parts.disk = std::move(disk);
  parts.identity = findings->identity;
  parts.mark = *findings->mark;
  parts.scan = std::move(findings->scan);
  parts.for_reading = true;
  return LogJournal::open(std::move(parts));
}

}  // namespace tocsin
