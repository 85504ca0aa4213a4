#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/alert.h"
#include "rules/set/rule_set.h"

namespace tocsin::app {

/// What a rule set makes of one alert that comes alone.
struct Decision {
  std::string name;
  std::string service;
  std::string host;
  std::string category;
  std::string severity;
  std::string priority;
  std::string group;   // the group rule and its `by` values; empty: it opens nothing
  std::string topics;  // separated by ", "
  std::string title;
  std::vector<std::string> defaults;  // what nobody said: service, severity, category, title; group: it opens nothing
};

/// A list of alerts as people have it, as a body for Alertmanager's API: a JSON array of alerts, or one JSON object a
/// line. A line may also be that of a catalogue of rules: `name`, `severity`, `labels`, `summary`, `description`.
/// Empty, with a sentence in `trouble`, when it is neither.
std::string alerts_body(std::string_view text, std::string& trouble);

/// Each alert of the batch in an engine of its own, so that none joins or holds back another.
std::vector<Decision> decide(const rules::RuleSetPtr& rules, const AlertBatch& batch);

std::string decisions_text(const std::vector<Decision>& decisions);
std::string decisions_json(const std::vector<Decision>& decisions);

}  // namespace tocsin::app
