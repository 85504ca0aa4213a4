#pragma once

#include <string>
#include <vector>

#include "engine/core/conditions/condition.h"
#include "engine/model/label.h"
#include "rules/expressions/facts.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// A condition as rules see it: the facts of what is remembered of it. Borrows from the condition.
class KnownAlert {
 public:
  /// `day`: the time of day that counts as that of receipt.
  KnownAlert(const Condition& condition, Instant day);
  KnownAlert(const KnownAlert&) = delete;
  KnownAlert& operator=(const KnownAlert&) = delete;

  const rules::Facts& facts() const { return facts_; }

 private:
  std::vector<Label> labels_;
  std::vector<Label> annotations_;
  rules::Facts facts_;
};

/// `DiskFull {service=ledger, host=n1}`: its name, and the fields that tell alerts of one name apart.
std::string name_for_people(const Condition& condition);

/// `per-service (rules/payments.yaml:31)`; the id alone where it stands is not known.
std::string rule_for_people(const rules::RuleSet& rules, std::string_view id);

}  // namespace tocsin
