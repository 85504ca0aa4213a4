#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/conditions/condition_book.h"
#include "engine/core/incidents/incident_book.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// What a record is written from. Borrowed.
struct RecordParts {
  const IncidentState& incident;  // its lines are kept, see keep_lines
  std::string_view title;         // see title_of
  const Condition& lead;
  const rules::RuleSet& rules;
  IncidentChange change;
  std::string_view change_text;  // see change_text.h
  std::string_view reason;       // see reason_of
  EffectName name;
};

/// Brings the lines of the record's `alerts` up to date: the lead, then the newest members, in order of joining, to the
/// bound. What a member's line says is written once and kept until the member changes.
void keep_lines(IncidentState& incident, const IncidentBook& incidents, const ConditionBook& conditions,
                const rules::RuleSet& rules);
/// The same without keeping them, for queries.
std::vector<std::pair<std::uint32_t, std::string>> lines_of(const IncidentState& incident,
                                                            const IncidentBook& incidents,
                                                            const ConditionBook& conditions,
                                                            const rules::RuleSet& rules);

/// Appends the incident record, version 1 (connectors/schema/incident.v1.schema.json): one line of JSON, scalars at the
/// top level but for alerts, labels, links and roles. Texts that are not known are "", times that have not come are
/// null. Gives how many bytes of `out` hold the scalars: with a brace after them they are the flat form of the record.
std::size_t write_record(const RecordParts& parts, std::string& out);
std::size_t write_record(const RecordParts& parts, const std::vector<std::pair<std::uint32_t, std::string>>& lines,
                         std::string& out);

/// Why it has its priority: "impact high, urgency medium: DiskFull is error; impact high: tier == 1".
std::string reason_of(const IncidentState& incident, const Condition& lead, const rules::RuleSet& rules);
/// Who it is assigned to; else who its lead says.
std::string_view owner_of(const IncidentState& incident, const Condition& lead);
/// That of the lead. Where it fires on several nodes of a topology, of the alert on the one that is the cause, with the
/// number of the others: "orders-db is down: 3 services affected".
std::string title_of(const IncidentState& incident, const ConditionBook& conditions);

/// At most `bytes_max` bytes of `text`, cut between characters.
std::string_view cut_text(std::string_view text, std::size_t bytes_max);

}  // namespace tocsin
