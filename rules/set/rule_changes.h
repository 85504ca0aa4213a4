#pragma once

#include <string>
#include <vector>

#include "rules/set/rule_set.h"

namespace tocsin::rules {

/// What a new rule set means for what the old one said: sections that have no ids by their keys ("severity.map",
/// "tables.services"), in order of these, then rules by id, in the order of their rule set.
struct RuleChanges {
  std::vector<std::string> kept;     // says the same: what it knows of the past stays
  std::vector<std::string> reset;    // says something else under the same name: it begins anew
  std::vector<std::string> added;    // was not there
  std::vector<std::string> removed;  // is no longer there
};

RuleChanges compare(const RuleSet& from, const RuleSet& to);

/// Whether rule `id` is in both and says the same.
bool is_kept(const RuleSet& from, const RuleSet& to, std::string_view id);

/// The same for a section without an id: "tables.services".
bool is_kept_section(const RuleSet& from, const RuleSet& to, std::string_view name);

/// The severity on scale `to` that stands for one on scale `from`: of the same name, else at the same distance from the
/// top; what is among the three highest does not fall to the lowest. Neither scale is empty.
Severity counterpart(const std::vector<std::string>& from, Severity severity, const std::vector<std::string>& to);

}  // namespace tocsin::rules
