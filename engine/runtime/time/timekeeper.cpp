#include "engine/runtime/time/timekeeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/model/time_text.h"

namespace tocsin {
namespace {

/// `1h ahead`
std::string amount(Duration difference) {
  const bool ahead = difference > Duration::zero();
  const Duration size = std::chrono::round<std::chrono::seconds>(ahead ? difference : -difference);
  return to_text(size) + (ahead ? " ahead" : " back");
}

}  // namespace

Timekeeper::Timekeeper(Clock& clock, Moment last)
    : clock_(clock), seen_(clock.read()), trusted_(seen_), last_(last.at), at_(std::max(last.at, seen_.wall)) {
  trusted_flag_.set(1);
  const Duration offset = at_ - trusted_.wall();
  offset_ns_.store(offset.count(), std::memory_order_relaxed);
  if (offset <= TrustedClock::kStepMin) return;
  const Instant day = last.wall == kUnset ? last.at : last.wall;
  behind_ = "at the start, " + to_rfc3339(seen_.wall);
  if (day - seen_.wall > TrustedClock::kStepMin) {
    behind_ += ", the clock was behind the journal, whose newest entry is of " + to_rfc3339(day);
  } else {
    behind_ += ", the clock had not caught up yet";
  }
  behind_ += ": the engine's time goes on a tenth slower until it has";
  publish();
}

Moment Timekeeper::next() {
  last_ = look();
  return {last_, trusted_.wall()};
}

Instant Timekeeper::look() {
  const ClockReading reading = clock_.read();
  count_jump(reading);
  const Duration before = trusted_.steady();
  const TrustedClock::Outcome outcome = trusted_.look(reading);
  at_ = std::max(at_ + Moment::slowed(std::max(trusted_.steady() - before, Duration::zero())), trusted_.wall());
  offset_ns_.store((at_ - trusted_.wall()).count(), std::memory_order_relaxed);
  note_outcome(outcome);
  let_go_of_notes();
  return at_;
}

std::optional<InputKind> Timekeeper::take_step() {
  if (!trusted_.doubt() || !trusted_.doubt()->is_confirmed) return std::nullopt;
  look();  // what is believed is what the clock says now, if that is still the same
  if (!trusted_.doubt() || !trusted_.doubt()->is_confirmed) return std::nullopt;
  const Instant before = at_;
  const Instant day = trusted_.wall();
  const Duration step = trusted_.take_step();
  at_ = std::max(at_, trusted_.wall());
  offset_ns_.store((at_ - trusted_.wall()).count(), std::memory_order_relaxed);
  step_ns_.store(step.count(), std::memory_order_relaxed);
  confirmed_.add(1);
  trusted_flag_.set(1);
  doubted_.clear();
  if (step > Duration::zero()) {
    note("the clock was set " + amount(step) + " at " + to_rfc3339(day) +
         ": what this skips does not count as silence");
  } else {
    behind_ = "the clock was set " + amount(step) + " at " + to_rfc3339(day) +
              ": the engine's time, which never goes back, goes on a tenth slower until the clock has caught up";
  }
  let_go_of_notes();
  publish();
  return at_ - before > TrustedClock::kStepMin ? InputKind::clock_set : InputKind::time_passed;
}

Duration Timekeeper::wake_at(Instant deadline) const {
  const Duration now = trusted_.steady();
  Duration wake = now + kLookSpan;
  if (const auto& doubt = trusted_.doubt())
    wake = doubt->is_confirmed ? now : std::min(wake, doubt->since + TrustedClock::kSecondLook);
  const Duration left = deadline == kNever ? kLookSpan : std::max(deadline - at_, Duration::zero());
  if (left >= kLookSpan) return wake;  // at_ is never faster than the steady clock
  // Where the day is behind: at nine tenths, or at the day's own pace from where it has caught up.
  const Duration slow = left + left / (Moment::kCatchUpShare - 1) + Duration{1};
  return std::min(wake, now + std::min(slow, deadline - trusted_.wall()));
}

std::vector<std::string> Timekeeper::remarks() const {
  const std::lock_guard lock(mutex_);
  return remarks_;
}

void Timekeeper::count_jump(const ClockReading& reading) {
  const Duration jump = (reading.wall - seen_.wall) - (reading.steady - seen_.steady);
  if (jump >= kJumpMin) forward_.add(1);
  if (jump <= -kJumpMin) back_.add(1);
  seen_ = reading;
}

void Timekeeper::note_outcome(TrustedClock::Outcome outcome) {
  const auto& doubt = trusted_.doubt();
  switch (outcome) {
    case TrustedClock::Outcome::as_before:
      return;
    case TrustedClock::Outcome::doubt_begins:
      trusted_flag_.set(0);
      doubted_ = "the clock went " + amount(doubt->difference) + " at " + to_rfc3339(trusted_.wall()) +
                 ": not believed until a second look finds the same";
      break;
    case TrustedClock::Outcome::doubt_changes:
      if (!doubt->wanders() || doubted_.starts_with("the clock stands")) return;
      doubted_ = "the clock stands still or wanders since " + to_rfc3339(trusted_.wall()) +
                 ": the engine's time goes on by the steady clock";
      break;
    case TrustedClock::Outcome::doubt_ends:
      trusted_flag_.set(1);
      rejected_.add(1);
      note("over at " + to_rfc3339(trusted_.wall()) + " and without effect: " + std::exchange(doubted_, ""));
      break;
    case TrustedClock::Outcome::confirmed:
      return;  // take_step() is next
  }
  publish();
}

void Timekeeper::note(std::string text) {
  noted_ = std::move(text);
  noted_at_ = trusted_.steady();
}

void Timekeeper::let_go_of_notes() {
  const bool caught_up = !behind_.empty() && at_ - trusted_.wall() <= TrustedClock::kStepMin;
  const bool old = !noted_.empty() && trusted_.steady() - noted_at_ > kNoteSpan;
  if (!caught_up && !old) return;
  if (caught_up) behind_.clear();
  if (old) noted_.clear();
  publish();
}

void Timekeeper::publish() {
  const std::lock_guard lock(mutex_);
  remarks_.clear();
  for (const std::string* text : {&doubted_, &behind_, &noted_})
    if (!text->empty()) remarks_.push_back(*text);
}

}  // namespace tocsin
