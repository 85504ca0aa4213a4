#include "engine/runtime/time/trusted_clock.h"

#include <algorithm>
#include <utility>

#include "engine/model/check.h"

namespace tocsin {
namespace {

Duration magnitude(Duration span) { return span < Duration::zero() ? -span : span; }

}  // namespace

TrustedClock::Outcome TrustedClock::look(const ClockReading& reading) {
  const Duration passed = std::max(reading.steady - steady_, Duration::zero());
  steady_ = reading.steady;
  const Instant expected = wall_ + passed;
  const Duration difference = reading.wall - expected;
  if (doubt_) {
    wall_ = expected;
    if (magnitude(difference) > kStepMin) return doubt_more(difference);
    doubt_.reset();
    wall_ = reading.wall;
    strain_ = difference;
    return Outcome::doubt_ends;
  }
  const Duration forgiven = std::min(passed / kForgivenShare, kForgivenAtOnceMax);
  const Duration before = strain_ > Duration::zero() ? std::max(strain_ - forgiven, Duration::zero())
                                                     : std::min(strain_ + forgiven, Duration::zero());
  strain_ = before + difference;
  if (magnitude(strain_) <= kStepMin) {
    wall_ = reading.wall;
    return Outcome::as_before;
  }
  // What was followed up to here without being forgiven belongs to what is doubted now: a clock that stopped was
  // followed for its first seconds.
  wall_ = expected - before;
  const Duration whole = std::exchange(strain_, Duration::zero());
  doubt_ = Doubt{.difference = whole, .first_difference = whole, .since = steady_};
  return Outcome::doubt_begins;
}

TrustedClock::Outcome TrustedClock::doubt_more(Duration difference) {
  doubt_->difference = difference;
  const Duration age = steady_ - doubt_->since;
  if (magnitude(difference - doubt_->first_difference) > kSameDifference + age / kDriftShare) {
    doubt_->first_difference = difference;
    doubt_->since = steady_;
    ++doubt_->differences;
    doubt_->is_confirmed = false;
    return Outcome::doubt_changes;
  }
  if (doubt_->is_confirmed || age < kSecondLook) return Outcome::as_before;
  doubt_->is_confirmed = true;
  return Outcome::confirmed;
}

Duration TrustedClock::take_step() {
  TOCSIN_CHECK(doubt_ && doubt_->is_confirmed, "only what a second look confirmed is believed");
  const Duration step = doubt_->difference;
  wall_ += step;
  doubt_.reset();
  return step;
}

}  // namespace tocsin
