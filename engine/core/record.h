#pragma once

#include <string>
#include <string_view>

#include "engine/core/alert_state.h"
#include "engine/core/incident_state.h"
#include "engine/core/slots.h"
#include "rules/rule_set.h"

namespace tocsin {

/// What a record is written from. Borrowed.
struct RecordParts {
  const IncidentState& incident;
  const AlertState& lead;
  const Slots<AlertState>& alerts;
  const rules::RuleSet& rules;
  IncidentChange change;
  std::string_view change_text;  // see describe_change
  EffectName name;
};

/// What is different from the revision told before, in words: "priority P3 to P2, 2 alerts joined".
std::string describe_change(const IncidentState& incident, const AlertState& lead, const rules::RuleSet& rules,
                            IncidentChange change);

/// Appends the incident record, version 1 (connectors/schema/incident.v1.schema.json): one line of JSON, scalars at the
/// top level but for alerts, labels, links and roles. Texts that are not known are "", times that have not come are
/// null.
void write_record(const RecordParts& parts, std::string& out);

/// At most `bytes_max` bytes of `text`, cut between characters.
std::string_view cut_text(std::string_view text, std::size_t bytes_max);

}  // namespace tocsin
