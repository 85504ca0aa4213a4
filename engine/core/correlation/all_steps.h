#pragma once

#include "engine/core/correlation/steps_kind.h"

namespace tocsin {

/// kind: all. So many different steps of the rule in any order within a time, each by an event of its own.
class AllStepsKind final : public StepsKind {
 public:
  explicit AllStepsKind(const rules::TemporalRule& rule);

  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;

 private:
  /// How many steps have an event of their own from `first` on, for one `within`; `last`: the newest of these.
  std::size_t steps_from(const StepTimes& times, Instant first, Instant& last) const;
  Pattern around(const StepTimes& times, const Sighting& seen) const override;
};

}  // namespace tocsin
