#include "engine/core/incident_facts.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace tocsin {
namespace {

/// How many different values, but for the unknown one, the members that fire have in a field.
std::int64_t different(const IncidentState& incident, const Slots<AlertState>& alerts, Field field) {
  std::vector<std::string_view> values;
  for (const std::uint32_t slot : incident.members) {
    const AlertState& alert = alerts[slot];
    if (alert.standing == Standing::active && !alert.texts[field].empty()) values.push_back(alert.texts[field]);
  }
  std::ranges::sort(values);
  return std::unique(values.begin(), values.end()) - values.begin();
}

}  // namespace

rules::IncidentFacts facts_of(const IncidentState& incident, const Slots<AlertState>& alerts,
                              const rules::RuleSet& rules) {
  const AlertState& lead = alerts[incident.lead];
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
  facts.owner = lead.texts[Field::owner];
  facts.title = lead.texts[Field::title];
  facts.rule_id = incident.rule_id;
  facts.tenant = incident.tenant;
  facts.alert_count = static_cast<std::int64_t>(incident.members.size());
  facts.active_alert_count = static_cast<std::int64_t>(incident.active);
  if (rules.reads_spread) {
    facts.service_count = different(incident, alerts, Field::service);
    facts.host_count = different(incident, alerts, Field::host);
  }
  return facts;
}

}  // namespace tocsin
