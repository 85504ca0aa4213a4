#pragma once

#include "engine/core/correlation/keyed_kind.h"
#include "engine/core/correlation/step_times.h"

namespace tocsin {

/// What the kinds with steps share: a key has the times of its steps, and a pattern is looked for around each new one.
class StepsKind : public KeyedKind<StepTimes> {
 public:
  Pattern see(const Sighting& seen, KeyBound& bound) final;

 protected:
  /// `needed`: so many of its steps make a pattern.
  StepsKind(const rules::TemporalRule& rule, std::size_t needed);

  /// The newest pattern with the event of that sighting in it, or how near it came. Requires: it is among `times`.
  virtual Pattern around(const StepTimes& times, const Sighting& seen) const = 0;

  const std::size_t steps_;
  const std::size_t needed_;

 private:
  bool fits(const StepTimes& times) const final { return times.step_count() == steps_; }
};

}  // namespace tocsin
