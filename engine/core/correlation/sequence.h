#pragma once

#include "engine/core/correlation/step_times.h"
#include "rules/set/temporal_rule.h"

namespace tocsin {

/// kind: sequence. All steps in the order of the rule, from the first to the last within a time. Steps at one instant
/// are in order. A step that comes late completes what is there: its event time counts.
///
/// With the new event in its place, each step before it is the latest that is not after the next one, each step behind
/// it the earliest that is not before the one in front: no other choice makes a shorter sequence with this event.
class SequenceKind final : public TemporalKind {
 public:
  explicit SequenceKind(const rules::TemporalRule& rule);

  Pattern see(const Sighting& seen, KeyBound& bound) override;
  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;
  std::size_t key_count() const override { return keys_.count(); }
  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const override;
  void read(CanonicalReader& in, const ConditionNumbers& numbers) override;
  void check() const override;

 private:
  Pattern around(const StepTimes& times, const Sighting& seen) const;

  const std::size_t steps_;
  const Duration within_;
  const bool remembers_members_;
  KeyTable<StepTimes> keys_;
};

}  // namespace tocsin
