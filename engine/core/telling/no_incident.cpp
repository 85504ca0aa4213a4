#include "engine/core/telling/no_incident.h"

#include <vector>

#include "engine/core/telling/incident_record.h"
#include "engine/model/arena.h"
#include "engine/model/command.h"
#include "rules/expressions/condition_parts.h"

namespace tocsin {
namespace {

/// What the group rules see of it; borrows from the alert and the two lists.
rules::Facts facts_of(const ShardState& state, const Condition& alert, std::vector<Label>& labels,
                      std::vector<Label>& annotations) {
  rules::Facts facts;
  for (const FieldInfo& info : fields()) facts[info.field] = alert.texts[info.field];
  facts.tier = alert.tier;
  facts.severity = alert.severity;
  facts.starts_at = alert.starts_at;
  facts.received_at = state.conditions().last_seen(alert);
  alert.texts.list(labels, annotations);
  facts.labels = labels;
  facts.annotations = annotations;
  return facts;
}

std::string what_groups_ask(const ShardState& state, const Condition& alert) {
  if (state.rules().groups.empty()) return "there is no group rule";
  std::vector<Label> labels;
  std::vector<Label> annotations;
  const rules::Facts facts = facts_of(state, alert, labels, annotations);
  Arena scratch;
  std::string text;
  for (const rules::GroupRule& rule : state.rules().groups) {
    text += text.empty() ? "" : "; ";
    text += rule.id + ": ";
    if (rule.when.empty() || rule.when.holds(facts, scratch)) {
      return rule.id + " takes it, but had no room (`max_keys`), or came after it: its source's next word is looked at";
    }
    const std::string why = rules::what_fails(rule.when, facts, scratch);
    text += why.empty() ? std::string("its `when` does not hold") : why;
    if (text.size() > kNoIncidentBytesMax) break;
  }
  return "no group rule takes it: " + text;
}

}  // namespace

std::string why_no_incident(const ShardState& state, const Condition& alert) {
  if (alert.is_member()) return {};
  std::string why;
  if (alert.standing == Standing::held) {
    why = "held back by " + std::string(state.held_by(alert));
  } else if (alert.standing == Standing::waits) {
    why = state.suppression().settle(alert) > Duration{0}
              ? "it waits whether something that would hold it back comes (`settle`)"
              : "its group opens only what still fires after a while (`hold`)";
  } else if (!alert.counts_as_firing()) {
    why =
        alert.voice.ever_fired ? "it has ended, and its incident is closed, or there was none" : "it never fired here";
  } else if (alert.texts[Field::source] == kHeartbeatSource) {
    why = "it is a sign of life: a rule of the kind `absence` makes an alert of its absence";
  } else {
    why = what_groups_ask(state, alert);
  }
  return std::string(cut_text(why, kNoIncidentBytesMax));
}

}  // namespace tocsin
