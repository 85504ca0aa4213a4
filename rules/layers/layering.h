#pragma once

#include "rules/layers/rule_book.h"

namespace tocsin::rules {

/// Applies `scope`, `override` and `exceptions` of all files, in order. `base_is_own`: the first file was given by the
/// operator; else it is compiled in and fits itself to the scope of the rule set.
void apply_layers(RuleBook& book, bool base_is_own);

/// `override: {replace: [{id, KEY: value}], append: [{id, KEY: value}]}` of one file.
void apply_overrides(RuleBook& book, std::size_t file);
/// `exceptions: [{id, fields, comps, values}]` of one file.
void apply_exceptions(RuleBook& book, std::size_t file);

/// Refuses what groups, inhibits or merges alerts that `scope: [FIELD]` puts into different shards.
void check_shard_scope(RuleBook& book, bool base_is_own);

}  // namespace tocsin::rules
