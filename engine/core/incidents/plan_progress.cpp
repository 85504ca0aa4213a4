#include "engine/core/incidents/plan_progress.h"

#include <algorithm>

#include "engine/model/check.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

using Role = std::pair<std::string, std::string>;

bool has_step(const std::vector<std::string>& steps, std::string_view text) {
  return std::ranges::find(steps, text) != steps.end();
}

bool says_the_same(const rules::Plan& a, const rules::Plan& b) {
  return a.id == b.id && a.roles == b.roles && a.steps == b.steps && a.channel == b.channel && a.runbook == b.runbook &&
         a.standby_group == b.standby_group && a.update_every == b.update_every;
}

}  // namespace

const PlanProgress::Done* PlanProgress::find_done(std::string_view step) const {
  const auto found = std::ranges::find(done, step, &Done::step);
  return found == done.end() ? nullptr : &*found;
}

const PlanProgress::Given* PlanProgress::find_role(std::string_view role) const {
  const auto found = std::ranges::find(roles, role, &Given::role);
  return found == roles.end() ? nullptr : &*found;
}

bool PlanProgress::give(std::string_view role, std::string_view who, std::string_view by) {
  const auto at = std::ranges::lower_bound(roles, role, {}, &Given::role);
  const bool is_known = at != roles.end() && at->role == role;
  if (who.empty()) {
    if (is_known) roles.erase(at);
    return is_known;
  }
  if (is_known && at->who == who) return false;
  if (is_known) {
    at->who = who;
    at->by = by;
  } else {
    roles.insert(at, {std::string{role}, std::string{who}, std::string{by}});
  }
  return true;
}

void PlanProgress::write(CanonicalWriter& out) const {
  out.part("progress 1");
  out.u32(static_cast<std::uint32_t>(done.size()));
  for (const Done& one : done) {
    out.instant(one.at);
    for (const std::string* text : {&one.step, &one.by, &one.comment}) out.text(*text);
  }
  out.u32(static_cast<std::uint32_t>(roles.size()));
  for (const Given& one : roles) {
    for (const std::string* text : {&one.role, &one.who, &one.by}) out.text(*text);
  }
  out.instant(update_from);
  out.text(updated_by);
  out.instant(update_due);
  out.flag(update_overdue);
}

void PlanProgress::read(CanonicalReader& in) {
  in.part("progress 1");
  const std::uint32_t steps = in.count(20);
  for (std::uint32_t i = 0; i < steps && !in.failed(); ++i) {
    Done& one = done.emplace_back();
    one.at = in.instant();
    for (std::string* text : {&one.step, &one.by, &one.comment}) *text = in.text();
  }
  const std::uint32_t given = in.count(12);
  for (std::uint32_t i = 0; i < given && !in.failed(); ++i) {
    Given& one = roles.emplace_back();
    for (std::string* text : {&one.role, &one.who, &one.by}) *text = in.text();
    if (i > 0 && roles[i - 1].role >= one.role) in.fail();
  }
  update_from = in.instant();
  updated_by = in.text();
  update_due = in.instant();
  update_overdue = in.flag();
}

void PlanProgress::check() const {
  TOCSIN_CHECK(roles.size() <= limits::kIncidentRolesMax, "roles are bounded");
  TOCSIN_CHECK(done.size() <= limits::kStepsDoneMax, "steps that are done are bounded");
  TOCSIN_CHECK(std::ranges::adjacent_find(roles, std::ranges::greater_equal{}, &Given::role) == roles.end(),
               "a role is given once");
  for (const Done& one : done) TOCSIN_CHECK(find_done(one.step) == &one, "a step is done once");
  TOCSIN_CHECK(!update_overdue || update_due != kNever, "what is overdue was due");
  TOCSIN_CHECK(update_due == kNever || update_from != kUnset, "an update is due so long after something");
}

rules::PlanPtr follow(const rules::PlanPtr& before, const rules::PlanPtr& next, const PlanProgress* progress) {
  if (next == nullptr || before == next) return before;
  if (before == nullptr || says_the_same(*before, *next)) return next;
  auto merged = std::make_shared<rules::Plan>();
  merged->id = next->id;
  merged->roles = next->roles;
  for (const Role& role : before->roles) {
    if (merged->roles.size() < limits::kIncidentRolesMax &&
        std::ranges::find(merged->roles, role.first, &Role::first) == merged->roles.end())
      merged->roles.push_back(role);
  }
  for (const std::string& step : before->steps) {
    const bool stays = before->id == next->id || (progress != nullptr && progress->find_done(step) != nullptr);
    if (stays && merged->steps.size() < limits::kStepsDoneMax) merged->steps.push_back(step);
  }
  for (const std::string& step : next->steps) {
    if (!has_step(merged->steps, step)) merged->steps.push_back(step);
  }
  const auto newest = [](const std::string& now, const std::string& was) { return now.empty() ? was : now; };
  merged->channel = newest(next->channel, before->channel);
  merged->runbook = newest(next->runbook, before->runbook);
  merged->standby_group = newest(next->standby_group, before->standby_group);
  merged->update_every = next->update_every == Duration{0} ? before->update_every : next->update_every;
  if (says_the_same(*merged, *before)) return before;
  return says_the_same(*merged, *next) ? next : rules::PlanPtr(std::move(merged));
}

std::string_view who_is(std::string_view role, const rules::Plan* plan, const PlanProgress* progress) {
  if (const auto* given = progress != nullptr ? progress->find_role(role) : nullptr) return given->who;
  if (plan == nullptr) return {};
  const auto found =
      std::ranges::find(plan->roles, role, [](const Role& one) -> std::string_view { return one.first; });
  return found == plan->roles.end() ? std::string_view{} : std::string_view{found->second};
}

std::vector<std::pair<std::string_view, std::string_view>> roles_of(const rules::Plan* plan,
                                                                    const PlanProgress* progress) {
  std::vector<std::pair<std::string_view, std::string_view>> roles;
  if (plan != nullptr) {
    for (const auto& [role, who] : plan->roles) roles.emplace_back(role, who_is(role, plan, progress));
  }
  if (progress == nullptr) return roles;
  const std::size_t of_plan = roles.size();
  for (const PlanProgress::Given& given : progress->roles) {
    const auto end = roles.begin() + static_cast<std::ptrdiff_t>(of_plan);
    if (std::find_if(roles.begin(), end, [&](const auto& one) { return one.first == given.role; }) == end)
      roles.emplace_back(given.role, given.who);
  }
  return roles;
}

std::size_t step_named(const rules::Plan& plan, std::string_view text) {
  std::size_t found = 0;
  bool is_one = true;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i] == text) return i + 1;
    if (text.empty() || !plan.steps[i].starts_with(text)) continue;
    is_one = found == 0;
    found = i + 1;
  }
  return is_one ? found : 0;
}

std::size_t steps_done(const rules::Plan& plan, const PlanProgress* progress) {
  if (progress == nullptr) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(plan.steps, [&](const auto& step) { return progress->find_done(step) != nullptr; }));
}

std::string steps_text(const rules::Plan& plan, const PlanProgress* progress) {
  std::string text;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto* done = progress != nullptr ? progress->find_done(plan.steps[i]) : nullptr;
    if (i > 0) text += '\n';
    text += std::to_string(i + 1) + (done != nullptr ? ". [x] " : ". [ ] ") + plan.steps[i];
    if (done == nullptr) continue;
    text += " (";
    if (!done->by.empty()) text += done->by + ", ";
    text += to_rfc3339(done->at);
    if (!done->comment.empty()) text += ": " + done->comment;
    text += ')';
  }
  return text;
}

}  // namespace tocsin
