#include "engine/core/correlation/step_times.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {
namespace {

bool comes_before(const StepTime& a, const StepTime& b) { return a.at != b.at ? a.at < b.at : a.alert < b.alert; }

/// A copy that owns its bytes.
std::unique_ptr<AlertTexts> copy_of(const AlertTexts& texts) {
  std::vector<Label> labels;
  std::vector<Label> annotations;
  texts.list(labels, annotations);
  rules::Facts facts;
  facts.labels = labels;
  for (const FieldInfo& info : fields()) facts[info.field] = texts[info.field];
  return std::make_unique<AlertTexts>(facts);
}

}  // namespace

bool StepTimes::add(std::size_t steps, const Sighting& seen, bool remembers_who) {
  TOCSIN_CHECK(seen.step < steps, "a step is one of the rule's");
  newest_ = std::max(newest_, seen.at);
  if (steps_.empty()) steps_.resize(steps);
  std::vector<StepTime>& times = steps_[seen.step];
  StepTime time;
  time.at = seen.at;
  time.alert = seen.alert;
  if (remembers_who) time.who = seen.who;
  if (seen.texts != nullptr) time.texts = copy_of(*seen.texts);
  const auto after = std::ranges::lower_bound(times, time, comes_before);
  if (after != times.end() && after->at == time.at && after->alert == time.alert) return false;
  if (times.size() >= kInstantsMax && after == times.begin()) return false;
  times.insert(after, std::move(time));
  if (times.size() > kInstantsMax) times.erase(times.begin());
  return true;
}

void StepTimes::drop_before(Instant at) {
  for (std::vector<StepTime>& times : steps_) std::erase_if(times, [&](const StepTime& one) { return one.at < at; });
}

const StepTime* StepTimes::find(std::size_t step, Instant at, std::uint64_t alert) const {
  const std::vector<StepTime>& times = steps_[step];
  const auto found =
      std::ranges::find_if(times, [&](const StepTime& one) { return one.at == at && one.alert == alert; });
  return found == times.end() ? nullptr : &*found;
}

void StepTimes::parts(const Pattern& pattern, WindowParts& parts) const {
  for (std::uint32_t step = 0; step < steps_.size(); ++step) {
    const StepTime* newest = nullptr;
    for (const StepTime& time : steps_[step]) {
      if (time.at < pattern.first_at || time.at > pattern.last_at) continue;
      newest = &time;
      if (time.who.slot != kNoSlot) parts.members.push_back(time.who);
    }
    if (newest == nullptr) continue;
    parts.change_of.emplace_back(step, newest->who);
    if (newest->texts != nullptr) parts.steps.emplace_back(step, newest->texts.get());
  }
}

void StepTimes::write(CanonicalWriter& out, const ConditionNumbers& numbers) const {
  out.instant(newest_);
  out.u32(static_cast<std::uint32_t>(steps_.size()));
  for (const std::vector<StepTime>& times : steps_) {
    out.u32(static_cast<std::uint32_t>(times.size()));
    for (const StepTime& time : times) {
      out.instant(time.at);
      out.u64(time.alert);
      out.u64(time.who.slot == kNoSlot ? 0 : numbers.number_of(time.who));
      out.flag(time.texts != nullptr);
      if (time.texts != nullptr) write_texts(out, *time.texts);
    }
  }
}

void StepTimes::read(CanonicalReader& in, const ConditionNumbers& numbers) {
  newest_ = in.instant();
  steps_.resize(in.count(4));
  for (std::vector<StepTime>& times : steps_) {
    const std::uint32_t count = in.count(25);
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
      StepTime& time = times.emplace_back();
      time.at = in.instant();
      time.alert = in.u64();
      const std::uint64_t number = in.u64();
      if (number != 0) time.who = numbers.ref_of(number);
      if (in.flag()) time.texts = std::make_unique<AlertTexts>(read_texts(in));
    }
  }
}

void StepTimes::check() const {
  TOCSIN_CHECK(!steps_.empty(), "a key has steps");
  for (const std::vector<StepTime>& times : steps_) {
    TOCSIN_CHECK(times.size() <= kInstantsMax, "a step has no more instants than it may");
    for (std::size_t i = 1; i < times.size(); ++i) {
      TOCSIN_CHECK(comes_before(times[i - 1], times[i]), "each event of a step is there once, in order");
    }
  }
}

}  // namespace tocsin
