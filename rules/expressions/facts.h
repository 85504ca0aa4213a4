#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/model/field.h"
#include "engine/model/ids.h"
#include "engine/model/incident.h"
#include "engine/model/instant.h"
#include "engine/model/label.h"
#include "engine/model/severity.h"

namespace tocsin::cel {
class LabelDirectory;
class MapSource;
}  // namespace tocsin::cel

namespace tocsin::rules {

/// What rules may know of an incident, as `incident.NAME`. Borrowed.
struct IncidentFacts {
  IncidentId id{};
  Priority priority = Priority::p5;
  Severity severity{};
  IncidentStatus status = IncidentStatus::open;
  bool acked = false;
  std::string_view service{};
  std::string_view environment{};
  std::string_view region{};
  std::string_view team{};
  std::string_view owner{};
  std::string_view title{};
  std::string_view rule_id{};
  std::string_view tenant{};
  std::string_view category{};
  std::string_view plan{};      // the id of the one that it follows
  bool update_overdue = false;  // stakeholders were to hear of it, and have not
  std::int64_t alert_count = 0;
  std::int64_t active_alert_count = 0;
  std::string_view escalated_to{};  // the group that was called in last; "": none
  std::int64_t escalations = 0;     // steps that raise rules took
  bool drill = false;
  bool maintenance = false;  // a maintenance window held one of its alerts back
  // How far it has spread; 0 where no rule of the set asks.
  std::int64_t service_count = 0;
  std::int64_t host_count = 0;
  // Where a rule of the set asks; else null and none.
  const std::array<std::string_view, kFieldCount>* lead = nullptr;  // texts of the alert that leads it
  Labels labels{};                                                  // those that all its members have in common
  Labels fields{};                                                  // its own, that rules set; in order of name
};

/// What a derived alert may say of the alerts that it is made of. Borrowed.
struct WindowFacts {
  std::int64_t count = 0;
  Instant first_at = kUnset;
  Instant last_at = kUnset;
  std::span<const std::string_view> values{};  // of a distinct rule, in order of arrival
  const cel::MapSource* steps = nullptr;       // from the name of a step to the parts of its alert
};

/// What an expression reads: one alert, and where a phase has it, its incident. All texts are borrowed and outlive the
/// evaluation.
struct Facts {
  std::array<std::string_view, kFieldCount> text{};  // indexed by Field
  std::int64_t tier = 0;                             // 0: not known
  Severity severity{};
  bool resolved = false;  // `status` is "resolved" or "firing"
  Instant starts_at = kUnset;
  Instant received_at = kUnset;
  Labels labels{};
  Labels annotations{};
  // Directories of the two, for those who ask often; expressions use them when they are there.
  const cel::LabelDirectory* label_directory = nullptr;
  const cel::LabelDirectory* annotation_directory = nullptr;
  const IncidentFacts* incident = nullptr;
  const WindowFacts* window = nullptr;

  std::string_view operator[](Field field) const { return text[static_cast<std::size_t>(field)]; }
  std::string_view& operator[](Field field) { return text[static_cast<std::size_t>(field)]; }
};

}  // namespace tocsin::rules
