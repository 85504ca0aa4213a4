#include "engine/core/correlation/sequence.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

SequenceKind::SequenceKind(const rules::TemporalRule& rule) : StepsKind(rule, rule.steps.size()) {
  TOCSIN_CHECK(steps_ >= 2, "a sequence has two steps at least");
}

Pattern SequenceKind::around(const StepTimes& times, const Sighting& seen) const {
  const StepTime* const event = times.find(seen.step, seen.at, seen.alert);
  TOCSIN_CHECK(event != nullptr, "what was just seen is remembered");
  Chosen chosen;
  Pattern pattern = choose(times, seen.step, *event, chosen);
  pattern.step = seen.step;
  pattern.alert = seen.alert;
  pattern.at = seen.at;
  return pattern;
}

Pattern SequenceKind::choose(const StepTimes& times, std::size_t step, const StepTime& event, Chosen& chosen) const {
  Pattern pattern;
  pattern.needed = steps_;
  pattern.count = 1;
  pattern.first_at = pattern.last_at = event.at;
  chosen.assign(steps_, nullptr);
  chosen[step] = &event;
  const auto is_free = [&](const StepTime& time) {
    return std::ranges::none_of(chosen,
                                [&](const StepTime* one) { return one != nullptr && one->is_same_event(time); });
  };
  bool is_whole = true;
  for (std::size_t i = step; i > 0 && is_whole; --i) {
    const std::vector<StepTime>& before = times.of(i - 1);
    const auto found = std::ranges::find_if(before.rbegin(), before.rend(), [&](const StepTime& time) {
      return time.at <= pattern.first_at && is_free(time);
    });
    is_whole = found != before.rend();
    if (!is_whole) break;
    chosen[i - 1] = &*found;
    pattern.first_at = found->at;
    ++pattern.count;
  }
  for (std::size_t i = step + 1; i < steps_ && is_whole; ++i) {
    const std::vector<StepTime>& after = times.of(i);
    const auto found =
        std::ranges::find_if(after, [&](const StepTime& time) { return time.at >= pattern.last_at && is_free(time); });
    is_whole = found != after.end();
    if (!is_whole) break;
    chosen[i] = &*found;
    pattern.last_at = found->at;
    ++pattern.count;
  }
  pattern.holds = is_whole && pattern.last_at - pattern.first_at <= within_;
  return pattern;
}

/// The steps are those of the sequence that was found. Marked are also others that make one with the event that it was
/// found with: all errors behind a change that is heard of last.
void SequenceKind::parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const {
  const StepTimes* const times = find(key);
  const StepTime* const event = times == nullptr ? nullptr : times->find(pattern.step, pattern.at, pattern.alert);
  if (event == nullptr) return;
  Chosen found;
  choose(*times, pattern.step, *event, found);
  for (std::uint32_t step = 0; step < steps_; ++step) {
    if (found[step] == nullptr) continue;
    parts.change_of.emplace_back(step, found[step]->who);
    if (found[step]->texts != nullptr) parts.steps.emplace_back(step, found[step]->texts.get());
  }
  if (!remembers_members_) return;
  Chosen others;
  for (std::size_t step = 0; step < steps_; ++step) {
    for (const StepTime& time : times->of(step)) {
      if (choose(*times, step, time, others).holds && others[pattern.step] == event) parts.members.push_back(time.who);
    }
  }
}

}  // namespace tocsin
