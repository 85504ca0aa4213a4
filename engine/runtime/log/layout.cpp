#include "engine/runtime/log/layout.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/model/check.h"
#include "engine/model/xxh3.h"
#include "engine/runtime/journal/byte_order.h"

namespace tocsin {
namespace {

constexpr std::string_view kIdentityMagic = "tocsinID";
constexpr std::string_view kSegmentMagic = "tocsinSG";
constexpr std::string_view kMarkMagic = "tocsinMK";
constexpr std::string_view kGroupMagic = "tocsinGR";
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kGroupChecksumAt = kGroupHeadBytes - 16;
constexpr std::size_t kEpochDigits = 10;
constexpr std::size_t kPositionDigits = 20;
constexpr std::string_view kSegmentSuffix = ".log";

void append_hash(std::string& out, const Hash128& hash) {
  append_little_endian(out, hash.low);
  append_little_endian(out, hash.high);
}

Hash128 read_hash(ByteReader& reader) {
  Hash128 hash;
  hash.low = reader.little_endian<std::uint64_t>();
  hash.high = reader.little_endian<std::uint64_t>();
  return hash;
}

Hash128 checksum128(std::string_view bytes, std::uint64_t seed) { return xxh3_128(bytes, seed); }

void append_instant(std::string& out, Instant at) {
  append_little_endian(out, static_cast<std::uint64_t>(to_unix_ns(at)));
}

Instant read_instant(ByteReader& reader) {
  return from_unix_ns(static_cast<std::int64_t>(reader.little_endian<std::uint64_t>()));
}

void append_seed(std::string& out, const HashKey::Seed& seed) {
  out.append(reinterpret_cast<const char*>(seed.data()), seed.size());
}

HashKey::Seed read_seed(ByteReader& reader) {
  HashKey::Seed seed{};
  const std::string_view bytes = reader.text(seed.size());
  std::copy(bytes.begin(), bytes.end(), seed.begin());
  return seed;
}

std::string begin_block(std::string_view magic, std::uint32_t epoch, std::uint64_t journal) {
  std::string block;
  block.reserve(kLogBlockBytes);
  block.append(magic);
  append_little_endian(block, kLogFormat);
  append_little_endian(block, epoch);
  append_little_endian(block, journal);
  return block;
}

/// `size` bytes with a checksum at the end, then zeros up to a block.
std::string end_block(std::string block, std::size_t size, std::uint64_t seed) {
  block.resize(size - kChecksumBytes);
  append_little_endian<std::uint64_t>(block, XXH3_64bits_withSeed(block.data(), block.size(), seed));
  block.resize(kLogBlockBytes);
  return block;
}

struct Opened {
  ByteReader rest;
  std::uint32_t format;
  std::uint32_t epoch;
  std::uint64_t journal;
};

/// What begin_block wrote, checked; an identity's checksum has no seed, for it is what says the journal.
std::expected<Opened, BlockFault> open_block(std::string_view block, std::string_view magic, std::size_t size,
                                             bool seeded) {
  if (block.size() < size) return std::unexpected(BlockFault::damaged);
  block = block.substr(0, size);
  if (is_zero(block)) return std::unexpected(BlockFault::zero);
  if (!block.starts_with(magic)) return std::unexpected(BlockFault::damaged);
  ByteReader reader(block.substr(magic.size()));
  const auto format = reader.little_endian<std::uint32_t>();
  const auto epoch = reader.little_endian<std::uint32_t>();
  const auto journal = reader.little_endian<std::uint64_t>();
  ByteReader end(block.substr(size - kChecksumBytes));
  if (end.little_endian<std::uint64_t>() !=
      XXH3_64bits_withSeed(block.data(), size - kChecksumBytes, seeded ? journal : std::uint64_t{0}))
    return std::unexpected(BlockFault::damaged);
  if (format > kLogFormat) return std::unexpected(BlockFault::newer);
  if (format < kOldestLogFormat) return std::unexpected(BlockFault::damaged);
  return Opened{reader, format, epoch, journal};
}

}  // namespace

bool is_zero(std::string_view bytes) {
  return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

std::uint32_t count_zero_sectors(std::string_view bytes) {
  std::uint32_t zeros = 0;
  for (std::size_t at = 0; at < bytes.size(); at += kSectorBytes)
    if (is_zero(bytes.substr(at, kSectorBytes))) ++zeros;
  return zeros;
}

std::string block_of(const LogIdentity& identity) {
  std::string block = begin_block(kIdentityMagic, identity.epoch, identity.journal);
  append_seed(block, identity.seed);
  append_instant(block, identity.made);
  return end_block(std::move(block), kLogBlockBytes, 0);
}

std::string block_of(const SegmentHead& head) {
  std::string block = begin_block(kSegmentMagic, head.identity.epoch, head.identity.journal);
  append_seed(block, head.identity.seed);
  append_instant(block, head.identity.made);
  append_little_endian(block, head.first.value());
  append_little_endian(block, head.bytes);
  append_instant(block, head.at_before);
  append_hash(block, head.chain);
  return end_block(std::move(block), kLogBlockBytes, head.identity.journal);
}

std::string block_of(const LogMark& mark) {
  std::string block = begin_block(kMarkMagic, mark.segment.epoch, mark.journal);
  append_little_endian(block, mark.generation);
  append_little_endian(block, mark.position.value());
  append_instant(block, mark.at);
  append_little_endian(block, mark.segment.epoch);
  append_little_endian<std::uint32_t>(block, 0);
  append_little_endian(block, mark.segment.first.value());
  append_little_endian(block, mark.end);
  append_hash(block, mark.chain);
  append_little_endian(block, mark.oldest.epoch);
  append_little_endian<std::uint32_t>(block, 0);
  append_little_endian(block, mark.oldest.first.value());
  append_little_endian(block, mark.cut.value());
  return end_block(std::move(block), kSectorBytes, mark.journal);
}

std::expected<LogIdentity, BlockFault> read_identity(std::string_view block) {
  auto opened = open_block(block, kIdentityMagic, kLogBlockBytes, false);
  if (!opened) return std::unexpected(opened.error());
  LogIdentity identity;
  identity.format = opened->format;
  identity.journal = opened->journal;
  identity.epoch = opened->epoch;
  identity.seed = read_seed(opened->rest);
  identity.made = read_instant(opened->rest);
  return identity;
}

std::expected<SegmentHead, BlockFault> read_segment_head(std::string_view block, const LogIdentity* of) {
  auto opened = open_block(block, kSegmentMagic, kLogBlockBytes, true);
  if (!opened) return std::unexpected(opened.error());
  SegmentHead head;
  head.identity.format = opened->format;
  head.identity.journal = opened->journal;
  head.identity.epoch = opened->epoch;
  head.identity.seed = read_seed(opened->rest);
  head.identity.made = read_instant(opened->rest);
  head.first = Position{opened->rest.little_endian<std::uint64_t>()};
  head.bytes = opened->rest.little_endian<std::uint64_t>();
  head.at_before = read_instant(opened->rest);
  head.chain = read_hash(opened->rest);
  if (of != nullptr && (head.identity.journal != of->journal || head.identity.seed != of->seed))
    return std::unexpected(BlockFault::foreign);
  return head;
}

std::expected<LogMark, BlockFault> read_mark(std::string_view slot, std::uint64_t journal) {
  auto opened = open_block(slot, kMarkMagic, kSectorBytes, true);
  if (!opened) return std::unexpected(opened.error());
  if (opened->journal != journal) return std::unexpected(BlockFault::foreign);
  ByteReader& rest = opened->rest;
  LogMark mark;
  mark.journal = opened->journal;
  mark.generation = rest.little_endian<std::uint64_t>();
  mark.position = Position{rest.little_endian<std::uint64_t>()};
  mark.at = read_instant(rest);
  mark.segment.epoch = rest.little_endian<std::uint32_t>();
  rest.little_endian<std::uint32_t>();
  mark.segment.first = Position{rest.little_endian<std::uint64_t>()};
  mark.end = rest.little_endian<std::uint64_t>();
  mark.chain = read_hash(rest);
  mark.oldest.epoch = rest.little_endian<std::uint32_t>();
  rest.little_endian<std::uint32_t>();
  mark.oldest.first = Position{rest.little_endian<std::uint64_t>()};
  mark.cut = Position{rest.little_endian<std::uint64_t>()};
  return mark;
}

void seal_group(std::span<char> group, GroupHead& head, std::uint64_t journal) {
  TOCSIN_CHECK(group.size() == group_bytes(head.body_bytes), "a group is as long as its head will say");
  const std::string_view body(group.data() + kGroupHeadBytes, group.size() - kGroupHeadBytes);
  const Hash128 body_checksum = checksum128(body, journal);
  group[0] = kGroupMagic[0];  // the first sector holds the head, so it is none of the zero ones
  head.zero_sectors = count_zero_sectors({group.data(), group.size()});
  std::string bytes;
  bytes.reserve(kGroupHeadBytes);
  bytes.append(kGroupMagic);
  append_little_endian(bytes, head.body_bytes);
  append_little_endian(bytes, head.entries);
  append_little_endian(bytes, head.first.value());
  append_little_endian(bytes, head.last.value());
  append_instant(bytes, head.first_at);
  append_instant(bytes, head.last_at);
  append_little_endian(bytes, head.epoch);
  append_little_endian(bytes, head.zero_sectors);
  append_little_endian(bytes, std::uint64_t{head.next_piece});
  append_hash(bytes, head.chain_before);
  append_hash(bytes, body_checksum);
  bytes.resize(kGroupChecksumAt);
  head.chain = checksum128(bytes, journal);
  append_hash(bytes, head.chain);
  std::copy(bytes.begin(), bytes.end(), group.begin());
}

namespace {

std::expected<GroupHead, BlockFault> read_head(std::string_view bytes, std::uint64_t journal, Hash128& body_checksum) {
  if (bytes.size() < kLogBlockBytes) return std::unexpected(BlockFault::damaged);
  if (is_zero(bytes.substr(0, kSectorBytes))) return std::unexpected(BlockFault::zero);
  if (!bytes.starts_with(kGroupMagic)) return std::unexpected(BlockFault::damaged);
  ByteReader reader(bytes.substr(kGroupMagic.size(), kGroupHeadBytes - kGroupMagic.size()));
  GroupHead head;
  head.body_bytes = reader.little_endian<std::uint32_t>();
  head.entries = reader.little_endian<std::uint32_t>();
  head.first = Position{reader.little_endian<std::uint64_t>()};
  head.last = Position{reader.little_endian<std::uint64_t>()};
  head.first_at = read_instant(reader);
  head.last_at = read_instant(reader);
  head.epoch = reader.little_endian<std::uint32_t>();
  head.zero_sectors = reader.little_endian<std::uint32_t>();
  head.next_piece = static_cast<std::uint32_t>(reader.little_endian<std::uint64_t>());
  head.chain_before = read_hash(reader);
  body_checksum = read_hash(reader);
  reader.text(16);
  head.chain = read_hash(reader);
  if (checksum128(bytes.substr(0, kGroupChecksumAt), journal) != head.chain)
    return std::unexpected(BlockFault::damaged);
  if (head.entries == 0 || head.last < head.first || group_bytes(head.body_bytes) > bytes.size())
    return std::unexpected(BlockFault::damaged);
  return head;
}

}  // namespace

std::expected<GroupHead, BlockFault> read_group_head(std::string_view bytes, std::uint64_t journal) {
  Hash128 unused;
  return read_head(bytes, journal, unused);
}

std::expected<GroupHead, BlockFault> read_group(std::string_view bytes, std::uint64_t journal) {
  Hash128 body_checksum;
  const auto head = read_head(bytes, journal, body_checksum);
  if (!head) return head;
  const std::string_view body = bytes.substr(kGroupHeadBytes, group_bytes(head->body_bytes) - kGroupHeadBytes);
  if (checksum128(body, journal) != body_checksum) return std::unexpected(BlockFault::damaged);
  return head;
}

std::string to_text(const SegmentName& name) {
  const auto padded = [](std::uint64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return std::string(digits - text.size(), '0') + text;
  };
  return padded(name.epoch, kEpochDigits) + "-" + padded(name.first.value(), kPositionDigits) +
         std::string(kSegmentSuffix);
}

std::optional<SegmentName> parse_segment_name(std::string_view text) {
  if (text.size() != kEpochDigits + 1 + kPositionDigits + kSegmentSuffix.size() || !text.ends_with(kSegmentSuffix))
    return std::nullopt;
  SegmentName name;
  std::uint64_t first = 0;
  const char* const dash = text.data() + kEpochDigits;
  const char* const end = dash + 1 + kPositionDigits;
  const auto epoch = std::from_chars(text.data(), dash, name.epoch);
  const auto position = std::from_chars(dash + 1, end, first);
  if (epoch.ec != std::errc{} || epoch.ptr != dash || *dash != '-' || position.ec != std::errc{} || position.ptr != end)
    return std::nullopt;
  name.first = Position{first};
  return name;
}

}  // namespace tocsin
