#include "engine/core/correlation/all_steps.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

AllStepsKind::AllStepsKind(const rules::TemporalRule& rule) : StepsKind(rule, rule.count) {}

std::size_t AllStepsKind::steps_from(const StepTimes& times, Instant first, Instant& last) const {
  // Each step takes the first event of its own in the window that no other has; where all are taken, one of those who
  // have them is asked to take another: Kuhn's matching, on a few steps of at most eight events each.
  using Event = std::pair<Instant, std::uint64_t>;
  std::vector<std::vector<Event>> events(steps_);
  std::vector<std::pair<Event, std::size_t>> owners;  // event, step
  last = first;
  for (std::size_t step = 0; step < steps_; ++step) {
    for (const StepTime& time : times.of(step)) {
      if (time.at < first || time.at - first > within_) continue;
      events[step].emplace_back(time.at, time.alert);
      last = std::max(last, time.at);
    }
  }
  std::vector<Event> asked;
  const auto give = [&](auto&& self, std::size_t step) -> bool {
    for (const Event& event : events[step]) {
      if (std::ranges::find(asked, event) != asked.end()) continue;
      asked.push_back(event);
      const auto owner = std::ranges::find(owners, event, &std::pair<Event, std::size_t>::first);
      if (owner == owners.end()) {
        owners.emplace_back(event, step);
        return true;
      }
      if (self(self, owner->second)) {
        // It may have moved.
        std::ranges::find(owners, event, &std::pair<Event, std::size_t>::first)->second = step;
        return true;
      }
    }
    return false;
  };
  std::size_t count = 0;
  for (std::size_t step = 0; step < steps_; ++step) {
    asked.clear();
    if (give(give, step)) ++count;
  }
  return count;
}

Pattern AllStepsKind::around(const StepTimes& times, const Sighting& seen) const {
  std::vector<Instant> starts;
  for (std::size_t step = 0; step < steps_; ++step) {
    for (const StepTime& time : times.of(step)) {
      if (time.at <= seen.at && seen.at - time.at <= within_) starts.push_back(time.at);
    }
  }
  std::ranges::sort(starts, std::greater{});
  starts.erase(std::ranges::unique(starts).begin(), starts.end());
  Pattern pattern;
  pattern.needed = needed_;
  for (const Instant first : starts) {
    Instant last{};
    const std::size_t count = steps_from(times, first, last);
    if (count > pattern.count) {
      pattern.count = count;
      pattern.first_at = first;
      pattern.last_at = last;
    }
    if (count < needed_) continue;
    pattern.holds = true;
    break;
  }
  return pattern;
}

void AllStepsKind::parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const {
  if (const StepTimes* const times = find(key)) times->parts(pattern, parts);
}

}  // namespace tocsin
