#pragma once

#include "engine/core/telling/query.h"

namespace tocsin {

class ShardState;

/// GET /v1/storms: those that last, in order of beginning, then those that are over, the newest first.
QueryAnswer list_storms(const ShardState& state, const Query& query);

/// GET /v1/sources: who speaks, in order of the first word; `after` is a number.
QueryAnswer list_sources(const ShardState& state, const Query& query);

/// GET /v1/rules: rules that see patterns, in the order of the rule set, with what they keep and did; `after` is a
/// number. With `used=true` only those that anything came of.
QueryAnswer list_rules(const ShardState& state, const Query& query);

}  // namespace tocsin
