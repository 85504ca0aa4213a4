#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/load.h"
#include "rules/set/story.h"
#include "rules/tools/rule_text.h"

namespace tocsin::rules {

/// A small change of a rule file that its tests should notice.
struct Mutant {
  Place place;
  std::uint32_t offset = 0;  // the bytes of the file that are replaced …
  std::uint32_t length = 0;
  std::string text;                  // … by this
  std::string name;                  // "within 2m -> 3m": the key, what stands there, what comes instead
  std::string rule;                  // the id of the rule; without one where it stands: "priority.matrix"
  std::vector<std::uint32_t> lines;  // where it and what it is part of begin: a comment on these speaks of it
};

/// More are not made of one file.
inline constexpr std::size_t kMutantsMax = 5000;

/// All mutants of a file, in order of place; at most kMutantsMax. Found by key and form of value:
/// - a duration: one unit of its smallest shorter and longer (2m: 1m and 3m; never zero, half instead); also in
///   `duration("…")`. Not what bounds memory or only informs: max_keys, lateness, update_every;
/// - `edges` of a table: the columns the other way round; the `tag` of `annotate`: another;
/// - a count: one less and one more; a value of a cron expression: the next lower and the next higher; a zone: UTC, and
///   for UTC another;
/// - a severity, a degree of impact or urgency, a priority: the next lower and the next higher;
/// - `key`, `by`, `equal`: without each field but `tenant`, and with one more that the rule's alerts differ in; another
///   `field` or `node`;
/// - `final`, `continue`, `drop`, `same_node`, `blind.learn`: the opposite;
/// - a condition: never; always, or without each operand of `&&` and `||`; `==` and `!=`, `<` and `<=`, `>` and `>=`
///   for each other, the next value on the other side of an order; `!` left out; each arm of `?:` alone; a list after
///   `in` without each item; other whole numbers one more. These too, but for the first two, in values;
/// - a rule without a condition: left out;
/// - choices of impact and urgency, group rules, topology rules, steps: two neighbours in the other order, unless both
///   cannot hold.
std::vector<Mutant> mutants_of(const RuleText& file);

/// Whether no story can tell the two apart, `after` being `before` with that change: no way in the tables is as long as
/// the `hops` that it adds or takes. Costs a walk from each node.
bool means_the_same(const Mutant& mutant, const RuleSet& before, const RuleSet& after);

/// The file with that change and without its tests.
SourceFile mutated(const RuleText& file, const Mutant& mutant);

/// A comment that says why a mutant may survive, on its line, on the line above, or there for something around it:
///   # survives: within 2m -> 3m: nobody can tell
/// `*` stands for any key: `* info -> ok`.
struct Acceptance {
  Place place;
  std::uint32_t about = 0;  // the line that it speaks of
  std::string text;         // from after `survives:` on: the mutant's name, `: `, the reason

  /// The reason when it speaks of that mutant, else "".
  std::string_view reason_for(const Mutant& mutant) const;
};

std::vector<Acceptance> acceptances_of(const RuleText& file);

}  // namespace tocsin::rules
