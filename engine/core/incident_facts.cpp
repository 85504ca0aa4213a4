#include "engine/core/incident_facts.h"

namespace tocsin {

rules::IncidentFacts facts_of(const IncidentState& incident, const AlertState& lead) {
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
  return facts;
}

}  // namespace tocsin
