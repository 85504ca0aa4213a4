#pragma once

#include "engine/core/correlation/step_times.h"
#include "rules/set/temporal_rule.h"

namespace tocsin {

/// kind: all. So many different steps of the rule in any order within a time, each by an event of its own.
class AllStepsKind final : public TemporalKind {
 public:
  explicit AllStepsKind(const rules::TemporalRule& rule);

  Pattern see(const Sighting& seen, KeyBound& bound) override;
  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;
  std::size_t key_count() const override { return keys_.count(); }
  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const override;
  void read(CanonicalReader& in, const ConditionNumbers& numbers) override;
  void check() const override;

 private:
  /// How many steps have an event of their own from `first` on, for one `within`; `last`: the newest of these.
  std::size_t steps_from(const StepTimes& times, Instant first, Instant& last) const;
  Pattern around(const StepTimes& times, const Sighting& seen) const;

  const std::size_t steps_;
  const std::size_t needed_;
  const Duration within_;
  const bool remembers_members_;
  KeyTable<StepTimes> keys_;
};

}  // namespace tocsin
