#include "engine/core/correlation/sequence.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {
namespace {

/// What the steps chosen so far are.
struct Chosen {
  std::vector<std::pair<Instant, std::uint64_t>> events;

  bool has(const StepTime& time) const {
    return std::ranges::find(events, std::pair{time.at, time.alert}) != events.end();
  }
  void take(const StepTime& time) { events.emplace_back(time.at, time.alert); }
};

}  // namespace

SequenceKind::SequenceKind(const rules::TemporalRule& rule)
    : steps_(rule.steps.size()), within_(rule.within), remembers_members_(rule.annotate.has_value()) {
  TOCSIN_CHECK(steps_ >= 2 && within_ > Duration{0}, "a sequence has two steps at least");
}

Pattern SequenceKind::see(const Sighting& seen, KeyBound& bound) {
  Pattern pattern;
  pattern.needed = steps_;
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

Pattern SequenceKind::around(const StepTimes& times, const Sighting& seen) const {
  Pattern pattern;
  pattern.needed = steps_;
  pattern.count = 1;
  pattern.first_at = pattern.last_at = seen.at;
  Chosen chosen;
  chosen.events.emplace_back(seen.at, seen.alert);
  bool is_whole = true;
  for (std::size_t step = seen.step; step > 0 && is_whole; --step) {
    const std::vector<StepTime>& before = times.of(step - 1);
    const auto found = std::ranges::find_if(before.rbegin(), before.rend(), [&](const StepTime& time) {
      return time.at <= pattern.first_at && !chosen.has(time);
    });
    is_whole = found != before.rend();
    if (!is_whole) break;
    chosen.take(*found);
    pattern.first_at = found->at;
    ++pattern.count;
  }
  for (std::size_t step = seen.step + 1; step < steps_ && is_whole; ++step) {
    const std::vector<StepTime>& after = times.of(step);
    const auto found = std::ranges::find_if(
        after, [&](const StepTime& time) { return time.at >= pattern.last_at && !chosen.has(time); });
    is_whole = found != after.end();
    if (!is_whole) break;
    chosen.take(*found);
    pattern.last_at = found->at;
    ++pattern.count;
  }
  pattern.holds = is_whole && pattern.last_at - pattern.first_at <= within_;
  return pattern;
}

void SequenceKind::parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const {
  if (const StepTimes* const times = keys_.find(key)) times->parts(pattern, parts);
}

void SequenceKind::write(CanonicalWriter& out, const ConditionNumbers& numbers) const {
  keys_.write(out, [&](const StepTimes& times) { times.write(out, numbers); });
}

void SequenceKind::read(CanonicalReader& in, const ConditionNumbers& numbers) {
  keys_.read(in, [&](StepTimes& times) { times.read(in, numbers, steps_); });
}

void SequenceKind::check() const {
  keys_.check();
  keys_.for_each([](Hash128, const StepTimes& times) { times.check(); });
}

}  // namespace tocsin
