#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/model/hash.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"

namespace tocsin {

/// The data folder, format 3. All numbers little-endian; all checksums XXH3.
///
///   LOCK          locked as long as a tocsin has the folder
///   identity      whose it is; one block
///   mark          the end of the log as it was last acknowledged; two slots, at 0 and 4096, written in turn
///   log/          segments, named EPOCH-FIRSTPOSITION.log (10 and 20 digits), so that names sort as the log goes
///   log/next      a segment that is got ready
///   db/           RocksDB: what sinks confirmed, effects kept for them
///   lost/         what --accept-loss put aside
///   journal-v1/   a journal of format 1 that was carried over
///   unfinished    a sign that the folder is being made: nothing in it counts yet
///   log.tmp, log.new, mark.new, identity.new, carry.tmp, carry.done   see log_repair.h and carry_over.h
///
/// A segment is a head of one block, groups one behind the other, each padded with zeros to whole blocks, then zeros to
/// its end. What was acknowledged is never written again, not even the block that it ends in. The checksum of a group's
/// head covers the checksum of the group before (the chain) and that of its own body.
///
/// Format 2 was the same but for payloads in pieces: segments that say 2 in their heads have none. A folder of format 2
/// is gone on from, and says 3 from then on.
inline constexpr std::uint32_t kLogFormat = 3;
inline constexpr std::uint32_t kOldestLogFormat = 2;
inline constexpr std::uint32_t kFormatOfPieces = 3;
inline constexpr std::size_t kLogBlockBytes = 4096;
inline constexpr std::size_t kSectorBytes = 512;  // what a disk writes wholly or not at all

inline constexpr std::string_view kLockFile = "LOCK";
inline constexpr std::string_view kIdentityFile = "identity";
inline constexpr std::string_view kMarkFile = "mark";
inline constexpr std::string_view kLogFolder = "log";
inline constexpr std::string_view kNextSegmentFile = "log/next";
inline constexpr std::string_view kDatabaseFolder = "db";
inline constexpr std::string_view kLostFolder = "lost";
inline constexpr std::string_view kUnfinishedFile = "unfinished";

/// Why a block or a group is not what it should be.
enum class BlockFault : std::uint8_t {
  zero,     // nothing was ever written
  damaged,  // not what was written
  newer,    // of a format to come
  foreign,  // whole, but of another journal
};

/// Whose journal it is. In the file `identity`, and again in the head of every segment.
/// bytes: [magic "tocsinID"][format u32][epoch u32][journal u64][seed 16][made i64, ns][zeros …][checksum u64 at 4088]
struct LogIdentity {
  std::uint64_t journal = 0;
  HashKey::Seed seed{};
  Instant made{};
  std::uint32_t epoch = 0;  // the newest
  std::uint32_t format = kLogFormat;

  friend bool operator==(const LogIdentity&, const LogIdentity&) = default;
};

struct SegmentName {
  std::uint32_t epoch = 0;
  Position first{};
  friend auto operator<=>(const SegmentName&, const SegmentName&) = default;
};

/// bytes: [magic "tocsinSG"][format u32][epoch u32][journal u64][seed 16][made i64][first position u64]
/// [bytes of the segment u64][instant before i64][chain before 16][zeros …][checksum u64 at 4088, seeded by the
/// journal]
struct SegmentHead {
  LogIdentity identity;  // its epoch is the segment's
  Position first{};      // no entry of it or of what follows has a lower one
  std::uint64_t bytes = 0;
  Instant at_before = kUnset;  // of the newest entry before it
  Hash128 chain{};

  SegmentName name() const { return {identity.epoch, first}; }
};

/// In one sector, so that a power loss leaves a slot as it was or as it should be: it is written without a sync.
/// bytes: [magic "tocsinMK"][format u32][epoch u32][journal u64][generation u64][position u64][instant i64]
/// [segment's epoch u32][0 u32][segment's first u64][end in it u64][chain 16][oldest segment's epoch u32][0 u32]
/// [its first u64][cut u64][zeros …][checksum u64 at 504, seeded by the journal]
struct LogMark {
  std::uint64_t journal = 0;
  std::uint64_t generation = 0;  // rises with each write; the slot with the higher one counts
  Position position{};           // of the newest entry
  Instant at = kUnset;
  SegmentName segment;    // where that ends,
  std::uint64_t end = 0;  // at which byte,
  Hash128 chain{};        // with which checksum
  SegmentName oldest;     // what is older was cut
  Position cut{1};        // entries before it are no longer needed
};

/// A group: what one append made durable.
/// bytes: [magic "tocsinGR"][body bytes u32][entries u32][first position u64][last u64][first instant i64][last i64]
/// [epoch u32][zero sectors u32][next piece u64][chain before 16][checksum of body and padding 16][0 16]
/// [checksum of the 112 bytes before, seeded by the journal: the chain after it 16][body …][zeros to the block's end]
/// The body is, for each entry: [position u64][length u32][record as in journal_record.h], with payloads in pieces as
/// in piece_form.h.
struct GroupHead {
  std::uint32_t body_bytes = 0;
  std::uint32_t entries = 0;
  Position first{};
  Position last{};
  Instant first_at{};
  Instant last_at{};
  std::uint32_t epoch = 0;
  std::uint32_t zero_sectors = 0;  // of the group as it was written: more of them now are sectors that never were
  std::uint32_t next_piece = 0;    // above all numbers of pieces (piece_form.h) in its segment up to its end
  Hash128 chain_before{};
  Hash128 chain{};
};
inline constexpr std::size_t kGroupHeadBytes = 128;

constexpr std::uint64_t group_bytes(std::uint64_t body_bytes) {
  return (kGroupHeadBytes + body_bytes + kLogBlockBytes - 1) / kLogBlockBytes * kLogBlockBytes;
}

/// One block each.
std::string block_of(const LogIdentity& identity);
std::string block_of(const SegmentHead& head);
std::string block_of(const LogMark& mark);

std::expected<LogIdentity, BlockFault> read_identity(std::string_view block);
/// foreign: of another journal than `of`, when that is given.
std::expected<SegmentHead, BlockFault> read_segment_head(std::string_view block, const LogIdentity* of);
std::expected<LogMark, BlockFault> read_mark(std::string_view slot, std::uint64_t journal);

/// Completes a group: `group` is group_bytes() long, its body is there and what is behind it is zero. Fills in the
/// head's checksums and zero sectors and writes it.
void seal_group(std::span<char> group, GroupHead& head, std::uint64_t journal);
/// The group at the front of `bytes`, checked by itself: bounds, checksums; not that it follows the one before.
std::expected<GroupHead, BlockFault> read_group(std::string_view bytes, std::uint64_t journal);
/// Its head alone.
std::expected<GroupHead, BlockFault> read_group_head(std::string_view bytes, std::uint64_t journal);

/// Without the folder.
std::string to_text(const SegmentName& name);
std::optional<SegmentName> parse_segment_name(std::string_view text);

bool is_zero(std::string_view bytes);
std::uint32_t count_zero_sectors(std::string_view bytes);

}  // namespace tocsin
