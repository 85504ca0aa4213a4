#include <gtest/gtest.h>

#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/log/aligned_bytes.h"
#include "engine/runtime/log/log_scan.h"
#include "tests/runtime/log_world.h"

namespace tocsin {
namespace {

LogIdentity an_identity() {
  LogIdentity identity;
  identity.journal = 0x1122334455667788;
  identity.seed = {1, 2, 3};
  identity.made = Instant{Duration{0x0102}};
  identity.epoch = 5;
  return identity;
}

template <typename T>
T number_at(std::string_view bytes, std::size_t at) {
  return ByteReader(bytes.substr(at)).little_endian<T>();
}

TEST(LogFormat, AnIdentityHasTheDocumentedLayout) {
  const std::string block = block_of(an_identity());
  ASSERT_EQ(block.size(), 4096u);
  EXPECT_EQ(block.substr(0, 8), "tocsinID");
  EXPECT_EQ(number_at<std::uint32_t>(block, 8), 3u);
  EXPECT_EQ(number_at<std::uint32_t>(block, 12), 5u);
  EXPECT_EQ(number_at<std::uint64_t>(block, 16), 0x1122334455667788u);
  EXPECT_EQ(block.substr(24, 4), std::string("\1\2\3\0", 4));
  EXPECT_EQ(number_at<std::uint64_t>(block, 40), 0x0102u);
  EXPECT_TRUE(is_zero(std::string_view(block).substr(48, 4088 - 48)));
  EXPECT_EQ(read_identity(block), an_identity());
}

TEST(LogFormat, AHeadOfASegmentHasTheDocumentedLayout) {
  SegmentHead head;
  head.identity = an_identity();
  head.first = Position{77};
  head.bytes = 1 << 20;
  head.at_before = Instant{Duration{9}};
  head.chain = {3, 4};
  const std::string block = block_of(head);
  EXPECT_EQ(block.substr(0, 8), "tocsinSG");
  EXPECT_EQ(number_at<std::uint64_t>(block, 48), 77u);
  EXPECT_EQ(number_at<std::uint64_t>(block, 56), 1u << 20);
  EXPECT_EQ(number_at<std::uint64_t>(block, 64), 9u);
  EXPECT_EQ(number_at<std::uint64_t>(block, 72), 4u);
  EXPECT_EQ(number_at<std::uint64_t>(block, 80), 3u);
  const LogIdentity identity = an_identity();
  const auto read = read_segment_head(block, &identity);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name(), (SegmentName{5, Position{77}}));
  EXPECT_EQ(read->chain, head.chain);
  LogIdentity other = identity;
  other.journal ^= 1;
  EXPECT_EQ(read_segment_head(block, &other).error(), BlockFault::foreign);
}

TEST(LogFormat, AMarkIsWithinOneSector) {
  LogMark mark;
  mark.journal = 7;
  mark.generation = 3;
  mark.position = Position{99};
  mark.segment = {2, Position{50}};
  mark.end = 8192;
  mark.oldest = {1, Position{1}};
  const std::string block = block_of(mark);
  EXPECT_EQ(block.substr(0, 8), "tocsinMK");
  EXPECT_TRUE(is_zero(std::string_view(block).substr(512)));
  const auto read = read_mark(std::string_view(block).substr(0, 512), 7);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->position, Position{99});
  EXPECT_EQ(read->segment, mark.segment);
  EXPECT_EQ(read->oldest, mark.oldest);
  EXPECT_EQ(read_mark(block, 8).error(), BlockFault::foreign);
}

TEST(LogFormat, EveryBlockKnowsWhenOneBitOfItIsWrongAndWhatIsNewer) {
  SegmentHead head;
  head.identity = an_identity();
  for (std::string block : {block_of(an_identity()), block_of(head)}) {
    for (std::size_t at = 0; at < block.size(); at += 37) {
      block[at] = static_cast<char>(block[at] ^ 4);
      EXPECT_FALSE(read_identity(block)) << at;
      EXPECT_FALSE(read_segment_head(block, nullptr)) << at;
      block[at] = static_cast<char>(block[at] ^ 4);
    }
  }
  EXPECT_EQ(read_identity(std::string(4096, '\0')).error(), BlockFault::zero);
  EXPECT_EQ(read_identity("short").error(), BlockFault::damaged);
}

AlignedBytes a_group(GroupHead& head, std::string_view body) {
  AlignedBytes bytes;
  bytes.resize(kGroupHeadBytes);
  bytes.append(body);
  head.body_bytes = static_cast<std::uint32_t>(body.size());
  bytes.resize(group_bytes(head.body_bytes));
  seal_group(bytes.span(), head, 7);
  return bytes;
}

TEST(LogFormat, AGroupHasTheDocumentedLayoutAndEveryByteOfItCounts) {
  GroupHead head;
  head.entries = 2;
  head.first = Position{10};
  head.last = Position{11};
  head.first_at = Instant{Duration{5}};
  head.last_at = Instant{Duration{6}};
  head.epoch = 3;
  head.chain_before = {1, 2};
  AlignedBytes bytes = a_group(head, "the body");
  ASSERT_EQ(bytes.size(), 4096u);
  const std::string_view view = bytes.view();
  EXPECT_EQ(view.substr(0, 8), "tocsinGR");
  EXPECT_EQ(number_at<std::uint32_t>(view, 8), 8u);
  EXPECT_EQ(number_at<std::uint32_t>(view, 12), 2u);
  EXPECT_EQ(number_at<std::uint64_t>(view, 16), 10u);
  EXPECT_EQ(number_at<std::uint64_t>(view, 24), 11u);
  EXPECT_EQ(number_at<std::uint32_t>(view, 48), 3u);
  EXPECT_EQ(number_at<std::uint32_t>(view, 52), 7u) << "sectors of zeros";
  EXPECT_EQ(number_at<std::uint64_t>(view, 64), 2u);
  EXPECT_EQ(number_at<std::uint64_t>(view, 112), head.chain.low);
  EXPECT_EQ(view.substr(128, 8), "the body");
  const auto read = read_group(view, 7);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->chain, head.chain);
  EXPECT_EQ(read->last_at, head.last_at);
  EXPECT_FALSE(read_group(view, 8)) << "of another journal";
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes.span()[at] = static_cast<char>(bytes.span()[at] ^ 1);
    EXPECT_FALSE(read_group(view, 7)) << at;
    bytes.span()[at] = static_cast<char>(bytes.span()[at] ^ 1);
  }
}

TEST(LogFormat, NamesOfSegmentsSortAsTheLogGoes) {
  EXPECT_EQ(to_text(SegmentName{2, Position{30}}), "0000000002-00000000000000000030.log");
  EXPECT_EQ(parse_segment_name("0000000002-00000000000000000030.log"), (SegmentName{2, Position{30}}));
  for (const char* no : {"next", "0000000002-0000000000000000003x.log", "0000000002-00000000000000000030.sst",
                         "000000000200000000000000000030.log", ""})
    EXPECT_FALSE(parse_segment_name(no)) << no;
  EXPECT_LT(to_text(SegmentName{1, Position{999}}), to_text(SegmentName{2, Position{1}}));
  EXPECT_LT(to_text(SegmentName{1, Position{9}}), to_text(SegmentName{1, Position{10}}));
}

// What an operator reads.
TEST(LogFormat, DamageIsSaidInOneSentence) {
  SimulatedDisk disk;
  Entries written;
  std::uint64_t third = 0;
  {
    const auto journal = open_small_log(disk).value();
    for (int i = 0; i < 6; ++i) {
      if (i == 2) third = journal->segments().back().end;
      ASSERT_TRUE(append_all(*journal, {"one", "two"}, &written));
    }
  }
  disk.settle(SimulatedDisk::Ending::killed);
  disk.bytes("log/0000000001-00000000000000000001.log")[third + 200] ^= 1;
  const auto journal = open_small_log(disk);
  ASSERT_FALSE(journal);
  EXPECT_EQ(
      journal.error().message,
      "the journal in /disk/ is damaged: log/0000000001-00000000000000000001.log, byte 12288: the group there does not "
      "match its checksum; 2 entries are missing, after position 4 of 2023-11-14T22:13:24.000Z, up to position 7 of "
      "2023-11-14T22:13:27.000Z; 6 good ones are behind that. Nothing was changed. Put a whole copy of the folder in "
      "its place, or start with --accept-loss to go on with what is whole; the damaged files are then kept in "
      "/disk/lost");
}

}  // namespace
}  // namespace tocsin
