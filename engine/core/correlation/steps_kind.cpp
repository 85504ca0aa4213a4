#include "engine/core/correlation/steps_kind.h"

#include "engine/model/check.h"

namespace tocsin {

StepsKind::StepsKind(const rules::TemporalRule& rule, std::size_t needed)
    : KeyedKind(rule), steps_(rule.steps.size()), needed_(needed) {
  TOCSIN_CHECK(needed_ > 0 && needed_ <= steps_, "a pattern has so many steps as there are, at most");
}

Pattern StepsKind::see(const Sighting& seen, KeyBound& bound) {
  Pattern pattern;
  pattern.needed = needed_;
  StepTimes* const times = enter(seen, bound);
  if (times == nullptr || !times->add(steps_, seen, remembers_members_)) return pattern;
  pattern = around(*times, seen);
  if (pattern.holds) pattern.held_until = held_until(pattern, seen.now);
  return pattern;
}

}  // namespace tocsin
