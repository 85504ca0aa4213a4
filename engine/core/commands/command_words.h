#pragma once

#include <string>

#include "engine/core/incidents/incident_state.h"
#include "engine/model/command.h"

namespace tocsin {

/// " by ana: disk is swapped": who wants it and why, as far as that was said; it follows what was done.
std::string by_and_why(const Command& command);

/// What a command may change of an incident, in words: taken before and after, the difference is what the audit log
/// says.
struct HandledTexts {
  explicit HandledTexts(const IncidentState& incident, const rules::RuleSet& rules);
  /// "status open to acknowledged, owner nobody to ana"; "" when nothing is otherwise.
  std::string difference(const HandledTexts& after) const;

 private:
  std::string status_, owner_, severity_, priority_, snoozed_, drill_, steps_, roles_, update_, score_;
};

}  // namespace tocsin
