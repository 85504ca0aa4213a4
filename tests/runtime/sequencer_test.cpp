// What is answered 2xx may run ahead of the shard by a span of time, whatever its ring would hold.
#include "engine/runtime/intake/sequencer.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/runtime/journal/body_packing.h"
#include "tests/runtime/manual_clock.h"
#include "tests/runtime/memory_journal.h"

namespace tocsin {
namespace {

/// Spans pass only when the test says so, too.
class StillClock final : public Clock {
 public:
  Instant now() override { return clock_.now(); }
  Duration uptime() override { return clock_.read().steady; }
  ClockReading read() override { return clock_.read(); }
  void sleep_until(Doorbell& bell, Duration until) override { clock_.sleep_until(bell, until); }
  void advance(Duration span) { clock_.advance(span); }

 private:
  ManualClock clock_;
};

/// A sequencer on a thread; the test is the connector and the shard.
class SequencerWorld {
 public:
  SequencerWorld() {
    lanes_.push_back(std::make_unique<IntakeLane>(gate_, feed_, clock_));
    lanes_[0]->on_ready([this] { connector_bell_.ring(); });
    sequencer_ = std::make_unique<Sequencer>(*storage_.journal, lanes_, feed_, gate_, clock_);
    thread_ = std::thread([this] { sequencer_->run(); });
  }
  ~SequencerWorld() {
    sequencer_->stop();
    thread_.join();
  }

  void submit() {
    Submission submission;
    submission.kind = InputKind::refused_body;
    submission.payload = pack_body("x");
    ASSERT_TRUE(lanes_[0]->submit(std::move(submission)));
  }
  Receipt wait_for_receipt() {
    Receipt receipt;
    while (!lanes_[0]->next_receipt(receipt)) connector_bell_.wait();
    return receipt;
  }
  bool has_receipt() {
    Receipt receipt;
    return lanes_[0]->next_receipt(receipt);
  }
  /// Until the sequencer asks the shard for room.
  void wait_until_it_waits_for_the_shard() {
    std::thread serving([this] {
      while (!served_.load()) {
        feed_.room.serve(asked_);
        std::this_thread::yield();
      }
    });
    asked_.wait();
    served_.store(true);
    serving.join();
  }
  void apply_one() {
    ShardInput input;
    ASSERT_TRUE(feed_.ring.pop(input));
    feed_.applied.fetch_add(1);
    feed_.sequencer_bell.ring();
  }

  StillClock clock_;

 private:
  MemoryDisk disk_;
  Storage storage_ = disk_.open();
  Gate gate_;
  ShardFeed feed_;
  Doorbell connector_bell_;
  Doorbell asked_;
  std::atomic<bool> served_{false};
  std::vector<std::unique_ptr<IntakeLane>> lanes_;
  std::unique_ptr<Sequencer> sequencer_;
  std::thread thread_;
};

TEST(Sequencer, TakesNothingMoreWhileTheShardIsBehindByMoreThanItsSpan) {
  SequencerWorld world;
  world.submit();
  EXPECT_TRUE(world.wait_for_receipt().durable);
  world.clock_.advance(Sequencer::kShardBehindMax);
  world.submit();
  EXPECT_TRUE(world.wait_for_receipt().durable) << "just as much is allowed";
  world.clock_.advance(std::chrono::milliseconds{1});
  world.submit();
  world.wait_until_it_waits_for_the_shard();
  EXPECT_FALSE(world.has_receipt());
  world.apply_one();
  EXPECT_TRUE(world.wait_for_receipt().durable) << "what waits now came later";
}

}  // namespace
}  // namespace tocsin
