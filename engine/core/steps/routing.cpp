// The phase route: who is told of an incident, how, and which plan goes with it. Audiences are only ever added.
#include <algorithm>
#include <utility>

#include "engine/core/shard_state.h"
#include "engine/core/telling/incident_record.h"
#include "engine/model/check.h"
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
  lead.texts.list(lead_texts_);
  const auto text = [this](Field field) { return lead_texts_[static_cast<std::size_t>(field)]; };
  rules::IncidentFacts facts;
  facts.id = incident.id;
  facts.priority = incident.priority();
  facts.severity = incident.severity();
  facts.status = incident.status;
  facts.acked = incident.status == IncidentStatus::acknowledged;
  facts.service = text(Field::service);
  facts.environment = text(Field::environment);
  facts.region = text(Field::region);
  facts.team = text(Field::team);
  facts.owner = owner_of(incident, lead);
  facts.title = text(Field::title);
  facts.rule_id = incident.rule_id;
  facts.tenant = incident.tenant;
  facts.category = text(Field::category);
  facts.plan = plan_of(incident).id;
  facts.update_overdue = is_update_overdue(incident);
  own_fields_.clear();
  for (const auto& [name, value] : incident.fields) own_fields_.push_back({name, value});
  facts.fields = own_fields_;
  facts.alert_count = static_cast<std::int64_t>(incident.members.joined());
  facts.active_alert_count = static_cast<std::int64_t>(incident.members.active());
  facts.escalated_to = incident.escalation.group;
  facts.drill = incident.handling.drill;
  facts.maintenance = incident.times.in_maintenance;
  facts.escalations = static_cast<std::int64_t>(incident.escalation.taken);
  if (rules_->reads_lead) facts.lead = &lead_texts_;
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

/// Labels of the lead that every member has with the same value.
void ShardState::find_shared_labels(const IncidentState& incident) const {
  shared_labels_.clear();
  // Who explains may ask before any rule did.
  if (incident.shared_labels == nullptr) return;
  TOCSIN_CHECK(incident.shared_labels->members() == incident.members.present(),
               "the labels of all members are counted");
  const AlertTexts& lead = conditions_[incident.members.lead()].texts;
  for (std::size_t i = 0; i < lead.label_count(); ++i) {
    if (const Label label = lead.label(i); incident.shared_labels->has(label, key_)) shared_labels_.push_back(label);
  }
}

/// How rules word it, and which fields of its own it has: that of its group, then those of routes that hold, later
/// wins. What has no value leaves it as it was, and so does an incident of which nothing fires any more: "0 machines
/// are down" is no title.
void ShardState::word(IncidentState& incident, const rules::IncidentText& text, rules::IncidentFacts& incident_facts) {
  if (text.title.empty() && text.description.empty() && text.fields.empty()) return;
  const bool is_worded = !incident.title.empty() || !incident.fields.empty();
  if (!is_live(incident) && is_worded) return;
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  const auto put = [&](const rules::Expression& expression, std::string& into, std::size_t bytes_max) {
    if (expression.empty()) return;
    if (const auto words = expression.text(facts, scratch_); words && !words->empty())
      into = cut_text(*words, bytes_max);
  };
  put(text.title, incident.title, limits::kTitleBytesMax);
  put(text.description, incident.description, limits::kDescriptionBytesMax);
  if (text.fields.empty()) return;
  for (const auto& [name, expression] : text.fields) {
    auto place = std::ranges::lower_bound(incident.fields, name, {}, &std::pair<std::string, std::string>::first);
    const bool is_new = place == incident.fields.end() || place->first != name;
    if (is_new && incident.fields.size() >= limits::kIncidentFieldsMax) continue;
    std::string value;
    put(expression, value, limits::kLabelValueBytesMax);
    if (value.empty()) continue;
    if (is_new) place = incident.fields.emplace(place, name, std::string{});
    place->second = std::move(value);
  }
  // What is looked at next sees them.
  own_fields_.clear();
  for (const auto& [name, value] : incident.fields) own_fields_.push_back({name, value});
  incident_facts.fields = own_fields_;
}

/// Routes may ask for the plan that they choose: those are asked again where it is another than before.
void ShardState::route(IncidentState& incident) {
  if (rules_->reads_spread) count_spread(incident);
  if (rules_->reads_shared_labels) count_shared_labels(incident);
  const rules::PlanPtr plan_before = incident.plan;  // the facts read its name after another was chosen
  rules::IncidentFacts incident_facts = facts_of(incident);
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  if (incident.rule_id == rules::kStormRule) word_storm(incident);
  const auto group = std::ranges::find(rules_->groups, incident.rule_id, &rules::GroupRule::id);
  if (group != rules_->groups.end()) word(incident, group->incident, incident_facts);
  follow_plan(incident, ask_routes(incident, incident_facts));
  if (const std::string_view plan = plan_of(incident).id; plan != incident_facts.plan) {
    incident_facts.plan = plan;
    ask_routes(incident, incident_facts);
  }
  if (trace_ != nullptr) trace_->routed(incident, facts);
}

/// Adds who is told; gives the plan that is chosen, null: none is.
rules::PlanPtr ShardState::ask_routes(IncidentState& incident, rules::IncidentFacts& incident_facts) {
  rules::Facts facts;
  facts.incident = &incident_facts;
  facts.severity = incident_facts.severity;
  rules::PlanPtr plan;
  rules::Walk walk = rule_memo_.routes(facts, scratch_);
  for (std::uint32_t at = walk.next(); at != rules::Walk::kEnd; at = walk.next()) {
    const rules::RouteRule& rule = rules_->routes[at];
    if (!rule.topic.empty()) add_audience(incident, rule, facts);
    word(incident, rule.incident, incident_facts);
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
