#include "engine/core/commands/command_words.h"

#include <utility>

#include "engine/core/telling/incident_record.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kNoteInChangeBytesMax = 200;

std::string steps_of(const IncidentState& incident) {
  const rules::Plan& plan = plan_of(incident);
  if (plan.steps.empty()) return "none";
  const std::size_t done = steps_done(plan, incident.progress.get());
  return std::to_string(done) + " of " + std::to_string(plan.steps.size()) + " done";
}

std::string roles_text(const IncidentState& incident) {
  std::string text;
  for (const auto& [role, who] : roles_of(incident.plan.get(), incident.progress.get())) {
    if (!text.empty()) text += "; ";
    ((text += role) += ' ') += who;
  }
  return text;
}

std::string update_of(const IncidentState& incident) {
  if (incident.progress == nullptr || incident.progress->update_due == kNever) return "none";
  return (incident.progress->update_overdue ? "since " : "by ") + to_rfc3339(incident.progress->update_due);
}

std::string score_of(const IncidentState& incident) {
  const auto& score = incident.handling.score;
  return score ? std::to_string(score->points) : "none";
}

}  // namespace

std::string by_and_why(const Command& command) {
  std::string text = command.by.empty() ? std::string{} : " by " + command.by;
  if (!command.text.empty()) (text += ": ") += cut_text(command.text, kNoteInChangeBytesMax);
  return text;
}

HandledTexts::HandledTexts(const IncidentState& incident, const rules::RuleSet& rules)
    : status_(name_of(incident.status)),
      owner_(incident.handling.owner),
      severity_(rules::name_of(rules, incident.severity())),
      priority_(name_of(incident.priority())),
      snoozed_(incident.handling.snoozed_until == kUnset ? "no"
                                                         : "until " + to_rfc3339(incident.handling.snoozed_until)),
      drill_(incident.handling.drill ? "yes" : "no"),
      steps_(steps_of(incident)),
      roles_(roles_text(incident)),
      update_(update_of(incident)),
      score_(score_of(incident)) {}

std::string HandledTexts::difference(const HandledTexts& after) const {
  std::string text;
  const auto compare = [&text](std::string_view what, const std::string& old, const std::string& now) {
    if (old == now) return;
    if (!text.empty()) text += ", ";
    (text += what) += ' ';
    text += old.empty() ? "nobody" : old;
    (text += " to ") += now.empty() ? "nobody" : now;
  };
  compare("status", status_, after.status_);
  compare("owner", owner_, after.owner_);
  compare("severity", severity_, after.severity_);
  compare("priority", priority_, after.priority_);
  compare("snoozed", snoozed_, after.snoozed_);
  compare("drill", drill_, after.drill_);
  compare("steps", steps_, after.steps_);
  compare("roles", roles_, after.roles_);
  compare("next update", update_, after.update_);
  compare("score", score_, after.score_);
  return text;
}

}  // namespace tocsin
