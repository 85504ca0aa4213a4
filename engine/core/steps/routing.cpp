// The phase route: who is told of an incident, how, and which plan goes with it. Audiences are only ever added.
#include <algorithm>
#include <utility>

#include "engine/core/shard_state.h"
#include "engine/core/telling/incident_record.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

/// `incidents.{priority}` → `incidents.p1`.
std::string topic_of(const std::string& pattern, Priority priority) {
  constexpr std::string_view kPlaceholder = "{priority}";
  std::string topic = pattern;
  if (const std::size_t at = topic.find(kPlaceholder); at != std::string::npos) {
    topic.replace(at, kPlaceholder.size(), {'p', static_cast<char>('0' + static_cast<int>(priority))});
  }
  return topic;
}

}  // namespace

rules::IncidentFacts ShardState::facts_of(const IncidentState& incident) const {
  const Condition& lead = conditions_[incident.members.lead()];
  rules::IncidentFacts facts;
  facts.id = incident.id;
  facts.priority = incident.priority();
  facts.severity = incident.severity();
  facts.status = incident.status;
  facts.acked = incident.status == IncidentStatus::acknowledged;
  facts.service = lead.texts[Field::service];
  facts.environment = lead.texts[Field::environment];
  facts.region = lead.texts[Field::region];
  facts.team = lead.texts[Field::team];
  facts.owner = owner_of(incident, lead);
  facts.title = lead.texts[Field::title];
  facts.rule_id = incident.rule_id;
  facts.tenant = incident.tenant;
  facts.category = lead.texts[Field::category];
  facts.plan = plan_of(incident).id;
  facts.update_overdue = is_update_overdue(incident);
  facts.alert_count = static_cast<std::int64_t>(incident.members.joined());
  facts.active_alert_count = static_cast<std::int64_t>(incident.members.active());
  facts.escalated_to = incident.escalation.group;
  facts.escalations = static_cast<std::int64_t>(incident.escalation.taken);
  if (rules_->reads_lead) {
    for (const FieldInfo& info : fields()) lead_texts_[static_cast<std::size_t>(info.field)] = lead.texts[info.field];
    facts.lead = &lead_texts_;
  }
  if (rules_->reads_shared_labels) {
    find_shared_labels(incident);
    facts.labels = shared_labels_;
  }
  if (incident.spread != nullptr) {
    facts.service_count = static_cast<std::int64_t>(incident.spread->services.different());
    facts.host_count = static_cast<std::int64_t>(incident.spread->hosts.different());
  }
  return facts;
}

/// Labels of the lead that every member has with the same value. A walk over the members, as long as there are any
/// left: at a revision, where a rule asks.
void ShardState::find_shared_labels(const IncidentState& incident) const {
  shared_labels_.clear();
  const AlertTexts& lead = conditions_[incident.members.lead()].texts;
  for (std::size_t i = 0; i < lead.label_count(); ++i) shared_labels_.push_back(lead.label(i));
  incident.members.for_each([this](std::uint32_t slot) {
    if (shared_labels_.empty()) return;
    const AlertTexts& texts = conditions_[slot].texts;
    std::erase_if(shared_labels_, [&](const Label& label) { return texts.label_value(label.name) != label.value; });
  });
}

/// How rules word it: that of its group, then those of routes that hold, later wins. What has no value leaves it as it
/// was, and so does an incident of which nothing fires any more: "0 machines are down" is no title.
void ShardState::word(IncidentState& incident, const rules::IncidentText& text, const rules::Facts& facts) {
  if (!is_live(incident) && !incident.title.empty()) return;
  const auto put = [&](const rules::Expression& expression, std::string& into, std::size_t bytes_max) {
    if (expression.empty()) return;
    if (const auto words = expression.text(facts, scratch_); words && !words->empty())
      into = cut_text(*words, bytes_max);
  };
  put(text.title, incident.title, limits::kTitleBytesMax);
  put(text.description, incident.description, limits::kDescriptionBytesMax);
}

/// Routes may ask for the plan that they choose: those are asked again where it is another than before.
void ShardState::route(IncidentState& incident) {
  if (rules_->reads_spread) count_spread(incident);
  rules::IncidentFacts incident_facts = facts_of(incident);
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  if (incident.rule_id == rules::kStormRule) word_storm(incident);
  const auto group = std::ranges::find(rules_->groups, incident.rule_id, &rules::GroupRule::id);
  if (group != rules_->groups.end()) word(incident, group->incident, facts);
  follow_plan(incident, ask_routes(incident, facts));
  if (const std::string_view plan = plan_of(incident).id; plan != incident_facts.plan) {
    incident_facts.plan = plan;
    ask_routes(incident, facts);
  }
  if (trace_ != nullptr) trace_->routed(incident, facts);
}

/// Adds who is told; gives the plan that is chosen, null: none is.
rules::PlanPtr ShardState::ask_routes(IncidentState& incident, const rules::Facts& facts) {
  rules::PlanPtr plan;
  rules::Walk walk = rule_memo_.routes(facts, scratch_);
  for (std::uint32_t at = walk.next(); at != rules::Walk::kEnd; at = walk.next()) {
    const rules::RouteRule& rule = rules_->routes[at];
    if (!rule.topic.empty()) add_audience(incident, rule, facts);
    word(incident, rule.incident, facts);
    if (!rule.plan.empty()) plan = rules::plan_named(*rules_, rule.plan);
    if (rule.final) break;
  }
  for (auto next = rules_->plans.begin(); plan == nullptr && next != rules_->plans.end(); ++next) {
    if (!(*next)->when.empty() && (*next)->when.holds(facts, scratch_)) plan = *next;
  }
  return plan;
}

/// The first route that names a topic decides how the incident is told there.
void ShardState::add_audience(IncidentState& incident, const rules::RouteRule& rule, const rules::Facts& facts) {
  std::string topic = topic_of(rule.topic, facts.incident->priority);
  if (std::ranges::find(incident.audiences, topic, &Audience::topic) != incident.audiences.end()) return;
  Audience& audience = incident.audiences.emplace_back(std::move(topic), std::string{}, rule.flat);
  if (rule.key.empty()) return;
  audience.key = cut_text(rule.key.text(facts, scratch_).value_or(""), limits::kRecordKeyBytesMax);
}

}  // namespace tocsin
