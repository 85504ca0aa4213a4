// Bodies that the log keeps as references to what its segment has: they are there as they were received, over new
// segments, starts, cuts, full disks and damage.

#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/runtime/journal/byte_order.h"
#include "tests/runtime/known_bodies.h"

namespace tocsin {
namespace {

std::uint64_t used_bytes(const LogJournal& journal) {
  std::uint64_t bytes = 0;
  for (const ScannedSegment& segment : journal.segments()) bytes += segment.end;
  return bytes;
}

TEST(LogPieces, WhatRepeatsIsKeptOnceASegmentAndReadAsItWasReceived) {
  SimulatedDisk disk;
  KnownBodies bodies(40, 700);
  std::vector<std::size_t> all(40);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  Entries written;
  const auto journal = open_small_log(disk).value();
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(append_bodies(*journal, {&bodies.make(all, "2026-01-01T00:00:" + std::to_string(10 + i % 50) + "Z")},
                              &written));
  EXPECT_EQ(bodies_of(*journal).value(), written);
  EXPECT_GT(journal->segments().size(), 2u);
  EXPECT_LT(used_bytes(*journal), 60u * 40 * 700 / 2);
  EXPECT_LT(journal->payload_bytes(), used_bytes(*journal));
}

TEST(LogPieces, AreThereAfterStartsAndCutsAndBesideOtherEntries) {
  SimulatedDisk disk;
  KnownBodies bodies(12);
  std::mt19937_64 random(1);
  Entries written;
  std::uint64_t cut = 1;
  for (int life = 0; life < 8; ++life) {
    const auto journal = open_small_log(disk).value();
    for (int i = 0; i < 30; ++i) {
      if (random() % 4 == 0) {
        const std::string other(random() % 3000, 'o');
        Entries packed;
        ASSERT_TRUE(append_all(*journal, {pack_body(other)}, &packed));
        written[packed.begin()->first] = other;
      }
      ASSERT_TRUE(append_bodies(*journal, {&bodies.draw(random), &bodies.draw(random)}, &written));
    }
    if (life % 3 == 2) {
      cut = journal->last_position().value() - 40;
      ASSERT_TRUE(journal->cut_before(Position{cut}));
      std::erase_if(written, [&](const auto& entry) { return entry.first.first < cut; });
    }
    ASSERT_EQ(bodies_of(*journal).value(), written) << life;
    std::size_t seen = 0;
    ASSERT_TRUE(journal->read_from(Position{journal->last_position().value() - 4}, [&](const JournalEntry& entry) {
      std::string buffer;
      EXPECT_EQ(unpack_body(entry.payload, buffer).value(), written.at({entry.position.value(), entry.epoch}));
      ++seen;
      return true;
    }));
    EXPECT_EQ(seen, 5u);
  }
}

TEST(LogPieces, AnAppendThatFoundNoSpaceToldNothing) {
  SimulatedDisk disk;
  KnownBodies bodies(6, 3000);
  Entries written;
  const auto journal = open_small_log(disk).value();
  ASSERT_TRUE(append_bodies(*journal, {&bodies.make({0}, "x")}, &written));
  for (int i = 0; i < 60; ++i) {
    // The first write of an append; what fails behind it, when the group may be there, is final.
    disk.fail_at = i % 3 == 2 ? UINT64_MAX : disk.steps();
    disk.failure = Refusal::storage_full;
    const BodyPieces& body = bodies.make({1, 2, 3, 4, 5, static_cast<std::size_t>(i % 6)}, std::to_string(i));
    const auto appended = append_bodies(*journal, {&body}, &written);
    disk.fail_at = UINT64_MAX;
    if (appended) continue;
    ASSERT_EQ(appended.error().code, Refusal::storage_full) << i << ": " << appended.error().message;
    ASSERT_TRUE(journal->make_room());
    ASSERT_TRUE(append_bodies(*journal, {&body}, &written));
  }
  EXPECT_EQ(bodies_of(*journal).value(), written);
}

// Else an object would be referred to that was told once, or never.
TEST(LogPieces, WhatAFailedAppendHadToldIsToldAgainInTwoGroups) {
  SimulatedDisk disk;
  KnownBodies bodies(1, 3000);
  const BodyPieces& body = bodies.make({0}, "x");
  const auto journal = open_small_log(disk).value();
  const auto appended_bytes = [&] {
    const std::uint64_t before = journal->payload_bytes();
    EXPECT_TRUE(append_bodies(*journal, {&body}));
    return journal->payload_bytes() - before;
  };
  EXPECT_GT(appended_bytes(), 2000u);
  disk.fail_at = disk.steps();
  disk.failure = Refusal::storage_full;
  EXPECT_FALSE(append_bodies(*journal, {&body}));
  disk.fail_at = UINT64_MAX;
  ASSERT_TRUE(journal->make_room());
  EXPECT_GT(appended_bytes(), 2000u);
  EXPECT_GT(appended_bytes(), 2000u);
  EXPECT_LT(appended_bytes(), 100u);
}

// One damaged group costs what is in it, and nothing that refers to it.
TEST(LogPieces, WhereOneGroupIsDamagedTheBodiesOfAllOthersAreKept) {
  KnownBodies bodies(10, 400);
  std::mt19937_64 random(2);
  SimulatedDisk base;
  Entries written;
  std::vector<std::pair<std::string, std::uint64_t>> groups;
  {
    const auto journal = open_small_log(base).value();
    for (int i = 0; i < 60; ++i) {
      ASSERT_TRUE(append_bodies(*journal, {&bodies.draw(random), &bodies.draw(random)}, &written));
      groups.emplace_back(path_of(journal->segments().back().name),
                          journal->segments().back().end - kLogBlockBytes);  // within its last block
    }
    ASSERT_GT(journal->segments().size(), 2u);
  }
  base.settle(SimulatedDisk::Ending::killed);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    SCOPED_TRACE(i);
    SimulatedDisk disk = base.clone();
    disk.bytes(groups[i].first)[groups[i].second + 200] ^= 4;
    const auto refused = open_small_log(disk);
    ASSERT_FALSE(refused);
    ASSERT_EQ(refused.error().code, Refusal::storage_damaged);
    std::vector<std::string> remarks;
    const auto journal = open_small_log(disk, true, &remarks);
    ASSERT_TRUE(journal) << journal.error().message;
    EXPECT_EQ(remarks.front().find("lost with them"), std::string::npos) << remarks.front();
    std::multiset<std::string> left;
    const auto kept = bodies_of(**journal).value();
    for (const auto& [name, body] : kept) left.insert(body);
    std::multiset<std::string> should;
    for (const auto& [name, body] : written)
      if ((name.first - 1) / 2 != i) should.insert(body);
    ASSERT_EQ(left, should);
  }
}

TEST(LogPieces, WhatRefersToTextsThatAreAllLostIsCountedAndTheRestIsKept) {
  KnownBodies bodies(2, 400);
  SimulatedDisk disk;
  std::vector<std::uint64_t> ends;
  {
    const auto journal = open_small_log(disk).value();
    for (int i = 0; i < 5; ++i) {
      ends.push_back(journal->segments().back().end);
      ASSERT_TRUE(append_bodies(*journal, {&bodies.make({0}, "x")}));
    }
    ASSERT_TRUE(append_bodies(*journal, {&bodies.make({1}, "y")}));
  }
  disk.settle(SimulatedDisk::Ending::killed);
  for (const std::uint64_t end : {ends[0], ends[1]})
    disk.bytes("log/0000000001-00000000000000000001.log")[end + 200] ^= 4;
  std::vector<std::string> remarks;
  const auto journal = open_small_log(disk, true, &remarks);
  ASSERT_TRUE(journal);
  EXPECT_NE(remarks.front().find("1 entries from behind the damage were kept at new positions, 3 there refer to texts "
                                 "that are lost, and are lost with them"),
            std::string::npos)
      << remarks.front();
  ASSERT_EQ(bodies_of(**journal)->size(), 1u);
  EXPECT_EQ(bodies_of(**journal)->begin()->second, bodies.make({1}, "y").body);
}

/// A block as an engine of format 2 wrote it.
void make_format_2(std::string& bytes, std::size_t at, std::size_t size, std::uint64_t seed) {
  if (is_zero(std::string_view(bytes).substr(at, size))) return;
  bytes[at + 8] = 2;
  const std::uint64_t sum = XXH3_64bits_withSeed(bytes.data() + at, size - 8, seed);
  for (std::size_t i = 0; i < 8; ++i) bytes[at + size - 8 + i] = static_cast<char>(sum >> (8 * i));
}

TEST(LogPieces, AFolderOfFormat2IsGoneOnFromAndSaysThatItIsNewerNow) {
  SimulatedDisk disk;
  Entries written;
  std::uint64_t id = 0;
  {
    const auto journal = open_small_log(disk).value();
    ASSERT_TRUE(append_all(*journal, {pack_body("one"), pack_body("two")}));
    written = bodies_of(*journal).value();
    id = journal->life().journal;
  }
  make_format_2(disk.bytes("identity"), 0, kLogBlockBytes, 0);
  make_format_2(disk.bytes("log/0000000001-00000000000000000001.log"), 0, kLogBlockBytes, id);
  for (const std::size_t slot : {std::size_t{0}, kLogBlockBytes})
    make_format_2(disk.bytes("mark"), slot, kSectorBytes, id);
  ASSERT_EQ(read_identity(disk.bytes("identity"))->format, 2u);
  {
    const auto reader = open_log_for_reading(borrowed(disk));
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(bodies_of(**reader).value(), written);
  }
  EXPECT_EQ(read_identity(disk.bytes("identity"))->format, 2u) << "who only reads changes nothing";
  KnownBodies bodies(3);
  {
    const auto journal = open_small_log(disk).value();
    EXPECT_EQ(read_identity(disk.bytes("identity"))->format, 3u);
    ASSERT_TRUE(append_all(*journal, {pack_body("three")}));
    written[{3, 1}] = "three";
    EXPECT_EQ(journal->segments().size(), 1u);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(append_bodies(*journal, {&bodies.make({0, 1}, "x")}, &written));
    EXPECT_EQ(journal->segments().size(), 2u) << "in the old segment nobody expects pieces";
    EXPECT_EQ(bodies_of(*journal).value(), written);
  }
  EXPECT_EQ(bodies_of(*open_small_log(disk).value()).value(), written);
}

}  // namespace
}  // namespace tocsin
