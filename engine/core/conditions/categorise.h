#pragma once

#include "engine/core/conditions/word_tally.h"
#include "engine/model/alert.h"
#include "engine/model/arena.h"
#include "engine/model/hash.h"
#include "engine/model/severity.h"
#include "rules/expressions/facts.h"
#include "rules/set/rule_set.h"

namespace tocsin::rules {
class RuleMemo;
}  // namespace tocsin::rules

namespace tocsin {

inline constexpr std::uint8_t kNoChoice = 255;

/// An alert as the rules see it, after the phases normalise, severity and priority. Texts borrow from the batch and the
/// scratch arena, directories from the memo.
struct CategorisedAlert {
  rules::Facts facts;
  bool resolved = false;
  bool dropped = false;     // a rule of the phase normalise drops it
  bool is_derived = false;  // `level` is a name of the scale, as the rule that made it says
  Impact impact = Impact::medium;
  Urgency urgency = Urgency::medium;
  Priority priority = Priority::p5;
  std::uint8_t impact_by = kNoChoice;  // which choice of the rules said so; beyond the 254th it is not known
  std::uint8_t urgency_by = kNoChoice;
  /// Which rules of aliases found something since the shard began, a bit for each. For coverage; no rule reads it.
  std::uint64_t aliases_found = 0;
  /// Where a word for the severity that no map knows is counted; null: nowhere.
  WordTally* unknown_severities = nullptr;
};

/// Runs the phase normalise and decides whether the alert is firing: enough to know its identity. `received_at` is what
/// rules and calendars see, a time of day. `wall_clock`: see Input.
void normalise(rules::RuleMemo& memo, const Alert& alert, std::string_view source, std::string_view tenant,
               Instant received_at, Instant wall_clock, Arena& scratch, CategorisedAlert& out);

/// Runs the phase severity on a normalised alert: how bad its word is.
void rate(rules::RuleMemo& memo, Arena& scratch, CategorisedAlert& out);

/// Runs the phase priority on what has a severity.
void prioritise(rules::RuleMemo& memo, Arena& scratch, CategorisedAlert& out);

/// Both.
void categorise(rules::RuleMemo& memo, Arena& scratch, CategorisedAlert& out);

/// Whether a source means that the condition is over. For by_end: Alertmanager's rule, `endsAt <= now`.
bool says_resolved(const Alert& alert, Instant wall_clock);

}  // namespace tocsin
