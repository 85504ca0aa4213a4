#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/model/arena.h"
#include "rules/expressions/expression.h"
#include "rules/expressions/fact_place.h"
#include "rules/expressions/facts.h"

namespace tocsin::rules {

/// One operand of the top-level `&&` of a condition, or the whole of one that has none, and what it gave.
struct ConditionPart {
  std::string text;  // as it is written
  bool holds = false;
  std::string fault;                                        // why it has no value, which counts as false
  std::vector<std::pair<std::string, std::string>> values;  // what it read, each once: name, value in CEL's notation
};

/// What each part of a condition gave, in order. Empty for an empty condition, which holds always. For people: it
/// builds texts, and evaluates each part by itself.
std::vector<ConditionPart> parts_of(const Expression& condition, const Facts& facts, Arena& scratch);

/// What a condition goes by, each once, as far as it is a part of the alert by itself: fields, labels, tier.
std::vector<FactPlace> places_read(const Expression& condition);

/// "`severity >= major` (severity is minor)": the parts that are not true, joined by " and "; "" when all are.
std::string what_fails(const Expression& condition, const Facts& facts, Arena& scratch);
/// The same of the parts that are true.
std::string what_holds(const Expression& condition, const Facts& facts, Arena& scratch);

}  // namespace tocsin::rules
