#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "engine/model/ids.h"
#include "engine/model/refusal.h"
#include "engine/runtime/doorbell.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// A rule set on its way in.
struct RuleSwitch {
  rules::RuleSetPtr rules;
  std::string packed;  // pack_rules of what it was loaded from: what the journal keeps
};

/// The way of rule sets to the sequencer and through it to the shard, one at a time. Nobody is in a hurry here, so a
/// mutex does.
class RuleLane {
 public:
  /// Hands over and waits until the shard has applied it: its position; or why not (storage_failed, stopping). Any
  /// thread but the engine's own; several take turns. `sequencer` is where the sequencer sleeps.
  Result<Position> pass(RuleSwitch next, Doorbell& sequencer);
  /// Of the rule set in force; 0: of none that the journal has. Any thread.
  Position position() const;

  // The sequencer's thread.
  bool is_waiting() const {
    // acquire: pairs with pass()'s release; take() locks, so nothing else hangs on it
    return waiting_.load(std::memory_order_acquire);
  }
  /// Requires: is_waiting().
  RuleSwitch take();
  /// The one that was taken did not become durable.
  void refuse_taken(Error why);
  /// What was not taken, and all that comes, is refused.
  void close(Error why);

  // The shard's thread (before that the recovery's): a rule set is in force.
  void applied(Position position);

 private:
  enum class State { free, waiting, taken, done };

  void finish(Result<Position> outcome);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::free;
  RuleSwitch next_;
  Result<Position> outcome_;
  Position position_{};
  std::optional<Error> closed_;
  std::atomic<bool> waiting_{false};
};

}  // namespace tocsin
