// The plan that goes with an incident: which it is, what people do along it, and when stakeholders are to hear of it
// again. A rule chooses it, commands change what it says, and nothing takes away what somebody did.
#include <algorithm>

#include "engine/core/commands/command_words.h"
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

PlanProgress& ShardState::progress_of(IncidentState& incident) {
  if (incident.progress == nullptr) incident.progress = std::make_unique<PlanProgress>();
  return *incident.progress;
}

/// At each revision. Null: none is chosen now, and it goes on with the one that it has.
void ShardState::follow_plan(IncidentState& incident, const rules::PlanPtr& chosen) {
  if (chosen == nullptr || incident.chosen == chosen) return;
  incident.chosen = chosen;
  incident.plan = follow(incident.plan, chosen, incident.progress.get());
}

/// The next word for stakeholders is due so long after the last one, or after the plan began to ask for it; not while
/// nothing fires.
void ShardState::look_at_update(std::uint32_t slot) {
  IncidentState& incident = incidents_[slot];
  const Duration every = plan_of(incident).update_every;
  if (!is_live(incident) || every == Duration{0}) {
    if (incident.progress != nullptr && incident.progress->update_due != kNever) incidents_.watch_update(slot, kNever);
    return;
  }
  PlanProgress& progress = progress_of(incident);
  if (progress.update_due == kNever) progress.update_from = now_;
  const Instant due = progress.update_from + every;
  if (progress.update_due == due || (progress.update_overdue && due <= now_)) return;
  incidents_.watch_update(slot, std::max(due, now_));
}

/// Somebody has said something.
void ShardState::count_as_update(std::uint32_t slot, std::string_view by) {
  IncidentState& incident = incidents_[slot];
  if (incident.progress == nullptr || incident.progress->update_due == kNever) return;
  incident.progress->update_from = now_;
  incident.progress->updated_by = by;
  incidents_.watch_update(slot, now_ + plan_of(incident).update_every);
}

void ShardState::meet_update(std::uint32_t slot) {
  TOCSIN_CHECK(is_update_overdue(incidents_[slot]), "what was due is overdue");
  if (trace_ != nullptr) trace_->update_overdue(incidents_[slot]);
  touch(slot, IncidentChange::updated);
}

CommandOutcome ShardState::do_step(std::uint32_t slot, const Command& command) {
  IncidentState& incident = incidents_[slot];
  if (incident.plan == nullptr || incident.plan->steps.empty()) return CommandOutcome::not_possible;
  const auto& steps = incident.plan->steps;
  const std::size_t number = command.number ? (*command.number < 1 ? 0 : static_cast<std::size_t>(*command.number))
                                            : step_named(*incident.plan, command.to);
  if (number < 1 || number > steps.size()) return CommandOutcome::bad_value;
  const std::string& step = steps[number - 1];
  const bool does = command.on.value_or(true);
  PlanProgress& progress = progress_of(incident);
  if ((progress.find_done(step) != nullptr) == does) return CommandOutcome::unchanged;
  if (does && progress.done.size() >= limits::kStepsDoneMax) return CommandOutcome::not_possible;
  touch(slot, IncidentChange::updated);
  teller_.say(slot, "step " + std::to_string(number) + (does ? " done" : " not done") + by_and_why(command));
  if (does) {
    progress.done.push_back({step, now_, command.by, command.text});
  } else {
    std::erase_if(progress.done, [&](const PlanProgress::Done& one) { return one.step == step; });
  }
  return CommandOutcome::applied;
}

CommandOutcome ShardState::give_roles(std::uint32_t slot, const Command& command) {
  IncidentState& incident = incidents_[slot];
  std::size_t added = 0;
  bool is_new = false;
  for (const auto& [role, who] : command.roles) {
    if (role.empty() || role.size() > limits::kRoleBytesMax) return CommandOutcome::bad_value;
    const auto* known = incident.progress != nullptr ? incident.progress->find_role(role) : nullptr;
    if (who.empty() ? known != nullptr : known == nullptr || known->who != who) is_new = true;
    if (known == nullptr && !who.empty()) ++added;
  }
  if (!is_new) return CommandOutcome::unchanged;
  PlanProgress& progress = progress_of(incident);
  if (progress.roles.size() + added > limits::kIncidentRolesMax) return CommandOutcome::bad_value;
  std::string what;
  for (const auto& [role, who] : command.roles) {
    if (!progress.give(role, who, command.by)) continue;
    const std::string_view now = who_is(role, incident.plan.get(), &progress);
    what += what.empty() ? "" : ", ";
    ((what += role) += " is ") += now.empty() ? "nobody" : now;
  }
  touch(slot, IncidentChange::updated);
  teller_.say(slot, what + by_and_why(command));
  return CommandOutcome::applied;
}

/// Of what is over nobody is told any more: the score is in the audit log and in what queries say.
CommandOutcome ShardState::score(std::uint32_t slot, const Command& command) {
  IncidentState& incident = incidents_[slot];
  if (is_live(incident)) return CommandOutcome::not_resolved;
  if (*command.number < 1 || *command.number > limits::kScoreMax) return CommandOutcome::bad_value;
  std::optional<Handling::Score>& score = incident.handling.score;
  if (score && score->points == *command.number && score->comment == command.text) return CommandOutcome::unchanged;
  score = Handling::Score{*command.number, now_, command.by, command.text};
  if (is_over(incident)) return CommandOutcome::applied;
  touch(slot, IncidentChange::updated);
  teller_.say(slot, "scored " + std::to_string(*command.number) + " of " + std::to_string(limits::kScoreMax) +
                        by_and_why(command));
  return CommandOutcome::applied;
}

}  // namespace tocsin
