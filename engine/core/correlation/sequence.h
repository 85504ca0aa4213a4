#pragma once

#include <vector>

#include "engine/core/correlation/steps_kind.h"

namespace tocsin {

/// kind: sequence. All steps in the order of the rule, from the first to the last within a time. Steps at one instant
/// are in order. A step that comes late completes what is there: its event time counts.
///
/// With the new event in its place, each step before it is the latest that is not after the next one, each step behind
/// it the earliest that is not before the one in front: no other choice makes a shorter sequence with this event.
class SequenceKind final : public StepsKind {
 public:
  explicit SequenceKind(const rules::TemporalRule& rule);

  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;

 private:
  using Chosen = std::vector<const StepTime*>;  // by step

  Pattern around(const StepTimes& times, const Sighting& seen) const override;
  /// The sequence with this event as this step; `chosen`: its events, as far as it comes.
  Pattern choose(const StepTimes& times, std::size_t step, const StepTime& event, Chosen& chosen) const;
};

}  // namespace tocsin
