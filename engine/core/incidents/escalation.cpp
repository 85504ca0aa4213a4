#include "engine/core/incidents/escalation.h"

#include <algorithm>
#include <iterator>

#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

void Escalation::take(Step step) {
  TOCSIN_CHECK(steps.empty() || steps.back().at <= step.at, "steps are taken in order");
  if (!step.group.empty()) group = step.group;
  if (!step.plan_step.empty()) plan_step = step.plan_step;
  ++taken;
  steps.push_back(std::move(step));
  if (steps.size() > limits::kEscalationStepsMax) steps.erase(steps.begin());
}

bool Escalation::has_done(std::string_view rule, Instant of) const {
  return std::ranges::any_of(done, [&](const Done& one) { return one.rule == rule && one.of == of; });
}

void Escalation::mark_done(std::string_view rule, Instant of) {
  std::erase_if(done, [&](const Done& one) { return one.rule == rule; });
  done.push_back({std::string{rule}, of});
  // The oldest goes: a rule set has no more rules, so it is of one that is gone.
  if (done.size() > limits::kRaiseRulesMax) done.erase(done.begin());
}

void Escalation::take_in(const Escalation& other, Instant waits_since_now) {
  const auto moved = [&](Instant of, Instant own) { return own != kUnset && of == own ? waits_since_now : of; };
  for (Done& one : done) one.of = moved(one.of, waits_since);
  for (const Done& one : other.done) {
    const Instant of = moved(one.of, other.waits_since);
    const auto known = std::ranges::find(done, one.rule, &Done::rule);
    if (known == done.end() || known->of < of) mark_done(one.rule, of);
  }
  std::vector<Step> both;
  std::ranges::merge(steps, other.steps, std::back_inserter(both), {}, &Step::at, &Step::at);
  while (both.size() > limits::kEscalationStepsMax) both.erase(both.begin());
  steps = std::move(both);
  taken += other.taken;
  for (const Step& step : steps) {
    if (!step.group.empty()) group = step.group;
    if (!step.plan_step.empty()) plan_step = step.plan_step;
  }
  if (group.empty()) group = other.group;
  if (plan_step.empty()) plan_step = other.plan_step;
  waits_since = waits_since_now;
}

void Escalation::write(CanonicalWriter& out) const {
  out.instant(waits_since);
  out.text(group);
  out.text(plan_step);
  out.u64(taken);
  out.u32(static_cast<std::uint32_t>(steps.size()));
  for (const Step& step : steps) {
    out.instant(step.at);
    out.text(step.rule);
    out.u8(static_cast<std::uint8_t>(step.to));
    out.text(step.group);
    out.text(step.plan_step);
  }
  out.u32(static_cast<std::uint32_t>(done.size()));
  for (const Done& one : done) {
    out.text(one.rule);
    out.instant(one.of);
  }
  out.instant(next.at);
  out.text(next.rule);
  out.text(next.what);
}

void Escalation::read(CanonicalReader& in) {
  waits_since = in.instant();
  group = in.text();
  plan_step = in.text();
  taken = in.u64();
  const std::uint32_t step_count = in.count(21);
  for (std::uint32_t i = 0; i < step_count && !in.failed(); ++i) {
    Step& step = steps.emplace_back();
    step.at = in.instant();
    step.rule = in.text();
    step.to = static_cast<Priority>(in.u8_below(6));
    step.group = in.text();
    step.plan_step = in.text();
  }
  const std::uint32_t done_count = in.count(12);
  for (std::uint32_t i = 0; i < done_count && !in.failed(); ++i) {
    Done& one = done.emplace_back();
    one.rule = in.text();
    one.of = in.instant();
  }
  next.at = in.instant();
  next.rule = in.text();
  next.what = in.text();
}

void Escalation::check(bool is_open, bool is_live) const {
  TOCSIN_CHECK((waits_since != kUnset) == is_open, "it waits for somebody exactly while it is open");
  TOCSIN_CHECK(steps.size() <= taken && steps.size() <= limits::kEscalationStepsMax, "steps are counted and bounded");
  TOCSIN_CHECK(std::ranges::is_sorted(steps, {}, &Step::at), "steps are in order");
  TOCSIN_CHECK(done.size() <= limits::kRaiseRulesMax, "what rules did is bounded");
  TOCSIN_CHECK(is_live || next.at == kNever, "what does not fire is not escalated");
  TOCSIN_CHECK((next.at == kNever) == next.what.empty(), "what comes next has an instant");
}

}  // namespace tocsin
