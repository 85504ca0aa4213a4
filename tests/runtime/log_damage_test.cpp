// Every file of a log, damaged in every way, after a clean stop and after a kill: the start is refused with a sentence,
// or nothing that was acknowledged is missing. What is refused can be gone on from, and then no position of an epoch
// has two contents.

#include <gtest/gtest.h>

#include "tests/runtime/log_world.h"

namespace tocsin {
namespace {

using Ending = SimulatedDisk::Ending;

struct Base {
  SimulatedDisk disk{11};
  SimulatedDisk older{11};  // some time before
  Entries written;
  Position last{};
};

/// Small and large groups over several segments.
Base make_base(bool stops_cleanly) {
  Base base;
  auto journal = open_small_log(base.disk).value();
  const auto write = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      std::vector<std::string> payloads{"body " + std::to_string(i)};
      if (i % 3 == 0)
        payloads.push_back(std::string(static_cast<std::size_t>(300 * i), static_cast<char>('a' + i % 7)));
      if (i % 5 == 0) payloads.push_back(std::string(2000, '\0'));
      EXPECT_TRUE(append_all(*journal, payloads, &base.written));
    }
  };
  write(0, 24);
  base.older = base.disk.clone();
  write(24, 68);
  base.last = journal->last_position();
  if (!stops_cleanly) base.disk.end_at = base.disk.steps();  // nothing of what the end does gets through
  journal.reset();
  base.disk.settle(Ending::killed);
  return base;
}

const Base& base_after(bool clean_stop) {
  static const Base kClean = make_base(true);
  static const Base kKilled = make_base(false);
  return clean_stop ? kClean : kKilled;
}

struct Verdicts {
  int cases = 0;
  int refused = 0;
};

void judge(const Base& base, SimulatedDisk& disk, Verdicts& verdicts) {
  ++verdicts.cases;
  {
    SimulatedDisk looked_at = disk.clone();
    if (const auto reader = open_log_for_reading(borrowed(looked_at))) {
      const auto found = entries_of(**reader);
      ASSERT_TRUE(found);
      ASSERT_EQ(*found, base.written) << "read beside an engine";
    }
  }
  auto journal = open_small_log(disk);
  if (journal) {
    const auto found = entries_of(**journal);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(*found, base.written);
    return;
  }
  ++verdicts.refused;
  ASSERT_TRUE(journal.error().code == Refusal::storage_damaged ||
              journal.error().message.find("newer tocsin") != std::string::npos)
      << journal.error().message;
  ASSERT_NE(journal.error().message.find("/disk/"), std::string::npos) << journal.error().message;
  ASSERT_EQ(disk.has("unfinished"), false);
  if (journal.error().code != Refusal::storage_damaged) return;

  std::vector<std::string> remarks;
  journal = open_small_log(disk, true, &remarks);
  ASSERT_TRUE(journal) << journal.error().message;
  ASSERT_FALSE(remarks.empty());
  EXPECT_GT((*journal)->life().epoch, 1u);
  EXPECT_GT((*journal)->last_position(), base.last);
  Entries after = entries_of(**journal).value();
  std::multimap<std::string, int> payloads;
  for (const auto& [name, payload] : base.written) payloads.emplace(payload, 0);
  for (const auto& [name, payload] : after) {
    if (name.second == 1) {
      ASSERT_TRUE(base.written.contains(name)) << name.first;
      ASSERT_EQ(base.written.at(name), payload) << name.first;
    }
    const auto known = payloads.find(payload);
    ASSERT_TRUE(known != payloads.end()) << "nobody sent what is at position " << name.first;
    payloads.erase(known);
  }
  ASSERT_TRUE(append_all(**journal, {"after the loss"}, &after));
  journal->reset();
  journal = open_small_log(disk);
  ASSERT_TRUE(journal) << journal.error().message;
  ASSERT_EQ(entries_of(**journal).value(), after);
}

class EachFileDamaged : public testing::TestWithParam<std::tuple<bool, int>> {};

/// The files of the base, by number: there are as many after a kill as after a clean stop.
constexpr int kFiles = 7;

std::string file_of(const Base& base, int number) {
  std::vector<std::string> files = base.disk.files();
  std::erase(files, "log/next");
  EXPECT_EQ(files.size(), static_cast<std::size_t>(kFiles)) << "the number of files is written down here";
  return files[static_cast<std::size_t>(number)];
}

TEST_P(EachFileDamaged, IsRefusedOrNothingIsMissing) {
  const auto [clean_stop, number] = GetParam();
  const Base& base = base_after(clean_stop);
  const std::string file = file_of(base, number);
  SCOPED_TRACE(file);
  const std::string original = SimulatedDisk(base.disk.clone()).bytes(file);
  std::size_t used = original.size();
  while (used > 0 && original[used - 1] == 0) --used;
  Verdicts verdicts;
  const auto damage = [&](const std::string& how, const std::function<void(SimulatedDisk&)>& damage_it) {
    SCOPED_TRACE(how);
    SimulatedDisk disk = base.disk.clone();
    damage_it(disk);
    judge(base, disk, verdicts);
    return !testing::Test::HasFatalFailure();
  };

  std::mt19937_64 random(static_cast<std::uint64_t>(number) * 31 + (clean_stop ? 1 : 0));
  for (int i = 0; i < 50; ++i) {
    // Mostly where something was written; heads, ends and the unused rest too.
    const std::size_t at = i < 8    ? static_cast<std::size_t>(i) * 7
                           : i < 44 ? random() % used
                                    : random() % original.size();
    const auto bit = static_cast<char>(1 << random() % 8);
    if (!damage("bit flipped at byte " + std::to_string(at),
                [&](SimulatedDisk& disk) { disk.bytes(file)[at] = static_cast<char>(disk.bytes(file)[at] ^ bit); }))
      return;
  }
  for (std::size_t at = 0; at < original.size(); at += 4096) {
    if (!damage("page of zeros at byte " + std::to_string(at), [&](SimulatedDisk& disk) {
          std::string& bytes = disk.bytes(file);
          std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(4096, bytes.size() - at),
                      0);
        }))
      return;
  }
  for (const std::size_t cut : {1u, 2u, 511u, 512u, 513u, 1000u, 4095u, 4096u, 4097u, 8191u, 8192u}) {
    if (!damage("cut by " + std::to_string(cut), [&](SimulatedDisk& disk) {
          std::string& bytes = disk.bytes(file);
          bytes.resize(bytes.size() - std::min(cut, bytes.size()));
        }))
      return;
  }
  for (std::size_t at = 0; at < original.size(); at += 4096) {
    if (!damage("unreadable at byte " + std::to_string(at),
                [&](SimulatedDisk& disk) { disk.make_unreadable(file, at); }))
      return;
  }
  if (!damage("missing", [&](SimulatedDisk& disk) { disk.lose(file); })) return;
  if (base.older.has(file)) {
    if (!damage("swapped with an older copy",
                [&](SimulatedDisk& disk) { disk.bytes(file) = SimulatedDisk(base.older.clone()).bytes(file); }))
      return;
  }
  for (int i = 0; i < kFiles; ++i) {
    const std::string other = file_of(base, i);
    if (other != file &&
        !damage("swapped with " + other, [&](SimulatedDisk& disk) { std::swap(disk.bytes(file), disk.bytes(other)); }))
      return;
  }
  EXPECT_GE(verdicts.cases, 62);
  EXPECT_GT(verdicts.refused, 0);
  RecordProperty("cases", verdicts.cases);
  RecordProperty("refused", verdicts.refused);
  std::printf("%s after %s: %d cases, %d refused\n", file.c_str(), clean_stop ? "a clean stop" : "a kill",
              verdicts.cases, verdicts.refused);
}

// A file of another journal in the place of the newest is that file's fault, not the identity's.
TEST(LogDamage, AFileOfAnotherJournalDoesNotPassItselfOffAsTheTruth) {
  Base base = make_base(true);
  SimulatedDisk other(9);
  {
    LogOptions options;
    options.sizes = kSmallSegments;
    options.threaded = false;
    options.random = [](std::span<char> bytes) { std::memset(bytes.data(), 9, bytes.size()); };
    ASSERT_TRUE(begin_folder(other));
    ASSERT_TRUE(make_log(other, options));
  }
  const std::string newest = file_of(base, kFiles - 2);
  base.disk.bytes(newest) = other.bytes("log/0000000001-00000000000000000001.log");
  const auto journal = open_small_log(base.disk);
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().message.find(newest + ", byte 0: it belongs to another journal"), std::string::npos)
      << journal.error().message;
  const auto accepted = open_small_log(base.disk, true);
  ASSERT_TRUE(accepted);
  EXPECT_GT(entries_of(**accepted)->size(), base.written.size() / 2);
}

// After a power loss the mark may be a second old. What is behind it was acknowledged all the same: a bit that flipped
// there is no torn write.
TEST(LogDamage, BehindAnOldMarkAFlippedBitIsNotTakenForAnUnfinishedWrite) {
  SimulatedDisk disk(3);
  Entries written;
  std::string old_mark;
  std::size_t marked_end = 0;
  std::size_t end = 0;
  {
    const auto journal = open_small_log(disk).value();
    for (int i = 0; i < 12; ++i) {
      ASSERT_TRUE(append_all(*journal, {"body " + std::to_string(i), std::string(1500, '\0')}, &written));
      if (i == 8) {
        old_mark = disk.bytes("mark");
        marked_end = journal->segments().back().end;
      }
    }
    ASSERT_EQ(journal->segments().size(), 1u);
    end = journal->segments().back().end;
  }
  disk.settle(Ending::killed);
  disk.bytes("mark") = old_mark;
  {
    SimulatedDisk whole = disk.clone();
    ASSERT_EQ(entries_of(*open_small_log(whole).value()).value(), written);
  }
  const std::string file = "log/0000000001-00000000000000000001.log";
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    const std::size_t at = marked_end + random() % (end - marked_end);
    SCOPED_TRACE("byte " + std::to_string(at));
    SimulatedDisk damaged = disk.clone();
    damaged.bytes(file)[at] = static_cast<char>(damaged.bytes(file)[at] ^ (1 << random() % 8));
    const auto journal = open_small_log(damaged);
    ASSERT_FALSE(journal);
    ASSERT_EQ(journal.error().code, Refusal::storage_damaged);
  }
}

INSTANTIATE_TEST_SUITE_P(Log, EachFileDamaged, testing::Combine(testing::Bool(), testing::Range(0, kFiles)),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param) ? "Stopped" : "Killed") + "File" +
                                  std::to_string(std::get<1>(each.param));
                         });

}  // namespace
}  // namespace tocsin
