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
  std::string_view listed;  // see write_listed
  const rules::RuleSet& rules;
  IncidentChange change;
  std::string_view change_text;  // see describe_change
  EffectName name;
};

/// Appends the record's `alerts`, an array: the lead first, then members in order of joining, to the bound. It is most
/// of a record and mostly the same from one revision to the next, so it is kept by the incident until a member in it
/// changes.
void write_listed(const IncidentState& incident, const Slots<AlertState>& alerts, const rules::RuleSet& rules,
                  std::string& out);
/// Whether a member is in that array, or will be at the next writing.
bool is_listed(const IncidentState& incident, std::uint32_t slot);

/// What is different from the revision told before, in words: "priority P3 to P2, 2 alerts joined".
std::string describe_change(const IncidentState& incident, const AlertState& lead, const rules::RuleSet& rules,
                            IncidentChange change);

/// Appends the incident record, version 1 (connectors/schema/incident.v1.schema.json): one line of JSON, scalars at the
/// top level but for alerts, labels, links and roles. Texts that are not known are "", times that have not come are
/// null. Gives how many bytes of `out` hold the scalars: with a brace after them they are the flat form of the record.
std::size_t write_record(const RecordParts& parts, std::string& out);

/// At most `bytes_max` bytes of `text`, cut between characters.
std::string_view cut_text(std::string_view text, std::size_t bytes_max);

}  // namespace tocsin
