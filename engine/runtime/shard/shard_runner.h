#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/runtime/counter.h"
#include "engine/runtime/intake/intake_lane.h"
#include "engine/runtime/outbox/close_watch.h"
#include "engine/runtime/rule_figures.h"
#include "engine/runtime/shard/feeds.h"
#include "engine/runtime/shard/heard_bodies.h"
#include "engine/runtime/shard/shard_port.h"
#include "engine/runtime/times_figures.h"
#include "engine/runtime/word_figures.h"

namespace tocsin {

/// What the shard has done, replay included; written by its thread, read by any.
struct ShardFigures {
  static constexpr std::size_t kSourcesMax = 64;  // further ones are counted as "other"

  struct OfSource {
    std::string name;  // written before `sources` counts it
    Counter alerts;
    std::array<Counter, kMendingCount> mended;
  };

  std::array<OfSource, kSourcesMax> source;
  std::atomic<std::size_t> sources{0};
  WordFigures unknown_severities;
  WordFigures unknown_statuses;
  TimesFigures times;
  RuleFigures rules;
  std::array<Counter, kRefusalCount> alerts_refused;
  std::array<Counter, kRefusalCount> bodies_refused;
  Counter position;      // of the last input applied
  Counter told_wrongly;  // incidents that somebody was told of, and not of all of it; see CloseWatch
  Histogram received_to_effect{kSpanBounds};

  /// ShardCounts, field by field in its order.
  static constexpr std::size_t kCounts = sizeof(ShardCounts) / sizeof(std::uint64_t);
  std::array<Counter, kCounts> counts;

  void publish(const ShardCounts& now);
  ShardCounts read() const;
};

/// Runs the shard: inputs in, effects on to the outbox, queries answered between two inputs. When the outbox has no
/// room it takes no inputs, and goes on answering. The shard has a thread of its own; where
/// EngineOptions::ShardWork says so, the sequencer's thread takes its turn when it has made something durable and the
/// shard's thread sleeps: that spares a wake-up for each commit, and answers wait for it. One turn at a time; who has
/// it is the one reader of the shard's rings and the one writer of the outbox's.
class ShardRunner final : public ShardHelp {
 public:
  /// So long the sequencer may be kept from the next commit; one input always may be applied.
  static constexpr Duration kHelpSpan = std::chrono::microseconds{500};

  ShardRunner(ShardPort& shard, ShardFeed& feed, EffectFeed& effects, Gate& gate,
              std::span<const std::unique_ptr<IntakeLane>> lanes, Clock& clock);

  /// Before run(), from the recovery's thread: applies an input of the journal. `effects` is cleared first. Where
  /// nobody waits for their records, they are not written.
  void replay(const Input& input, bool is_awaited, std::vector<EffectPtr>& effects);
  /// Before run(), after the last of these: makes what they came to visible.
  void end_replay();

  /// The sequencer's thread: applies what waits, if nobody has the turn, for kHelpSpan at most; the shard's thread is
  /// woken for what is left. Queries are left to it, but for what was asked of these inputs. Never waits.
  void help() override;

  /// The thread's function: returns when the sequencer has ended and all effects are on their way.
  void run();

  const ShardFigures& figures() const { return figures_; }

 private:
  /// `until` when: by whoever helps.
  bool apply_some(Duration until = Duration::max());
  void apply(ShardInput& input);
  void publish();
  void count(const Input& input);
  void count(const std::vector<EffectPtr>& effects);
  bool send_effects();
  bool answer_queries();
  bool answer_late();
  QueryAnswer answer(const Query& query) const;
  void remember_heard(const Input& input);

  std::mutex turn_;  // of all below, from run() on
  ShardPort& shard_;
  ShardFeed& feed_;
  EffectFeed& out_;
  Gate& gate_;
  std::span<const std::unique_ptr<IntakeLane>> lanes_;
  Clock& clock_;
  ShardFigures figures_;
  std::vector<RuleCounts> rule_counts_;  // room for publishing
  std::vector<EffectPtr> effects_;       // made and not yet sent, from sent_ on
  std::size_t sent_ = 0;
  Duration made_{};
  Instant last_at_ = kUnset;
  Instant published_deadline_ = kNever;
  std::string body_;  // unpacked, for dead letters
  WordTally unknown_statuses_;
  CloseWatch watch_;  // of all effects, replay included
  HeardBodies heard_bodies_;
  struct LateQuery {
    Query query;
    std::size_t lane;
  };
  std::vector<LateQuery> late_;  // no more than the lanes have answers due
};

}  // namespace tocsin
