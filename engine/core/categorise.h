#pragma once

#include "engine/model/alert.h"
#include "engine/model/arena.h"
#include "engine/model/hash.h"
#include "engine/model/severity.h"
#include "rules/facts.h"
#include "rules/rule_set.h"

namespace tocsin::rules {
class RuleMemo;
}  // namespace tocsin::rules

namespace tocsin {

/// An alert as the rules see it, after the phases normalise, severity and priority. Texts borrow from the batch and the
/// scratch arena, directories from the memo.
struct CategorisedAlert {
  rules::Facts facts;
  bool resolved = false;
  Impact impact = Impact::medium;
  Urgency urgency = Urgency::medium;
  Priority priority = Priority::p5;
};

/// Runs the phase normalise and decides whether the alert is firing: enough to know its identity.
void normalise(rules::RuleMemo& memo, const Alert& alert, std::string_view source, std::string_view tenant,
               Instant received_at, Arena& scratch, CategorisedAlert& out);

/// Runs the phases severity and priority on a normalised alert.
void categorise(rules::RuleMemo& memo, Arena& scratch, CategorisedAlert& out);

/// The identity under the rule set's dedup key; requires that it is not the default one (see uses_default_identity).
Hash128 identity_of(const rules::RuleSet& rules, const HashKey& key, const rules::Facts& facts, std::string& scratch);

/// True when the identity is the source's label set, which the decoder has hashed already.
bool uses_default_identity(const rules::RuleSet& rules);

/// Whether a source means that the condition is over. For by_end: Alertmanager's rule, `endsAt <= now`.
bool says_resolved(const Alert& alert, Instant received_at);

}  // namespace tocsin
