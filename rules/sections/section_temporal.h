#pragma once

#include "rules/sections/draft.h"

namespace tocsin::rules {

/// A correlate rule of a kind that sees patterns in time: adds it to the draft, and what it emits to the derivations.
void read_temporal(const YamlNode& item, TemporalRule::Kind kind, Context& context);

}  // namespace tocsin::rules
