// A log on a disk that ends, tears, forgets and runs out of space at any step, against the obvious model: what was
// acknowledged is there, in order, byte for byte; what is there besides was tried last.

#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/runtime/journal/byte_order.h"
#include "tests/runtime/known_bodies.h"

namespace tocsin {
namespace {

struct Seeds {
  unsigned first = 1;
  unsigned last = 250;
  Seeds() {
    if (const char* chosen = std::getenv("TOCSIN_SEED")) first = last = static_cast<unsigned>(std::atoi(chosen));
    if (const char* count = std::getenv("TOCSIN_SEEDS")) last = static_cast<unsigned>(std::atoi(count));
  }
};

class LogSimulation {
 public:
  /// `repeats`: half of what is appended is bodies that repeat, and that the log keeps as references.
  explicit LogSimulation(unsigned seed, bool repeats = false) : random_(seed), disk_(seed * 977), repeats_(repeats) {}

  void run() {
    for (int life = 0; life < 6; ++life) {
      const bool ends_early = draw(3) != 0;
      if (ends_early) disk_.end_at = disk_.steps() + draw(draw(2) == 0 ? 12 : 80);
      if (draw(4) == 0) {
        disk_.fail_at = disk_.steps() + draw(60);
        disk_.failure = draw(2) == 0 ? Refusal::storage_full : Refusal::storage_failed;
      }
      const bool whole = live();
      const auto ending = draw(2) == 0 ? SimulatedDisk::Ending::power_lost : SimulatedDisk::Ending::killed;
      disk_.settle(ending);
      if (testing::Test::HasFatalFailure() || !whole) return;
    }
    const auto journal = open_small_log(disk_);
    ASSERT_TRUE(journal) << journal.error().message;
    compare(**journal);
  }

 private:
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }

  std::string payload() {
    std::string bytes(draw(8) == 0 ? draw(30'000) : draw(600), '\0');  // zeros too: as empty sectors are
    if (draw(3) != 0)
      for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  /// One life of a process; false: stop the run.
  bool live() {
    const auto journal = open_small_log(disk_);
    if (!journal) {
      EXPECT_TRUE(disk_.has_ended() || disk_.steps() > disk_.fail_at) << journal.error().message;
      EXPECT_NE(journal.error().code, Refusal::storage_damaged) << journal.error().message;
      return !testing::Test::HasFailure();
    }
    compare(**journal);
    if (testing::Test::HasFatalFailure()) return false;
    for (int step = 0; step < 25 && !disk_.has_ended(); ++step) {
      tried_.clear();
      if (draw(12) == 0 && (*journal)->last_position() > Position{2}) {
        cut_ = std::max<std::uint64_t>(cut_, (*journal)->last_position().value() - draw(2));
        if (!(*journal)->cut_before(Position{cut_})) break;
        continue;
      }
      if (draw(10) == 0 && !(*journal)->sync_mark()) break;
      if (repeats_ && draw(2) == 0) {
        if (!append_what_repeats(**journal)) break;
        continue;
      }
      std::vector<std::string> payloads;
      for (unsigned i = 0; i <= draw(4); ++i) payloads.push_back(payload());
      std::uint64_t position = (*journal)->last_position().value();
      for (const std::string& bytes : payloads) tried_[{++position, 1}] = bytes;
      const auto appended = append_all(**journal, payloads, &acknowledged_);
      if (appended) {
        tried_.clear();
      } else if (appended.error().code == Refusal::storage_full) {
        EXPECT_TRUE((*journal)->make_room() || disk_.has_ended());
        tried_.clear();  // nothing of it may be there
      } else {
        break;
      }
    }
    return true;
  }

  /// False: this life is over.
  bool append_what_repeats(Journal& journal) {
    std::vector<const BodyPieces*> bodies;
    std::uint64_t position = journal.last_position().value();
    for (unsigned i = 0; i <= draw(4); ++i) bodies.push_back(&bodies_.draw(random_));
    for (const BodyPieces* body : bodies) {
      std::string& packed = tried_[{++position, 1}];
      packed.push_back('\0');
      append_little_endian(packed, static_cast<std::uint32_t>(body->body.size()));
      packed += body->body;
    }
    const auto appended = append_bodies(journal, bodies);
    if (appended) {
      acknowledged_.merge(tried_);
      tried_.clear();
      return true;
    }
    if (appended.error().code != Refusal::storage_full) return false;
    EXPECT_TRUE(journal.make_room() || disk_.has_ended());
    tried_.clear();
    return true;
  }

  void compare(Journal& journal) {
    const auto found = entries_of(journal);
    ASSERT_TRUE(found) << found.error().message;
    for (const auto& [name, payload] : acknowledged_) {
      if (name.first < cut_) continue;
      const auto entry = found->find(name);
      ASSERT_TRUE(entry != found->end()) << "position " << name.first << " was acknowledged and is lost";
      ASSERT_EQ(entry->second, payload) << "position " << name.first;
    }
    std::size_t besides = 0;
    for (const auto& [name, payload] : *found) {
      if (acknowledged_.contains(name)) continue;
      ++besides;
      ASSERT_TRUE(tried_.contains(name) && tried_.at(name) == payload) << "position " << name.first << " is nobody's";
    }
    ASSERT_TRUE(besides == 0 || besides == tried_.size()) << "a group is there wholly or not at all";
    acknowledged_.insert(found->begin(), found->end());  // it was replayed
    tried_.clear();
  }

  std::mt19937_64 random_;
  SimulatedDisk disk_;
  Entries acknowledged_;
  Entries tried_;  // by the append that the end may have met
  std::uint64_t cut_ = 1;
  bool repeats_;
  KnownBodies bodies_{9};
};

TEST(LogSimulation, WhatWasAcknowledgedIsThereHoweverItEnds) {
  const Seeds seeds;
  for (unsigned seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    LogSimulation(seed).run();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(LogSimulation, WhatRepeatsAndWasAcknowledgedIsThereHoweverItEnds) {
  const Seeds seeds;
  for (unsigned seed = seeds.first; seed <= seeds.last; ++seed) {
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    LogSimulation(seed, true).run();
    if (testing::Test::HasFailure()) return;
  }
}

// The way from a damaged log to a repaired one, ended at every step: the next start gets there, or starts over.
TEST(LogSimulation, ARepairThatIsInterruptedAnywhereIsFinishedOrBegunAnew) {
  SimulatedDisk base(5);
  Entries written;
  {
    const auto journal = open_small_log(base);
    ASSERT_TRUE(journal);
    for (int i = 0; i < 40; ++i)
      ASSERT_TRUE(append_all(**journal, {"payload " + std::to_string(i), std::string(6000, 'x')}, &written));
  }
  base.settle(SimulatedDisk::Ending::killed);
  const auto names = base.list("log");
  ASSERT_GE(names->size(), 4u);
  base.bytes("log/" + (*names)[1])[3 * kLogBlockBytes + 300] ^= 1;
  for (const auto ending : {SimulatedDisk::Ending::killed, SimulatedDisk::Ending::power_lost}) {
    bool finished = false;
    for (std::uint64_t step = 0; !finished; ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      SimulatedDisk disk = base.clone();
      disk.end_at = step;
      finished = open_small_log(disk, true).has_value();
      disk.settle(ending);
      auto journal = open_small_log(disk);
      if (!journal) {
        ASSERT_EQ(journal.error().code, Refusal::storage_damaged) << journal.error().message;
        journal = open_small_log(disk, true);
      }
      ASSERT_TRUE(journal) << journal.error().message;
      const auto left = entries_of(**journal);
      ASSERT_TRUE(left);
      EXPECT_GT(left->size(), written.size() - 8);
      for (const auto& [name, payload] : *left)
        EXPECT_TRUE(!written.contains(name) || written.at(name) == payload) << name.first;
    }
  }
}

}  // namespace
}  // namespace tocsin
