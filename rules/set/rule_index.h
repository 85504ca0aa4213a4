#pragma once

#include <memory>
#include <vector>

#include "engine/model/label.h"
#include "rules/expressions/fact_numbers.h"
#include "rules/expressions/facts.h"
#include "rules/expressions/value_memo.h"
#include "rules/index/index_memo.h"
#include "rules/index/predicate_index.h"
#include "rules/set/rule_set.h"

namespace tocsin::rules {

/// The indexes of a rule set, one for each phase that picks rules by their conditions.
struct RuleIndex {
  explicit RuleIndex(const RuleSet& rules);

  PredicateIndex normalise;
  PredicateIndex severity;
  PredicateIndex impact;
  PredicateIndex urgency;
  PredicateIndex suppress;
  PredicateIndex inhibitors;  // of the suppress rules without windows, in their order
  PredicateIndex groups;
  PredicateIndex raises;
  PredicateIndex routes;
  std::vector<TemporalTrigger> triggers;  // in order of rules, then of steps
  PredicateIndex temporal;                // of these
};

/// A rule set and what one thread remembers while it applies it: speed, never results. One thread at a time.
class RuleMemo {
 public:
  explicit RuleMemo(RuleSetPtr rules);

  const RuleSet& rules() const { return *rules_; }

  /// Numbers of what the facts in hand say.
  FactNumbers& numbers() { return *numbers_; }
  /// What expressions gave that are values, not conditions.
  ValueMemo& values() { return values_; }

  /// Gives `facts` these labels, with directories; valid until the next call.
  void set_labels(Facts& facts, Labels labels, Labels annotations);

  Walk normalise(const Facts& facts, Arena& scratch) { return {index_->normalise, normalise_, facts, scratch}; }
  Walk severity(const Facts& facts, Arena& scratch) { return {index_->severity, severity_, facts, scratch}; }
  Walk impact(const Facts& facts, Arena& scratch) { return {index_->impact, impact_, facts, scratch}; }
  Walk urgency(const Facts& facts, Arena& scratch) { return {index_->urgency, urgency_, facts, scratch}; }
  Walk suppress(const Facts& facts, Arena& scratch) { return {index_->suppress, suppress_, facts, scratch}; }
  Walk inhibitors(const Facts& facts, Arena& scratch) { return {index_->inhibitors, inhibitors_, facts, scratch}; }
  Walk groups(const Facts& facts, Arena& scratch) { return {index_->groups, groups_, facts, scratch}; }
  Walk raises(const Facts& facts, Arena& scratch) { return {index_->raises, raises_, facts, scratch}; }
  Walk routes(const Facts& facts, Arena& scratch) { return {index_->routes, routes_, facts, scratch}; }
  /// By place in `triggers()`.
  Walk temporal(const Facts& facts, Arena& scratch) { return {index_->temporal, temporal_, facts, scratch}; }
  const std::vector<TemporalTrigger>& triggers() const { return index_->triggers; }

 private:
  RuleSetPtr rules_;
  std::shared_ptr<const RuleIndex> index_;
  std::unique_ptr<FactNumbers> numbers_;  // by address: memos and facts have it
  IndexMemo normalise_;
  IndexMemo severity_;
  IndexMemo impact_;
  IndexMemo urgency_;
  IndexMemo suppress_;
  IndexMemo inhibitors_;
  IndexMemo groups_;
  IndexMemo raises_;
  IndexMemo routes_;
  IndexMemo temporal_;
  ValueMemo values_;
};

}  // namespace tocsin::rules
