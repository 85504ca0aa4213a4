#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/counter.h"
#include "engine/runtime/intake/intake_lane.h"
#include "engine/runtime/intake/queue_age.h"
#include "engine/runtime/journal/journal.h"
#include "engine/runtime/shard/feeds.h"
#include "engine/runtime/time/timekeeper.h"

namespace tocsin {

/// What the sequencer has done; written by its thread, read by any.
struct SequencerFigures {
  Counter entries;
  Counter groups;
  Counter payload_bytes;
  Counter deadlines;  // time_passed entries
  Counter rule_sets;
  Counter unheard;  // times that nothing could be taken for longer than kUnheardMin
  Counter failed;   // 1: the journal cannot be written
  Counter full;     // 1: there is no space for it now
  Counter fulls;    // times that there was none
  Histogram group_size{kGroupSizeBounds};
  Histogram sync_span{kSpanBounds};
  Histogram received_to_durable{kSpanBounds};
};

/// The one door through which order and time enter: takes what the intakes hold, gives each the next position and the
/// group an instant, makes the group durable with one append, then sends receipts back and inputs on to the shard.
/// Writes that time passed when the shard's next deadline is due and nothing else says so, and when a step of the clock
/// is believed (see Timekeeper).
///
/// What is answered and not applied is bounded by time: a receipt says that a body is durable, and people take it for
/// known. Its thread sleeps until there is a submission, room in the shard's ring, a deadline, or a look at the clock
/// is due; only what has a meaning is written, never a tick. After an error of the journal it only says storage_failed
/// to all who come, for the rest of its life; while there is no space for the journal it says storage_full, looks once
/// a second whether there is, and goes on by itself.
class Sequencer {
 public:
  /// Where it came to no look at its intakes for longer, what was not heard does not count as silence. An idle one
  /// looks every Timekeeper::kLookSpan.
  static constexpr Duration kUnheardMin = std::chrono::seconds{30};
  /// What was answered 2xx may wait for the shard so long; then no more is taken until it has caught up.
  static constexpr Duration kShardBehindMax = std::chrono::milliseconds{50};

  /// `last_wall` is of the journal's newest entry, kUnset when there is none.
  Sequencer(Journal& journal, std::span<const std::unique_ptr<IntakeLane>> lanes, ShardFeed& feed, Gate& gate,
            Clock& clock, Instant last_wall = kUnset);

  /// The thread's function: returns after stop(), when all that was submitted before has its receipt.
  void run();
  /// Any thread.
  void stop();
  /// Any thread: as after an error of the journal, from its next look on. For what the journal itself does not notice.
  void give_up(std::string why);

  const SequencerFigures& figures() const { return figures_; }
  const Timekeeper& timekeeper() const { return timekeeper_; }
  /// Any thread: what the journal's error was, "" when there is none; and since when.
  std::string failure() const;
  /// Any thread: why there is no space for the journal now, "" when there is.
  std::string shortage() const;
  Instant failed_at() const;

 private:
  bool has_room();
  void run_short(std::string why);
  void collect(std::size_t bodies_max);
  void commit();
  /// False: it did not become durable.
  bool write_that_time_passed(InputKind kind, Duration queue_age = Duration{0});
  void tell_queue_age();
  void write_rules();
  bool append();
  void pass_on();
  static std::size_t work_of(const Submission& submission);
  void send_receipts(bool durable, Refusal refusal);
  void refuse_waiting(Refusal why);
  bool could_not_listen();
  bool shard_is_behind();
  void pass(ShardInput&& input);
  bool deadline_is_due(Instant deadline);
  Moment next_moment();
  void fail(std::string why);

  // What the sequencer does for the shard at once (ShardHelp), in repeats: about a millisecond.
  static constexpr std::size_t kHelpWorkMax = 4096;
  static constexpr std::size_t kWorkOfUnknown = 16;

  Journal& journal_;
  std::span<const std::unique_ptr<IntakeLane>> lanes_;
  ShardFeed& feed_;
  Gate& gate_;
  Clock& clock_;
  Timekeeper timekeeper_;
  SequencerFigures figures_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> gave_up_{false};
  bool failed_ = false;
  Duration listened_at_{};       // uptime when it last was ready to take something
  bool short_ = false;           // of space
  Duration look_for_room_at_{};  // uptime
  /// What the shard has not applied: how many inputs had been passed on by then, and since when they wait (uptime).
  struct Passed {
    std::uint64_t inputs;
    Duration since;
  };
  std::deque<Passed> passed_;
  std::uint64_t passed_inputs_ = 0;
  Duration passing_since_{};       // of the commit in hand
  std::optional<InputKind> owed_;  // an entry without a body that is to be written before anything else
  std::size_t next_lane_ = 0;
  QueueAge queue_age_;

  struct Member {
    Waiting waiting;
    std::uint32_t lane;
  };
  std::vector<Member> group_;          // what is committed together; entries_ borrow from it
  std::vector<JournalEntry> entries_;  // of the group
  std::vector<bool> lanes_to_wake_;

  mutable std::mutex failure_mutex_;
  std::string failure_;
  std::string shortage_;
  Instant failed_at_ = kUnset;
};

}  // namespace tocsin
