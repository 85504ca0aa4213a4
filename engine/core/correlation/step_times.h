#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/conditions/alert_texts.h"
#include "engine/core/correlation/temporal_kind.h"

namespace tocsin {

/// When an alert was a step of a rule. The alert of one number at one instant is one event: it is no two steps of a
/// pattern.
struct StepTime {
  Instant at{};
  std::uint64_t alert = 0;              // number of its condition
  ConditionRef who{};                   // where the rule remembers it
  std::unique_ptr<AlertTexts> texts{};  // where the rule asks for it
  bool is_same_event(const StepTime& other) const { return at == other.at && alert == other.alert; }
};

/// When the steps of a key were seen: for each step its newest instants, most often one, at most eight.
///
/// Invariants: in order of time, then of the number of the alert; each event once a step.
class StepTimes {
 public:
  static constexpr std::size_t kInstantsMax = 8;

  /// False: it is known, or there are eight newer ones.
  bool add(std::size_t steps, const Sighting& seen, bool remembers_who);
  void drop_before(Instant at);
  bool is_over(Instant horizon) const { return newest_ < horizon; }
  /// Null: it is not remembered.
  const StepTime* find(std::size_t step, Instant at, std::uint64_t alert) const;
  const std::vector<StepTime>& of(std::size_t step) const { return steps_[step]; }
  std::size_t step_count() const { return steps_.size(); }
  /// Into the parts of a pattern: of each step the newest within its bounds.
  void parts(const Pattern& pattern, WindowParts& parts) const;

  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const;
  void read(CanonicalReader& in, const ConditionNumbers& numbers);
  void check() const;

 private:
  std::vector<std::vector<StepTime>> steps_;
  Instant newest_ = kUnset;
};

}  // namespace tocsin
