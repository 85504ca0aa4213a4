#include "engine/runtime/reload/rule_lane.h"

#include <utility>

#include "engine/model/check.h"

namespace tocsin {

Result<Position> RuleLane::pass(RuleSwitch next, Doorbell& sequencer) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ == State::free || closed_; });
  if (closed_) return std::unexpected(*closed_);
  next_ = std::move(next);
  state_ = State::waiting;
  waiting_.store(true, std::memory_order_release);  // pairs with is_waiting()'s acquire
  sequencer.ring();
  changed_.wait(lock, [this] { return state_ == State::done; });
  state_ = State::free;
  changed_.notify_all();
  return outcome_;
}

Position RuleLane::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

RuleSwitch RuleLane::take() {
  const std::lock_guard lock(mutex_);
  TOCSIN_CHECK(state_ == State::waiting, "what waits is taken once");
  state_ = State::taken;
  waiting_.store(false, std::memory_order_release);
  return std::move(next_);
}

void RuleLane::refuse_taken(Error why) {
  const std::lock_guard lock(mutex_);
  TOCSIN_CHECK(state_ == State::taken, "what was taken has one outcome");
  finish(std::unexpected(std::move(why)));
}

void RuleLane::close(Error why) {
  const std::lock_guard lock(mutex_);
  if (!closed_) closed_ = std::move(why);
  waiting_.store(false, std::memory_order_release);
  if (state_ == State::waiting) finish(std::unexpected(*closed_));
  changed_.notify_all();
}

void RuleLane::applied(Position position) {
  const std::lock_guard lock(mutex_);
  position_ = position;
  if (state_ == State::taken) finish(position);  // else of a replay
}

void RuleLane::finish(Result<Position> outcome) {
  outcome_ = std::move(outcome);
  state_ = State::done;
  changed_.notify_all();
}

}  // namespace tocsin
