#include "engine/core/explain/known_alert.h"

#include "engine/model/field.h"

namespace tocsin {

KnownAlert::KnownAlert(const Condition& condition, Instant day) {
  for (const FieldInfo& info : fields()) facts_[info.field] = condition.texts[info.field];
  facts_.tier = condition.tier;
  facts_.starts_at = condition.starts_at;
  facts_.received_at = day;
  facts_.severity = condition.severity;
  facts_.resolved = !condition.firing;
  condition.texts.list(labels_, annotations_);
  facts_.labels = labels_;
  facts_.annotations = annotations_;
}

std::string name_for_people(const Condition& condition) {
  std::string text{condition.texts[Field::name]};
  if (text.empty()) text = "an alert without a name";
  std::string apart;
  for (const Field field : {Field::service, Field::host, Field::environment}) {
    const std::string_view value = condition.texts[field];
    if (value.empty()) continue;
    if (!apart.empty()) apart += ", ";
    for (const FieldInfo& info : fields()) {
      if (info.field == field) apart += info.name;
    }
    (apart += '=') += value;
  }
  return apart.empty() ? text : text + " {" + apart + "}";
}

std::string rule_for_people(const rules::RuleSet& rules, std::string_view id) {
  std::string text{id};
  const rules::Place* place = rules::place_of(rules, id);
  if (place != nullptr && place->line > 0) ((text += " (") += place->file) += ":" + std::to_string(place->line) + ")";
  return text;
}

}  // namespace tocsin
