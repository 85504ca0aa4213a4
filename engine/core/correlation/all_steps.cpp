#include "engine/core/correlation/all_steps.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

AllStepsKind::AllStepsKind(const rules::TemporalRule& rule)
    : steps_(rule.steps.size()),
      needed_(rule.count),
      within_(rule.within),
      remembers_members_(rule.annotate.has_value()) {
  TOCSIN_CHECK(needed_ > 0 && needed_ <= steps_ && within_ > Duration{0}, "so many steps as there are, at most");
}

Pattern AllStepsKind::see(const Sighting& seen, KeyBound& bound) {
  Pattern pattern;
  pattern.needed = needed_;
  const Instant horizon = forgotten_before(seen.now, within_);
  StepTimes* const times =
      keys_.enter(seen.key, bound, [&](const StepTimes& of) { return of.newest() < horizon; }, [](const StepTimes&) {});
  if (times == nullptr) return pattern;
  times->drop_before(horizon);
  if (!times->add(steps_, seen, remembers_members_)) return pattern;
  pattern = around(*times, seen);
  if (pattern.holds) pattern.held_until = std::max(pattern.first_at + within_, seen.now);
  return pattern;
}

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
  if (const StepTimes* const times = keys_.find(key)) times->parts(pattern, parts);
}

void AllStepsKind::write(CanonicalWriter& out, const ConditionNumbers& numbers) const {
  keys_.write(out, [&](const StepTimes& times) { times.write(out, numbers); });
}

void AllStepsKind::read(CanonicalReader& in, const ConditionNumbers& numbers) {
  keys_.read(in, [&](StepTimes& times) { times.read(in, numbers, steps_); });
}

void AllStepsKind::check() const {
  keys_.check();
  keys_.for_each([](Hash128, const StepTimes& times) { times.check(); });
}

}  // namespace tocsin
