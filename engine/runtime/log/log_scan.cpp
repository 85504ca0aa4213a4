#include "engine/runtime/log/log_scan.h"

#include <algorithm>

#include "engine/model/time_text.h"

namespace tocsin {
namespace {

std::string instant_text(Instant at) { return at == kUnset ? std::string("its beginning") : to_rfc3339(at); }

/// An unfinished write leaves sectors zero, as they were reserved; nothing whole can be behind it, for nothing is
/// written before what is in front of it is durable.
bool looks_unfinished(std::string_view rest, std::uint64_t journal) {
  for (std::size_t at = kLogBlockBytes; at < rest.size(); at += kLogBlockBytes)
    if (read_group(rest.substr(at), journal)) return false;
  if (is_zero(rest.substr(0, kSectorBytes))) return true;
  const auto head = read_group_head(rest, journal);
  if (!head) return false;
  const std::uint64_t bytes = group_bytes(head->body_bytes);
  return count_zero_sectors(rest.substr(0, bytes)) > head->zero_sectors && is_zero(rest.substr(bytes));
}

std::size_t bytes_in_use(std::string_view bytes) {
  std::size_t end = bytes.size();
  while (end > 0 && bytes[end - 1] == 0) --end;
  return end;
}

/// The file with zeros where it cannot be read, and where that is first.
struct Readable {
  std::string bytes;
  std::optional<std::uint64_t> unreadable;
};

Result<Readable> read_what_can_be_read(Disk& disk, std::string_view path) {
  Readable readable;
  if (auto whole = read_file(disk, path)) {
    readable.bytes = std::move(*whole);
    return readable;
  }
  auto file = disk.open(path, DiskUse::reading);
  if (!file) return std::unexpected(std::move(file.error()));
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  readable.bytes.assign(*size, '\0');
  for (std::uint64_t at = 0; at < *size; at += kLogBlockBytes) {
    const std::span<char> block(readable.bytes.data() + at, std::min<std::uint64_t>(kLogBlockBytes, *size - at));
    if ((*file)->read(at, block)) continue;
    std::ranges::fill(block, '\0');
    if (!readable.unreadable) readable.unreadable = at;
  }
  return readable;
}

class Scanner {
 public:
  Scanner(Disk& disk, const LogIdentity& identity, const std::optional<LogMark>& mark, ScanBy by,
          const ScanHooks& hooks)
      : disk_(disk), identity_(identity), mark_(mark), by_(by), hooks_(hooks) {
    scan_.highest_epoch = identity.epoch;
    if (!mark) return;
    scan_.highest = mark->position;
    scan_.highest_at = mark->at;
    scan_.highest_epoch = std::max(identity.epoch, mark->segment.epoch);
  }

  Result<LogScan> run() {
    const auto names = disk_.list(kLogFolder);
    if (!names) return std::unexpected(names.error());
    std::vector<SegmentName> segments;
    for (const std::string& text : *names) {
      const auto name = parse_segment_name(text);
      if (name && (!mark_ || *name >= mark_->oldest)) segments.push_back(*name);
      if (!name && text != "next")
        scan_.remarks.push_back(std::string(kLogFolder) + "/" + text + " is no part of the log");
    }
    if (mark_ && (segments.empty() || segments.front() != mark_->oldest))
      damaged(path_of(mark_->oldest), 0, "the first file of the log is missing");
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const auto read = read_what_can_be_read(disk_, path_of(segments[i]));
      if (!read) return std::unexpected(read.error());
      unreadable_ = read->unreadable;
      next_chain_ = i + 1 < segments.size() ? chain_of(segments[i + 1]) : std::nullopt;
      see_segment(segments[i], read->bytes, i + 1 == segments.size());
    }
    finish();
    return std::move(scan_);
  }

 private:
  /// What the head of a segment says of the one before it.
  std::optional<Hash128> chain_of(const SegmentName& name) {
    auto file = disk_.open(path_of(name), DiskUse::reading);
    std::string block(kLogBlockBytes, '\0');
    if (!file || !(*file)->read(0, block)) return std::nullopt;
    const auto head = read_segment_head(block, &identity_);
    return head ? std::optional(head->chain) : std::nullopt;
  }

  void damaged(std::string file, std::uint64_t byte, std::string what) {
    if (scan_.damage) return;
    LogDamage damage;
    damage.file = std::move(file);
    damage.byte = byte;
    damage.what = std::move(what);
    if (scan_.segments.empty() && mark_) scan_.last = Position{mark_->oldest.first.value() - 1};
    damage.after = scan_.last;
    damage.after_at = scan_.last_at;
    previous_ = scan_.last;
    previous_epoch_ = epoch_;
    previous_at_ = scan_.last_at;
    any_before_ = !scan_.segments.empty();
    scan_.damage = std::move(damage);
  }

  void see_segment(const SegmentName& name, std::string_view bytes, bool is_last) {
    scan_.highest_epoch = std::max(scan_.highest_epoch, name.epoch);
    raise(Position{name.first.value() - std::min<std::uint64_t>(1, name.first.value())}, kUnset);
    if (!scan_.damage) begin_segment(name, bytes);
    std::size_t at = kLogBlockBytes;
    if (!scan_.damage) at = walk(name, bytes, is_last);
    if (scan_.damage) salvage(name, bytes, at);
  }

  /// The head: whole, in its place, and following what came before.
  void begin_segment(const SegmentName& name, std::string_view bytes) {
    const std::string path = path_of(name);
    const auto head = read_segment_head(bytes, &identity_);
    if (!head) {
      switch (head.error()) {
        case BlockFault::zero:
          return damaged(path, 0, unreadable_ ? "the disk cannot read its head" : "its head is all zeros");
        case BlockFault::damaged:
          return damaged(
              path, 0,
              bytes.size() < kLogBlockBytes ? "it ends within its head" : "its head does not match its checksum");
        case BlockFault::newer:
          return damaged(path, 0, "it was made by a newer tocsin");
        case BlockFault::foreign:
          return damaged(path, 0, "it belongs to another journal");
      }
    }
    if (head->name() != name) return damaged(path, 0, "it is another file of this log under this name");
    if (!scan_.segments.empty() && head->chain != scan_.chain)
      return damaged(path, 0,
                     "it does not follow the file before it: one between them is missing, or one of the two is "
                     "an older copy");
    if (!scan_.segments.empty() && (name.first <= scan_.last || name.epoch < epoch_))
      return damaged(path, 0, "it begins before the end of the file before it");
    ScannedSegment segment;
    segment.name = name;
    segment.bytes = head->bytes;
    segment.format = head->identity.format;
    scan_.segments.push_back(segment);
    scan_.chain = head->chain;
    epoch_ = name.epoch;
    scan_.last = std::max(scan_.last, Position{name.first.value() - 1});
    scan_.last_at = std::max(scan_.last_at, head->at_before);
    scan_.segments.back().last = scan_.last;
    scan_.segments.back().last_at = scan_.last_at;
    raise(scan_.last, scan_.last_at);
    meet_mark(name, kLogBlockBytes);
  }

  /// Returns where it stopped.
  std::size_t walk(const SegmentName& name, std::string_view bytes, bool is_last) {
    ScannedSegment& segment = scan_.segments.back();
    std::size_t at = kLogBlockBytes;
    std::string wrong;
    while (at < bytes.size()) {
      const std::string_view rest = bytes.substr(at);
      const auto head = read_group(rest, identity_.journal);
      if (!head) {
        wrong = head.error() == BlockFault::zero ? "a group is missing there"
                                                 : "the group there does not match its checksum";
        break;
      }
      if (head->chain_before != scan_.chain || head->epoch != name.epoch || head->first <= scan_.last ||
          head->first_at < scan_.last_at) {
        wrong = "the group there does not follow the one before it";
        break;
      }
      if (hooks_.good) hooks_.good({name, at, *head, rest.substr(kGroupHeadBytes, head->body_bytes)});
      scan_.chain = head->chain;
      scan_.last = head->last;
      scan_.last_at = head->last_at;
      raise(head->last, head->last_at);
      scan_.entries += head->entries;
      segment.entries += head->entries;
      ++segment.groups;
      segment.last = scan_.last;
      segment.last_at = scan_.last_at;
      segment.next_piece = head->next_piece;
      at += group_bytes(head->body_bytes);
      segment.end = at;
      meet_mark(name, at);
    }
    const std::string_view rest = at < bytes.size() ? bytes.substr(at) : std::string_view{};
    if (unreadable_) {
      damaged(path_of(name), *unreadable_, "the disk cannot read it there");
      return at;
    }
    if (is_last && by_ == ScanBy::neighbour && mark_ && mark_met_) return at;
    if (!is_zero(rest)) {
      if (!is_last && next_chain_ == scan_.chain) {
        scan_.remarks.push_back(path_of(name) + ": bytes behind its last group, from byte " + std::to_string(at) +
                                " on, are not zero");
      } else if (is_last && mark_met_ && looks_unfinished(rest, identity_.journal)) {
        scan_.torn_bytes = bytes_in_use(rest);
      } else {
        damaged(path_of(name), at, wrong);
        return at;
      }
    }
    if (bytes.size() < segment.bytes)
      damaged(path_of(name), bytes.size(), "it was cut: it had " + std::to_string(segment.bytes) + " bytes");
    else if (bytes.size() > segment.bytes)
      damaged(path_of(name), segment.bytes, "it is longer than its head says");
    return at;
  }

  void meet_mark(const SegmentName& name, std::uint64_t end) {
    if (mark_ && !mark_met_ && mark_->segment == name && mark_->end == end && mark_->chain == scan_.chain)
      mark_met_ = true;
  }

  void raise(Position position, Instant at) {
    scan_.highest = std::max(scan_.highest, position);
    scan_.highest_at = std::max(scan_.highest_at, at);
  }

  /// Good groups behind the damage: each whole by itself, in order.
  void salvage(const SegmentName& name, std::string_view bytes, std::size_t from) {
    for (std::size_t at = from; at < bytes.size();) {
      const auto head = read_group(bytes.substr(at), identity_.journal);
      if (!head || head->first <= previous_ || head->first_at < previous_at_ || head->epoch < previous_epoch_) {
        if (const auto torn = read_group_head(bytes.substr(at), identity_.journal)) raise(torn->last, torn->last_at);
        at += kLogBlockBytes;
        continue;
      }
      LogDamage& damage = *scan_.damage;
      if (damage.before == Position{0}) {
        damage.before = head->first;
        damage.before_at = head->first_at;
      }
      if (head->epoch == previous_epoch_ || !any_before_) damage.missing += head->first.value() - previous_.value() - 1;
      damage.found_behind += head->entries;
      if (hooks_.behind) hooks_.behind({name, at, *head, bytes.substr(at + kGroupHeadBytes, head->body_bytes)});
      previous_ = head->last;
      previous_at_ = head->last_at;
      previous_epoch_ = head->epoch;
      any_before_ = true;
      raise(head->last, head->last_at);
      at += group_bytes(head->body_bytes);
    }
  }

  void finish() {
    if (!scan_.damage && mark_ && !mark_met_) {
      if (scan_.last >= mark_->position && epoch_ >= mark_->segment.epoch)
        damaged(std::string(kMarkFile), 0, "it does not fit the log: one of the two is of another time or journal");
      else
        damaged(path_of(mark_->segment), scan_.segments.empty() ? 0 : scan_.segments.back().end,
                "the log ends before what was acknowledged");
    }
    if (!scan_.damage && scan_.segments.empty()) damaged(std::string(kLogFolder), 0, "there is no file of the log");
    if (!scan_.damage && epoch_ != identity_.epoch) {
      if (epoch_ > identity_.epoch)
        damaged(std::string(kIdentityFile), 0, "it is older than the log");
      else
        damaged(std::string(kLogFolder), 0, "the newest file of the log is missing");
    }
    if (!scan_.damage) return;
    LogDamage& damage = *scan_.damage;
    if (mark_ && mark_->position > previous_) {
      if (mark_->segment.epoch == previous_epoch_ || !any_before_)
        damage.missing += mark_->position.value() - previous_.value();
      if (damage.before == Position{0}) {
        damage.before = mark_->position;
        damage.before_at = mark_->at;
      }
    } else {
      damage.at_least = damage.found_behind == 0;
    }
  }

  Disk& disk_;
  const LogIdentity& identity_;
  const std::optional<LogMark>& mark_;
  ScanBy by_;
  const ScanHooks& hooks_;
  LogScan scan_;
  std::uint32_t epoch_ = 0;
  std::optional<Hash128> next_chain_;        // in the head of the next segment
  std::optional<std::uint64_t> unreadable_;  // of this segment: from which byte on
  bool mark_met_ = false;
  // While salvaging: the newest entry so far.
  Position previous_{};
  Instant previous_at_ = kUnset;
  std::uint32_t previous_epoch_ = 0;
  bool any_before_ = false;
};

}  // namespace

std::string LogDamage::sentence() const {
  std::string text = file + ", byte " + std::to_string(byte) + ": " + what + "; ";
  if (missing == 0) {
    text += before != Position{0} || !at_least ? "as far as can be told no entry is missing"
                                               : "how many entries are missing cannot be told";
  } else {
    if (at_least) text += "at least ";
    text += std::to_string(missing) + (missing == 1 ? " entry" : " entries");
    text += missing == 1 ? " is missing" : " are missing";
  }
  text += after == Position{0} ? ", from the beginning on" : ", after position " + std::to_string(after.value());
  if (after_at != kUnset) text += " of " + instant_text(after_at);
  if (before != Position{0}) text += ", up to position " + std::to_string(before.value());
  if (before_at != kUnset) text += " of " + instant_text(before_at);
  if (found_behind > 0) text += "; " + std::to_string(found_behind) + " good ones are behind that";
  return text;
}

Result<LogScan> scan_log(Disk& disk, const LogIdentity& identity, const std::optional<LogMark>& mark, ScanBy by,
                         const ScanHooks& hooks) {
  return Scanner(disk, identity, mark, by, hooks).run();
}

std::string path_of(const SegmentName& name) { return std::string(kLogFolder) + "/" + to_text(name); }

}  // namespace tocsin
